"""Which socket takes a connection, and which virtual host answers a name on it.

Truth: ap_update_vhost_given_ip, fix_hostname and update_server_from_aliases in server/vhost.c.
"""

import re
from functools import lru_cache

from audit403.apache.decide.exchange import Connection, Exchange
from audit403.apache.model.model import Chain, Listen, Model
from audit403.apache.model.server import Server
from audit403.core.decision import Step
from audit403.core.place import Span
from audit403.core.request import Request
from audit403.http.address import IPV4, IPV6, Address, parse_plain

MOST_KEPT = 8192
"""How many answers of one kind are kept between requests."""

_V6_LITERAL = re.compile(r"[0-9a-fA-F:.]*\Z")
_NAME = re.compile(r"[A-Za-z0-9._-]*\Z")


class BadHost(ValueError):
    """httpd answers 400 to this host name."""


def connect(model: Model, request: Request, client: Address) -> tuple[Connection, Server] | Step:
    """The connection and the server that it begins with; a step that says that nobody listens there."""
    to = None if request.to is None else parse_plain(request.to.strip("[]"))
    listen = _socket(model, request.port, client, to)
    if listen is None:
        return Step("connection", f"nobody listens on port {request.port} for {client.family} clients")
    local = to or listen.address or _meant(request)
    chain = model.chain(local, request.port)
    server = model.main if chain is None else chain.server
    return Connection(local, request.port, client.unmapped(), request.tls), server


def _socket(model: Model, port: int, client: Address, to: Address | None) -> Listen | None:
    on_port = [listen for listen in model.listens if listen.port == port]
    if to is not None:
        exact = next((listen for listen in on_port if listen.address == to), None)
        return exact or next((listen for listen in on_port if _takes_all(listen, to.family)), None)
    own = (listen for listen in on_port if listen.address is None or listen.address.family == client.family)
    return next(own, None) or next((listen for listen in on_port if _takes_all(listen, client.family)), None)


def _takes_all(listen: Listen, family: str) -> bool:
    """Whether a socket takes every address of a family; one for IPv6 takes IPv4 too."""
    if listen.address is None:
        return True
    return listen.address.number == 0 and (listen.address.family == IPV6 or family == IPV4)


def _meant(request: Request) -> Address | None:
    """The server's address where nothing says it: the one in the URL, if that has one."""
    host = (request.host or "").rsplit(":", 1)[0] if not (request.host or "").startswith("[") else request.host or ""
    return parse_plain(host.strip("[]"))


def server_of_name(exchange: Exchange, model: Model) -> None:
    """Switch to the virtual host whose name the request asks for."""
    connection = exchange.connection
    chain = model.chain(connection.local, connection.port)
    if chain is None:
        exchange.step("vhost", f"no virtual host for this address: {exchange.server.label()}")
        return
    if not chain.names:
        exchange.step(
            "vhost", f"the only virtual host of this address: {exchange.server.label()}", _where(chain.server)
        )
        return
    if exchange.hostname is None:
        _by_path(exchange, chain)
        return
    found, how = _remembered(exchange, chain, exchange.hostname, connection.port)
    server = chain.server if found is None else found
    text = f"{exchange.hostname}: {how} {server.label()}"
    exchange.step("vhost", text, _where(server), found is not None, "host", "equals", server.name)
    exchange.server = server


def _remembered(exchange: Exchange, chain: Chain, host: str, port: int) -> tuple[Server | None, str]:
    """The same names are asked for again and again."""
    known: dict[tuple[Chain, str, int], tuple[Server | None, str]] = exchange.evaluator.kept.setdefault(
        "virtual-hosts", {}
    )
    key = (chain, host, port)
    found = known.get(key)
    if found is None:
        if len(known) >= MOST_KEPT:
            known.clear()
        found = known[key] = _named(chain, host, port)
    return found


def chosen(chain: Chain, host: str, port: int) -> Server:
    """The virtual host of a chain that a name leads to."""
    if not chain.names:
        return chain.server
    return _named(chain, host, port)[0] or chain.server


def _named(chain: Chain, host: str, port: int) -> tuple[Server | None, str]:
    low = host.lower()
    for position in chain.positions(low):
        server, at = chain.names[position]
        if at.port in (0, port) and matches_name(server, host):
            return server, "the name of"
    fallback = chain.at_address(low, port)
    if fallback is not None:
        return fallback, "the address of"
    return None, "no virtual host has this name; the first is"


def matches_name(server: Server, host: str) -> bool:
    """Whether ServerName or ServerAlias names a host."""
    low = host.lower()
    if server.name is not None and server.name.lower() == low:
        return True
    if any(alias.lower() == low for alias in server.aliases):
        return True
    return any(matches_wildcard(alias, host) for alias in server.wild_aliases)


def matches_wildcard(alias: str, host: str) -> bool:
    """Whether a ServerAlias, which may have `*` and `?`, names a host."""
    return _wild(alias).fullmatch(host) is not None


@lru_cache(maxsize=1024)
def _wild(alias: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(mark, re.escape(mark)) for mark in alias), re.IGNORECASE | re.DOTALL)


def _by_path(exchange: Exchange, chain: Chain) -> None:
    """Without a name, ServerPath may tell."""
    for server, at in chain.names:
        path = server.server_path
        if path is None or at.port not in (0, exchange.connection.port) or not exchange.uri.startswith(path):
            continue
        if path.endswith("/") or exchange.uri[len(path) : len(path) + 1] in ("", "/"):
            exchange.step("vhost", f"{path} is the ServerPath of {server.label()}", _where(server))
            exchange.server = server
            return


def _where(server: Server) -> Span | None:
    if server.name_directive is not None:
        return server.name_directive.span
    return None if server.directive is None else server.directive.span


@lru_cache(maxsize=4096)
def host_name(host: str, strict: bool, from_header: bool) -> tuple[str, int | None]:
    """The name in a Host header (or a URL) and its port. Raises BadHost where httpd answers 400."""
    if host.isascii() and host.isdigit():
        if strict:
            raise BadHost(host)
        return host, None
    port: int | None = None
    name = host
    literal = host.startswith("[") if from_header else ":" in host
    if from_header:
        name, port = split_host(host.removesuffix(":") if not strict else host)
    if literal:
        return _literal(name), port
    if "/" in name or "\\" in name or ".." in name:
        raise BadHost(host)
    name = _lower(name)
    if name.endswith("."):
        name = name[:-1]
    if strict:
        _strict(name)
    return name, port


def split_host(host: str) -> tuple[str, int | None]:
    """Host and port (apr_parse_addr_port): from the end digits and a colon are a port. Raises BadHost."""
    digits = len(host) - len(host.rstrip("0123456789"))
    rest, last = (host[: len(host) - digits], host[len(host) - digits :]) if digits else (host, "")
    port = None
    if rest.endswith(":"):
        if not last:
            raise BadHost(host)
        port = int(last)
        if not 1 <= port <= 65535:
            raise BadHost(host)
        host = rest[:-1]
    if not host:
        raise BadHost(host)
    if host.startswith("["):
        inside, bracket, behind = host[1:].partition("]")
        if not bracket or behind or parse_plain(inside) is None or "%" in inside:
            raise BadHost(host)
        return inside, port
    return host, port


def _literal(name: str) -> str:
    if not _V6_LITERAL.match(name) or name.count("::") > 1 or ":::" in name or ":." in name:
        raise BadHost(name)
    if ".:" in name or ".." in name:
        raise BadHost(name)
    return _lower(name)


def _strict(name: str) -> None:
    """strict_hostname_check."""
    if not _NAME.match(name):
        raise BadHost(name)
    parts = name.split(".")
    if not any(mark.isalpha() or mark in "-_" for mark in name):
        leading = any(len(part) > 1 and part[0] == "0" for part in parts) or name.startswith(".")
        if leading or len(parts) != 4:
            raise BadHost(name)
    elif len(parts) > 1 and parts[-1] and not parts[-1][0].isalpha():
        raise BadHost(name)


def _lower(text: str) -> str:
    return "".join(chr(ord(mark) + 32) if "A" <= mark <= "Z" else mark for mark in text)
