"""What a configuration says about the methods that a place needs, for the rule about methods."""

import re
from collections.abc import Iterator

from audit403.core.decision import Decision
from audit403.core.family import Site
from audit403.nginx.explore.subject import Subject
from audit403.nginx.family import NginxSite
from audit403.nginx.model.context import Context
from audit403.nginx.model.location import Location
from audit403.nginx.model.rewrite_code import If, Return
from audit403.nginx.model.server import Server
from audit403.nginx.read.tree import Directive
from audit403_checks.methods import FORMS, NAMED_SO, announces, is_written_to

_INTERFACES = ("api.php", "caldav.php", "carddav.php", "dav.php", "remote.php", "rest.php", "webdav.php")


def places(subject: Subject) -> Iterator[Context]:
    """Where the request ended, and every location of its server block."""
    yield subject.context or subject.server
    pending = [*subject.server.tree.all()]
    while pending:
        location = pending.pop(0)
        yield location
        pending += location.tree.all()


def announced(context: Context) -> Directive | None:
    """What says so: a header that allows more than a simple request has, or an answer to OPTIONS."""
    for directive in (*context.effective("add_header"), *context.effective("more_set_headers")):
        name, _, value = re.sub(r"[:\s]+", " ", " ".join(directive.args[:2]).lower()).partition(" ")
        if announces(name, value):
            return directive
    code = context.code if isinstance(context, Location | Server) else ()
    return next((one.directive for one in code if isinstance(one, If) and _answers_options(one)), None)


def _answers_options(instruction: If) -> bool:
    condition = instruction.condition
    if condition.variable != "request_method" or condition.operator.startswith("!"):
        return False
    literal = None if condition.value is None else condition.value.literal
    is_meant = literal == "OPTIONS" or (condition.regex is not None and "OPTIONS" in condition.regex.pattern)
    return is_meant and any(isinstance(one, Return) and one.status < 400 for one in instruction.body)


def dav_methods(context: Context) -> Iterator[tuple[str, Directive]]:
    """The methods that WebDAV offers, and where that is written."""
    for directive in context.effective("dav_methods"):
        yield from ((method, directive) for method in directive.args if method != "off")


def bodies_expected(subject: Subject, target: str, got: Decision) -> tuple[str, Directive | None] | None:
    """Why requests with a body are to be expected, and the directive that shows it; `got` is what GET comes to."""
    context = subject.context or subject.server
    if is_written_to(target):
        return NAMED_SO, None
    for name in ("client_max_body_size", "client_body_buffer_size"):
        for directive in context.own.get(name, _of_server(subject, name)):
            if directive.args and directive.args[0] != "0":
                return f"`{name}` expects bodies", directive
    program = context.last("fastcgi_pass")
    if program is not None and "php" in " ".join((target, *program.args, *_name_of(context))).lower():
        return FORMS, None
    return (FORMS, None) if _comes_to_php(got) else None


def _comes_to_php(got: Decision) -> bool:
    """Whether an index file or a fallback leads to PHP."""
    if got.handed_to is None or not got.handed_to.startswith("fastcgi_pass"):
        return False
    taken = next((step.text for step in reversed(got.trace) if step.phase == "location"), "")
    return "php" in f"{got.handed_to} {taken}".lower()


def interface_in(site: Site, subject: Subject) -> str | None:
    """A program of the docroot whose name says that its clients send PUT, PATCH and DELETE, where the tree is known."""
    if not isinstance(site, NginxSite):
        return None
    folder = site.evaluator.root(subject.context or subject.server).template.literal
    names = () if folder is None else site.evaluator.evidence.names(folder)
    return next((name for name in names if name in _INTERFACES), None) if isinstance(names, tuple) else None


def _name_of(context: Context) -> tuple[str, ...]:
    return (context.name,) if isinstance(context, Location) else ()


def _of_server(subject: Subject, name: str) -> list[Directive]:
    """The server's own directive, where the rule holds for the whole of it."""
    is_whole = subject.location is None or subject.location.name == "/"
    return subject.server.own.get(name, []) if is_whole else []
