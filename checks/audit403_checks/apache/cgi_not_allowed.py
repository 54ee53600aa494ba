"""A script is handed to CGI where Options does not let scripts be run."""

from collections.abc import Iterator

from audit403.apache.explore.subject import Subject
from audit403.apache.model.mime import MIME, MimeConfig
from audit403.apache.model.options import EXEC_CGI
from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403_checks.apache.option_lines import switched_on
from audit403_checks.apache.subjects import refusal_of, seen_at
from audit403_checks.support import finding_of

_NO_SCRIPTS = frozenset(("php", "php3", "php4", "php5", "phtml", "phar", "asp", "aspx", "jsp", "htm", "html", "js"))


@check(ERROR, "exec-cgi-off")
def cgi_not_allowed(fact: Fact, site: Site) -> Iterator[Finding]:
    """A file with the x bit is there to be run; `-ExecCGI` beside a handler for PHP and pages is to prevent that."""
    found = refusal_of(fact)
    if found is None:
        return
    refusal, subject = found
    if EXEC_CGI in subject.core.options.remove and _keeps_scripts_from_running(subject):
        return
    name = subject.exchange.filename
    seen = None if name is None else seen_at(subject, name)
    if seen is None or seen.entry is None or not seen.is_file or not seen.entry.mode & 0o111:
        return
    target = refusal.witness.target.partition("?")[0]
    message = f"{target} is to be run as a CGI script, and Options has no ExecCGI there"
    fixes = switched_on(subject, "ExecCGI")
    yield finding_of("apache/cgi-not-allowed", ERROR, message, refusal, fixes, anchor=refusal.witness.target)


def _keeps_scripts_from_running(subject: Subject) -> bool:
    """Whether the handler is given to what no CGI script is called, as to uploads that are never to be run."""
    config: MimeConfig = subject.exchange.config(MIME, MimeConfig())
    lines = [one.handler_directive for one in config.extensions.values() if one.handler == "cgi-script"]
    names = {word.lower().lstrip(".") for line in lines if line is not None for word in line.args[1:]}
    return bool(names & _NO_SCRIPTS) or not names
