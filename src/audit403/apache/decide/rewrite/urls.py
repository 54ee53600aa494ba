"""URLs as mod_rewrite takes them apart and puts them together.

Truth: is_absolute_uri, splitout_queryargs, reduce_uri, fully_qualify_uri, prefix_stat and subst_prefix_path in
modules/mappers/mod_rewrite.c.
"""

import re

from audit403.apache.decide import unseen
from audit403.apache.decide.choose_vhost import matches_name
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.rewrite.context import server_of
from audit403.apache.decide.server_name import default_port, request_scheme, server_name_for_url, server_port
from audit403.apache.model.rewrite import LEGACY_PREFIX
from audit403.apache.model.rewrite_rule import (
    APPEND_QUERY,
    DISCARD_QUERY,
    LAST_QUESTION_MARK,
    NO_QUERY,
    UNSAFE_PREFIX_STAT,
    Rule,
    integer,
)
from audit403.core.open_question import Undecided, Unknown

#: Schemes that make a URL absolute, in which a query string means something and in which it does not.
_WITH_QUERY = (
    "ajp://", "balancer://", "fcgi://", "http://", "https://", "h2://", "h2c://", "mailto:", "scgi://", "ws://",
    "wss://",
)  # fmt: skip
_WITHOUT_QUERY = ("ftp://", "gopher://", "ldap://", "news:", "nntp://")
_UNSAFE_QUERY = re.compile(r"[\x00-\x20\x7f]")
REDUCED = "mod_rewrite_uri_reduced"


def absolute_prefix(uri: str) -> int:
    """How long the scheme of an absolute URL is with its slashes; 0 for anything else."""
    return _absolute(uri)[0]


def _absolute(uri: str) -> tuple[int, bool]:
    if uri.startswith("/") or len(uri.encode("utf-8", "surrogateescape")) <= 5:
        return 0, False
    low = uri[:11].lower()
    for scheme in _WITH_QUERY:
        if low.startswith(scheme):
            return len(scheme), True
    for scheme in _WITHOUT_QUERY:
        if low.startswith(scheme):
            return len(scheme), False
    if low.startswith("unix:"):
        return (7 if low.startswith("unix://") else 5), True
    return 0, False


def has_unsafe_query(exchange: Exchange) -> bool:
    """Whether the query string has a space or a control character in it."""
    return bool(exchange.args and _UNSAFE_QUERY.search(exchange.args))


def split_query(exchange: Exchange, rule: Rule) -> None:
    """Take the query string out of what a rule has made."""
    assert exchange.filename is not None
    if rule.has(NO_QUERY):
        exchange.args = None
        return
    skip, has_query = _absolute(exchange.filename)
    if skip and not has_query:
        exchange.args = None
        return
    if rule.has(DISCARD_QUERY):
        exchange.args = None
    behind = exchange.filename[skip:]
    at = behind.rfind("?") if rule.has(LAST_QUESTION_MARK) else behind.find("?")
    if at < 0:
        return
    exchange.filename, added = exchange.filename[: skip + at], behind[at + 1 :]
    args: str | None = added
    if rule.has(APPEND_QUERY):
        args = f"{added}&{exchange.args or ''}" if added else exchange.args
    if args:
        exchange.args = args.removesuffix("&")
    else:
        exchange.args = None


def reduce(exchange: Exchange) -> None:
    """Cut the server's own name off a URL, which then is a path."""
    url, scheme = exchange.filename or "", request_scheme(exchange)
    start = len(scheme) + 3
    if len(url) <= start or url[:start].lower() != f"{scheme}://":
        return
    host = re.match(r"[^/:]*", url[start:])
    assert host is not None
    rest = url[start + host.end() :]
    port = default_port(exchange)
    if rest.startswith(":"):
        digits, slash, behind = rest[1:].partition("/")
        port, rest = integer(digits) & 0xFFFF, slash + behind
    if _is_own(exchange, host[0], port):
        exchange.filename = rest or "/"
        if not server_of(exchange).allows(LEGACY_PREFIX):
            exchange.notes[REDUCED] = "true"


def _is_own(exchange: Exchange, host: str, port: int) -> bool:
    """Whether a host and a port lead to the server that answers already (ap_matches_request_vhost)."""
    server = exchange.server
    if any(at.port in (0, port) and at.host.lower() == host.lower() for at in server.addresses):
        return True
    return port == server.port and matches_name(server, host)


def own_url(exchange: Exchange) -> str:
    """Scheme, name and port of the server; a name that only the machine knows is left open."""
    port = server_port(exchange)
    name = server_name_for_url(exchange)
    shown = "" if port == default_port(exchange) else f":{port}"
    return f"{request_scheme(exchange)}://{'unknown' if isinstance(name, Unknown) else name}{shown}"


def qualify(exchange: Exchange) -> None:
    """Put scheme, name and port of the server before a path."""
    url = exchange.filename or ""
    if exchange.method != "CONNECT" and not absolute_prefix(url):
        exchange.filename = own_url(exchange) + ("" if url.startswith("/") else "/") + url


def first_part_is_there(exchange: Exchange, path: str, rule: Rule | None) -> bool:
    """Whether a path is taken for one of the file system: its first part is there and the rule means it.

    `rule` is the last one that has changed the path; None: whatever the rule is.
    """
    first = path.lstrip("/").partition("/")[0]
    part = "/" if first in ("", ".", "..") else f"/{first}"
    try:
        found = not exchange.evaluator.files().stat(part).errno
    except Undecided:
        found = unseen.is_there(exchange, part)
    exchange.step("translate", f"the first part of {path}", None, found, f"file:{part}", "exists")
    if not found:
        return False
    if rule is None or rule.has(UNSAFE_PREFIX_STAT) or rule.output.startswith(part):
        return True
    return path.startswith(exchange.document_root) or (
        exchange.context_document_root is not None and path.startswith(exchange.context_document_root)
    )


def replaced_prefix(text: str, match: str, substitute: str) -> str:
    """The text with one directory before it replaced by another; as it stands where the first is not before it."""
    head = match.removesuffix("/")
    if not text.startswith(f"{head}/"):
        return text
    if substitute and not substitute.endswith("/"):
        substitute += "/"
    return substitute + text[len(head) + 1 :]
