"""`try_files` takes a directory without an index for an answer and never comes to its fallback."""

from collections.abc import Iterator

from audit403.core.edit import TextEdit
from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import NOTE, UNSAFE, WARNING, Finding, Fix
from audit403.core.place import Because
from audit403.core.registry import check
from audit403.nginx.read.tree import Directive
from audit403_checks.directories import has_pages, others_like_it
from audit403_checks.nginx.directories import fallback_of, index_candidates, lacks_slash
from audit403_checks.nginx.subjects import refusal_of
from audit403_checks.support import finding_of

_ROUTES = frozenset(
    (
        *(
            "about",
            "account",
            "admin",
            "api",
            "app",
            "auth",
            "backend",
            "blog",
            "cart",
            "catalog",
            "checkout",
            "contact",
        ),
        *("dashboard", "events", "faq", "forum", "help", "home", "login", "manage", "manager", "members", "my", "news"),
        *("orders", "panel", "portal", "posts", "products", "profile", "register", "search", "services", "settings"),
        *("shop", "signup", "store", "support", "team", "user", "users", "wiki"),
    )
)
"""Names that applications give to their pages and hardly anybody to a folder of pictures or styles."""


@check(WARNING, "missing-index")
def bare_directory_in_try_files(fact: Fact, site: Site) -> Iterator[Finding]:
    """A warning where people come for its pages or its name; a note where an application could answer for it."""
    found = refusal_of(fact)
    if found is None:
        return
    refusal, subject = found
    directive = fallback_of(subject)
    target = refusal.witness.target
    if directive is None or index_candidates(subject) or lacks_slash(refusal, subject):
        return
    last = directive.args[-1]
    is_answered = last.startswith(("@", "/"))
    is_visited = has_pages(subject) or (is_answered and target.strip("/").lower() in _ROUTES)
    if target == "/" or refusal.witness.method != "GET" or not (is_visited or is_answered):
        return
    severity = WARNING if is_visited else NOTE
    message = f"{target} is a directory, so `try_files` never comes to {last}: nginx answers 403 for it"
    message += others_like_it(refusal)
    name = "nginx/bare-directory-in-try-files"
    finding = finding_of(name, severity, message, refusal, (_fix(directive),), anchor=target)
    chain = (Because(directive.span, "takes the bare directory for an answer"), *refusal.because)
    yield finding._replace(where=directive.span, because=chain)


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
