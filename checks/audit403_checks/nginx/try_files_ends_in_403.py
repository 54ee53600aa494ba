"""`try_files … =403` answers 403 where a file is missing."""

from collections.abc import Iterator

from audit403.core.edit import TextEdit
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, NOTE, SAFE, UNSAFE, WARNING, Finding, Fix
from audit403.core.place import Because
from audit403.core.registry import check
from audit403.explore.subject import PURPOSE_HOME, Hit
from audit403.nginx.explore.subject import Subject
from audit403.nginx.model.context import Context
from audit403.nginx.read.tree import Directive
from audit403_checks.nginx.directories import index_names
from audit403_checks.nginx.subjects import refusal_of
from audit403_checks.support import finding_of

_NAME = "nginx/try-files-ends-in-403"
_SERVED = 200


@check(WARNING, "try-files-status")
def try_files_ends_in_403(fact: Fact, site: Site) -> Iterator[Finding]:
    """An error where the home page is among what is refused, a warning for a whole site, a note in a corner of it."""
    found = refusal_of(fact)
    if found is None:
        return
    refusal, subject = found
    directive = _directive(subject.context or subject.server, refusal)
    if directive is None:
        return
    home = _home(site, refusal, subject, directive)
    if home is not None:
        message = "the home page is refused: `try_files` looks for a file only, and / is a directory with an index"
        fix = Fix("let `try_files` take directories too", UNSAFE, (_before_last(directive, "$uri/ "),))
        decision = site.decide(home.request)
        finding = finding_of(_NAME, ERROR, message, refusal, (fix,), hit=(home, decision))
        yield finding._replace(because=(*decision.because, Because(directive.span, "asks for no directory")))
        return
    severity = WARNING if subject.location is None or subject.location.name == "/" else NOTE
    message = "what is missing is answered with 403 and not with 404"
    last = directive.arg_span(len(directive.args) - 1)
    fix = Fix("end it in `=404`", SAFE, (TextEdit(last.file, last.start, last.end, "=404"),))
    yield finding_of(_NAME, severity, message, refusal, (fix,))


def _directive(context: Context, refusal: Refusal) -> Directive | None:
    return next((one for one in context.own.get("try_files", ()) if one.span == refusal.where), None)


def _home(site: Site, refusal: Refusal, subject: Subject, directive: Directive) -> Hit | None:
    """The home page where a directory with an index would be served if only `try_files` took directories."""
    if any(word.endswith("/") for word in directive.args[:-1]):
        return None
    for hit in subject.hits:
        if hit.purpose == PURPOSE_HOME and hit.way is None:
            names = [name for name in index_names(subject) if not name.startswith("/")]
            if any(site.decide(hit.request._replace(target=f"/{name}")).status == _SERVED for name in names):
                return hit
    return None


def _before_last(directive: Directive, text: str) -> TextEdit:
    start = directive.arg_span(len(directive.args) - 1).start
    return TextEdit(directive.source.path, start, start, text)
