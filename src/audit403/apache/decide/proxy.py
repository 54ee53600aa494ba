"""mod_proxy: which requests go on to another server, under which sections, and which may not.

Truth: modules/proxy/mod_proxy.c (proxy_detect, proxy_trans, proxy_walk, proxy_handler), proxy_util.c.
"""

import re

from audit403.apache import fnmatch
from audit403.apache.decide.alias import length_matched
from audit403.apache.decide.exchange import FORWARD, NOT_PROXIED, REVERSE, Exchange
from audit403.apache.decide.outcome import DECLINED, DONE, OK
from audit403.apache.decide.proxy_pass import hand_on
from audit403.apache.decide.proxy_url import PREFIX, canonical
from audit403.apache.decide.servlet_path import servlet_path
from audit403.apache.decide.substitute import substitute
from audit403.apache.decide.walks import laid_over
from audit403.apache.model.pattern import Pattern
from audit403.apache.model.proxy import (
    ENCODED,
    INTERPOLATE,
    NOCANON,
    NOQUERY,
    NOT_HERE,
    PROXY,
    SERVLET,
    Pass,
    ProxyConfig,
    ProxyServer,
)
from audit403.core.named_tuple import NamedTuple
from audit403.core.open_question import Undecided, Unknown

HANDLER = "proxy-server"
_NOTHING, _NO_SERVER = ProxyConfig(), ProxyServer()
_NOT_THIS_ONE = 100
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_AUTHORITY = re.compile(r"(?:[^@/]*@)?(\[[^\]]*\]|[^:/]*)(?::([0-9]*))?\Z")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def detect(exchange: Exchange) -> int:
    """A request for a whole URL that is no host of ours is for the forward proxy."""
    server: ProxyServer = exchange.server.slots.get(PROXY, _NO_SERVER)
    if not server.forward:
        return DECLINED
    scheme = exchange.request_scheme
    if scheme is not None:
        foreign = not _is_own(exchange, scheme)
    else:
        found = _AUTHORITY.match(exchange.unparsed_uri)
        foreign = exchange.method == "CONNECT" and found is not None and bool(found[1] and found[2])
    if foreign:
        exchange.proxied = FORWARD
        exchange.uri = exchange.unparsed_uri
        exchange.filename = PREFIX + exchange.uri
        exchange.handler = HANDLER
        exchange.step("request", f"{exchange.uri} is for the forward proxy")
    return DECLINED


def _is_own(exchange: Exchange, scheme: str) -> bool:
    """Whether a whole URL is about a host of this server (ap_matches_request_vhost)."""
    from audit403.apache.decide.choose_vhost import matches_name
    from audit403.apache.decide.server_name import request_scheme

    if scheme != request_scheme(exchange):
        return False
    authority = exchange.unparsed_uri.partition("://")[2].partition("/")[0].partition("?")[0]
    found = _AUTHORITY.match(authority)
    host = "" if found is None else found[1].strip("[]")
    port = int(found[2]) if found is not None and found[2] else _DEFAULT_PORTS[scheme]
    server = exchange.server
    for at in server.addresses:
        if at.host.lower() == host.lower() and at.port in (0, port):
            return True
    return port == server.port and matches_name(server, host)


def pre_translate(exchange: Exchange) -> int:
    """ProxyPass with mapping=encoded, before the URL is decoded."""
    return _translate(exchange, early=True)


def translate(exchange: Exchange) -> int:
    """ProxyPass."""
    return _translate(exchange, early=False)


def _translate(exchange: Exchange, early: bool) -> int:
    if exchange.proxied:
        return DONE if early else OK
    if exchange.unparsed_uri == "*" or not exchange.uri.startswith("/"):
        return DECLINED
    switched_off = exchange.env.get("no-proxy")
    if isinstance(switched_off, Unknown):
        raise Undecided(switched_off.missing)
    if switched_off is not None:
        exchange.step("translate", "the variable no-proxy is set: no ProxyPass is asked")
        return DECLINED
    config: ProxyConfig = exchange.config(PROXY, _NOTHING)
    server: ProxyServer = exchange.server.slots.get(PROXY, _NO_SERVER)
    own = () if config.mapping is None else (config.mapping,)
    for mapping in (*own, *server.passes):
        if (ENCODED in mapping.flags) == early:
            status = _try(exchange, mapping, config)
            if status != _NOT_THIS_ONE:
                return status
    return DECLINED


class _Target(NamedTuple):
    """What a ProxyPass makes of a URI; `uri` is what it is called from then on."""

    url: str
    nocanon: bool
    uri: str


def _try(exchange: Exchange, mapping: Pass, config: ProxyConfig) -> int:
    """What one ProxyPass makes of the request (ap_proxy_trans_match)."""
    fake, real = mapping.fake, mapping.real
    if config.interpolates and INTERPOLATE in mapping.flags:
        fake, real = _interpolated(exchange, fake), _interpolated(exchange, real)
    where = mapping.directive.span
    label, operator = f"{mapping.directive.written} {fake} {mapping.real}", "prefix"
    if mapping.pattern is not None:
        found, operator = _by_pattern(exchange, mapping, mapping.pattern, real), "matches"
    elif SERVLET in mapping.flags:
        found = _by_servlet_path(exchange, mapping, fake, real)
    else:
        found = _by_prefix(exchange, mapping, fake, real)
    exchange.step("translate", label, where, found is not None, "uri", operator, fake)
    if found is None:
        return _NOT_THIS_ONE
    if real == NOT_HERE:
        return DECLINED
    if not _takes(exchange, found.url):
        return _NOT_THIS_ONE
    exchange.filename, exchange.uri = PREFIX + found.url, found.uri
    exchange.handler = HANDLER
    exchange.proxied = REVERSE
    exchange.step("translate", f"proxied to {found.url}", where)
    exchange.extra[PROXY] = mapping.directive
    if found.nocanon:
        exchange.notes["proxy-nocanon"] = "1"
    if NOQUERY in mapping.flags:
        exchange.notes["proxy-noquery"] = "1"
    if ENCODED in mapping.flags:
        exchange.notes["proxy-noencode"] = "1"
        return DONE
    return OK


def _by_pattern(exchange: Exchange, mapping: Pass, pattern: Pattern, real: str) -> _Target | None:
    uri, raw = exchange.uri, exchange.unparsed_uri
    captured = pattern.search(uri)
    if captured is None:
        return None
    again = pattern.search(raw) if NOCANON in mapping.flags else None
    url = substitute(real, captured if again is None else again)
    if url == real:
        url += uri if again is None else raw
    return _Target(url, again is not None, uri)


def _by_servlet_path(exchange: Exchange, mapping: Pass, fake: str, real: str) -> _Target | None:
    found = servlet_path(exchange.uri, fake)
    if found is None:
        return None
    used = exchange.unparsed_uri if NOCANON in mapping.flags else exchange.uri
    return _Target(real + used[found.length :], False, found.uri)


def _by_prefix(exchange: Exchange, mapping: Pass, fake: str, real: str) -> _Target | None:
    uri, raw = exchange.uri, exchange.unparsed_uri
    length = length_matched(uri, fake) if fake else 0
    if not length:
        return None
    nocanon = NOCANON in mapping.flags and length_matched(raw, fake) == length
    return _Target(real + (raw if nocanon else uri)[length:], nocanon, uri)


def _takes(exchange: Exchange, url: str) -> bool:
    """Whether the module of the scheme cares for the request: mod_proxy_wstunnel wants an Upgrade."""
    if not url.lower().startswith(("ws:", "wss:")) or not exchange.evaluator.has("proxy_wstunnel"):
        return True
    if exchange.evaluator.has("proxy_http"):
        # It lets mod_proxy_http do its work, unless ProxyWebsocketFallbackToProxyHttp says otherwise.
        return True
    return exchange.header("upgrade") is not None


def _interpolated(exchange: Exchange, text: str) -> str:
    def value(found: re.Match[str]) -> str:
        known = exchange.env.get(found[1])
        if isinstance(known, Unknown):
            raise Undecided(known.missing)
        return known or ""

    return _VARIABLE.sub(value, text)


def map_to_storage(exchange: Exchange) -> int:
    """For what goes to another server, its `<Proxy>` sections stand where directories and files do otherwise."""
    filename = exchange.filename or ""
    if exchange.proxied == NOT_PROXIED or not filename.startswith(PREFIX):
        return DECLINED
    url = filename[len(PREFIX) :]
    for section in exchange.server.sections[PROXY]:
        if section.regex is not None:
            captured = section.captures(url)
            met, operator = captured is not None, "matches"
            if captured is not None:
                for name, number in section.regex.names.items():
                    if number < captured.count:
                        exchange.env.set(f"MATCH_{name.upper()}", captured.groups[number])
        elif section.is_pattern:
            met, operator = fnmatch.matches(section.text, url), "matches"
        else:
            met, operator = url.startswith(section.text), "prefix"
        exchange.step("storage", f"{section.label()} for {url}", section.directive.span, met, "proxied-url", operator,
                      section.text)  # fmt: skip
        if met:
            exchange.per_dir = laid_over(exchange, exchange.per_dir, section.per_dir)
    return OK


def fixup(exchange: Exchange) -> int:
    """Write the URL as it goes out."""
    if exchange.proxied == NOT_PROXIED or not (exchange.filename or "").startswith(PREFIX):
        return DECLINED
    return canonical(exchange)


def handle(exchange: Exchange) -> int:
    """Hand the request on, unless something here forbids it."""
    if exchange.filename is None:
        return DECLINED
    handler = exchange.handler or ""
    if not exchange.proxied and handler.startswith(PREFIX):
        before = exchange.filename
        exchange.proxied, exchange.filename = REVERSE, handler + before
        status = canonical(exchange, from_handler=True)
        if status != OK:
            exchange.proxied, exchange.filename = NOT_PROXIED, before
            return status
    elif not exchange.proxied or not exchange.filename.startswith(PREFIX):
        return DECLINED
    server: ProxyServer = exchange.server.slots.get(PROXY, _NO_SERVER)
    return hand_on(exchange, server)
