"""A directory has its page, but `index` does not list the file's name."""

from collections.abc import Iterator

from audit403.core.edit import TextEdit
from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, Finding, Fix
from audit403.core.registry import check
from audit403.nginx.explore.subject import Subject
from audit403_checks.directories import is_placeholder, would_give_its_text_away
from audit403_checks.nginx.directories import index_candidates, lacks_slash
from audit403_checks.nginx.subjects import refusal_of
from audit403_checks.support import finding_of, insert_before


@check(ERROR, "missing-index")
def index_lacks_file(fact: Fact, site: Site) -> Iterator[Finding]:
    """The file is there under a name that means a directory's page, and nginx looks only for others."""
    found = refusal_of(fact)
    if found is None:
        return
    refusal, subject = found
    names = index_candidates(subject)
    if names and is_placeholder(site, subject, names[0]):
        return
    if not names or refusal.witness.method != "GET" or lacks_slash(refusal, subject):
        return
    message = f"{refusal.witness.target} has {names[0]}, but `index` does not list it"
    fixes = (_NO_INTERPRETER,) if would_give_its_text_away(site, refusal, names[0]) else _fixes(subject, names[0])
    yield finding_of("nginx/index-lacks-file", ERROR, message, refusal, fixes, anchor=refusal.witness.target)


_NO_INTERPRETER = Fix(
    "hand such files to their interpreter first: as it is, nginx would send the program's text", MANUAL
)


def _fixes(subject: Subject, name: str) -> tuple[Fix, ...]:
    context = subject.context or subject.server
    listed = context.effective("index")
    summary = f"list {name} in `index`"
    if listed:
        end = listed[-1].arg_span(len(listed[-1].args) - 1).end
        return (Fix(summary, UNSAFE, (TextEdit(listed[-1].source.path, end, end, f" {name}"),)),)
    first = subject.server.sequence[0] if subject.server.sequence else None
    if first is None:
        return ()
    return (Fix(summary, UNSAFE, (insert_before(first, f"index index.html {name};"),)),)
