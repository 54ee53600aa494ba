"""Links that secure_link takes: signed with the secret that stands in the configuration."""

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from hashlib import md5
from itertools import islice
from typing import TYPE_CHECKING

from audit403.core.open_question import Undecided
from audit403.core.request import Request
from audit403.explore.fields import with_target
from audit403.explore.wish import Wish, exactly
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.normalise_uri import BadTarget, normalise_target
from audit403.nginx.decide.variables.lookup import expand_known
from audit403.nginx.explore.point import Point
from audit403.nginx.model.address import parse_address
from audit403.nginx.model.context import Context
from audit403.nginx.model.location import Location
from audit403.nginx.model.rewrite_code import If, Instruction, Rewrite, Set
from audit403.nginx.model.server import Server
from audit403.nginx.model.template import Template, compile_template

if TYPE_CHECKING:
    from audit403.nginx.explore.reach import Reach

_DAY = 86_400
_MOST_LISTS = 8
_NOT_SIGNED = "x" * 22
_HASH_LENGTH = 32
_LATER, _EARLIER = 20 * 365 * _DAY, -365 * _DAY


def requests_for(reach: "Reach", at: Point, wish: Wish) -> Iterator[Request]:
    """Requests whose link is right, has expired, or is none."""
    for context in islice(_contexts(reach.server), _MOST_LISTS):
        secret = context.last("secure_link_secret")
        if secret is not None:
            yield from _with_secret(at.request, context, secret.args[0])
            continue
        checked, signed = context.last("secure_link"), context.last("secure_link_md5")
        if checked is None or signed is None:
            continue
        link, subject = compile_template(checked.args[0]), compile_template(signed.args[0])
        if wish.accepts("1"):
            yield from _signed(reach, at, context, link, subject, _LATER)
        if wish.accepts("0"):
            yield from _signed(reach, at, context, link, subject, _EARLIER)
        if wish.accepts(""):
            yield from islice(reach.of_template(at, link, exactly("")), 2)


def expanded(
    reach: "Reach", request: Request, template: Template, context: Context, expires: str | None = None
) -> str | None:
    """The text of a template for a request before anything of it is decided; None where that is not known."""
    door = reach.doors[0]
    exchange = Exchange(reach.evaluator, request, door.socket, reach.server)
    try:
        target = normalise_target(request.target, True)
        exchange.uri, exchange.args, exchange.request_line_target = target.uri, target.args, target.unparsed
        exchange.host = (request.host or "").partition(":")[0].lower()
        exchange.context, exchange.secure_link_expires = context, expires
        client = parse_address(request.client)
        if client is not None:
            exchange.client = exchange.connection_client = client
        return expand_known(exchange, template)
    except (Undecided, BadTarget):
        return None


def _signed(
    reach: "Reach", at: Point, context: Context, link: Template, subject: Template, seconds: int
) -> Iterator[Request]:
    """The request with the signature that nginx would make for it."""
    expires = str((reach.evaluator.now() // _DAY) * _DAY + seconds)
    for ending in (f",{expires}", ""):
        # What is signed may hold the expiry, so that is put in first.
        for unsigned in islice(reach.of_template(at, link, exactly(f"{_NOT_SIGNED}{ending}")), 1):
            text = expanded(reach, unsigned, subject, context, expires)
            if text is None:
                continue
            hashed = md5(text.encode("utf-8", "surrogateescape"), usedforsecurity=False).digest()
            signature = urlsafe_b64encode(hashed).decode().rstrip("=")
            yield from islice(reach.of_template(at.of(unsigned), link, exactly(f"{signature}{ending}")), 2)


def _with_secret(request: Request, context: Context, secret: str) -> Iterator[Request]:
    """`/prefix/hash/link`, with and without the right hash."""
    if isinstance(context, Location) and context.name.startswith("/"):
        for link in ("file", "index.html"):
            hashed = md5((link + secret).encode("utf-8", "surrogateescape"), usedforsecurity=False).hexdigest()
            yield with_target(request, f"{context.name.rstrip('/')}/{hashed}/{link}")
        yield with_target(request, f"{context.name.rstrip('/')}/{'0' * 32}/file")


def _contexts(server: Server) -> Iterator[Context]:
    """The levels that say what a link must be."""
    pending: list[Server | Location] = [server]
    while pending:
        context = pending.pop()
        if {"secure_link", "secure_link_md5", "secure_link_secret"} & context.own.keys():
            yield context
        pending += context.tree.all()


def never_right(context: Context, now: int) -> str | None:
    """Why `$secure_link` cannot say that a link is right in a context, if it is so, whatever a client sends."""
    secret = context.last("secure_link_secret")
    checked, signed = context.last("secure_link"), context.last("secure_link_md5")
    if secret is not None and checked is None and signed is None:
        return _never_second(context)
    if checked is None or signed is None:
        lacking = "secure_link and secure_link_md5" if checked is signed else _the_one_of(checked is None)
        return f"{lacking} {'are' if checked is signed else 'is'} not set here, so that $secure_link is always empty"
    link = compile_template(checked.args[0])
    _, comma, expires = link.source.partition(",")
    if comma and expires.isascii() and expires.isdigit() and int(expires) < now:
        return "the time of expiry is written out and is over, whatever link is sent"
    if not link.variables() and not _captures(context):
        return f"`secure_link {checked.args[0]}` takes nothing from the request"
    return None


def _the_one_of(first: bool) -> str:
    return "secure_link" if first else "secure_link_md5"


def _never_second(context: Context) -> str | None:
    """The hash is the second part of the path, whose first is any name: a longer location leaves no room for it."""
    if not isinstance(context, Location) or context.regex is not None:
        return None
    parts = context.name[1:].split("/")
    if len(parts) < 3 or len(parts[1]) == _HASH_LENGTH:
        return None
    return f"secure_link_secret takes the second part of the path for the hash, and here that is always {parts[1]}"


def _may_capture(instruction: Instruction) -> bool:
    if isinstance(instruction, If):
        return instruction.condition.regex is not None or instruction.condition.variable != "secure_link"
    return isinstance(instruction, Rewrite | Set)


def _captures(context: Context) -> bool:
    """Whether `$1` may be something: the location has a pattern, or its code does."""
    level: Context | None = context
    while level is not None:
        if isinstance(level, Location) and level.regex is not None:
            return True
        if isinstance(level, Location | Server) and any(map(_may_capture, level.code)):
            return True
        if isinstance(level, Server) and level.captures_names():
            return True
        level = level.parent
    return False
