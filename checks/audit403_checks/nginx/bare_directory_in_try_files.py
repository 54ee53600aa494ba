"""`try_files` takes a directory without an index for an answer and never comes to its fallback."""

from collections.abc import Iterator

from audit403.core.edit import TextEdit
from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, UNSAFE, WARNING, Finding, Fix
from audit403.core.place import Because
from audit403.core.registry import check
from audit403.nginx.read.tree import Directive
from audit403_checks.nginx.directories import fallback_of, has_pages, index_candidates, lacks_slash
from audit403_checks.support import finding_of, refusal_of


@check(ERROR, "missing-index")
def bare_directory_in_try_files(fact: Fact, site: Site) -> Iterator[Finding]:
    """An error where an application would have answered; before `=404` only where people come to the directory."""
    found = refusal_of(fact)
    if found is None:
        return
    refusal, subject = found
    directive = fallback_of(subject)
    if directive is None or index_candidates(subject) or lacks_slash(refusal, subject):
        return
    last = directive.args[-1]
    to_program = last.startswith(("@", "/"))
    if refusal.witness.method != "GET" or not (to_program or has_pages(subject) or refusal.witness.target == "/"):
        return
    severity = ERROR if to_program and not _is_assets(refusal.witness.target) else WARNING
    message = f"{refusal.witness.target} is a directory, so `try_files` never comes to {last}: nginx answers 403 for it"
    finding = finding_of(
        "nginx/bare-directory-in-try-files",
        severity,
        message,
        refusal,
        (_fix(directive),),
        anchor=refusal.witness.target,
    )
    chain = (Because(directive.span, "takes the bare directory for an answer"), *refusal.because)
    yield finding._replace(where=directive.span, because=chain)


def _is_assets(target: str) -> bool:
    """Whether a URL looks like a folder of files that no application answers for."""
    words = ("css", "js", "img", "image", "font", "asset", "static", "media", "upload", "vendor", "includes", "content")
    return any(word in target.lower() for word in words)


def _fix(directive: Directive) -> Fix:
    edits: list[TextEdit] = []
    for index, word in enumerate(directive.args[:-1]):
        if word.endswith("/"):
            span, before = directive.arg_span(index), directive.arg_span(index).start
            edits.append(TextEdit(span.file, _space_before(directive, before), span.end, ""))
    return Fix("leave the directory out of `try_files`", UNSAFE, tuple(edits))


def _space_before(directive: Directive, start: int) -> int:
    data = directive.source.data
    while start > directive.start and data[start - 1 : start] in (b" ", b"\t"):
        start -= 1
    return start
