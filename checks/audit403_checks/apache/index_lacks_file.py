"""A directory has its page, but DirectoryIndex does not list the file's name."""

from collections.abc import Iterator

from audit403.apache.explore.subject import Subject
from audit403.core.edit import TextEdit
from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, Finding, Fix
from audit403.core.registry import check
from audit403_checks.apache.edits import insert_inside
from audit403_checks.apache.indexes import index_candidates, index_names
from audit403_checks.apache.subjects import refusal_of
from audit403_checks.directories import would_give_its_text_away
from audit403_checks.support import finding_of, insert_after


@check(ERROR, "no-index")
def index_lacks_file(fact: Fact, site: Site) -> Iterator[Finding]:
    """The file is there under a name that means a directory's page, and httpd looks only for others."""
    found = refusal_of(fact)
    if found is None:
        return
    refusal, subject = found
    names = index_candidates(subject)
    if not names or refusal.witness.method != "GET":
        return
    listed = index_names(subject)
    message = f"{refusal.witness.target} has {names[0]}, but DirectoryIndex does not list it"
    if listed == () or listed == ("disabled",):
        message = f"{refusal.witness.target} has {names[0]}, but DirectoryIndex is switched off"
    fixes = (_NO_INTERPRETER,) if would_give_its_text_away(site, refusal, names[0]) else _fixes(subject, names[0])
    yield finding_of("apache/index-lacks-file", ERROR, message, refusal, fixes, anchor=refusal.witness.target)


_NO_INTERPRETER = Fix(
    "hand such files to their interpreter first: as it is, httpd would send the program's text", MANUAL
)


def _fixes(subject: Subject, name: str) -> tuple[Fix, ...]:
    directive = subject.directory_index.index_directive
    summary = f"list {name} in DirectoryIndex"
    if directive is not None and [word.lower() for word in directive.args] != ["disabled"]:
        end = directive.arg_span(len(directive.args) - 1).end
        return (Fix(summary, UNSAFE, (TextEdit(directive.source.path, end, end, f" {name}"),)),)
    if directive is not None:
        span = directive.arg_span(0)
        return (Fix(summary, UNSAFE, (TextEdit(directive.source.path, span.start, span.end, name),)),)
    lines = f"DirectoryIndex index.html {name}"
    section = next((one for one in reversed(subject.sections) if one.kind == "directory" and one.text != "/"), None)
    if section is not None:
        return (Fix(summary, UNSAFE, (insert_inside(section.directive, lines),)),)
    root = subject.server.core.document_root_directive
    return () if root is None else (Fix(summary, UNSAFE, (insert_after(root, lines),)),)
