"""Names of clients: what only the DNS knows, and how httpd compares domains.

Truth: ap_get_useragent_host in server/core.c, in_domain in modules/aaa/mod_authz_host.c.
"""

import re

from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.names import name_of
from audit403.core.decision import REASON_HOST, Missing
from audit403.core.open_question import Unknown
from audit403.http.address import IPV4, IPV6, Address, parse_plain

#: Numbers as inet_aton(3) takes them: one to four, also in octal and hexadecimal.
_OLD_NUMBER = re.compile(r"(0[xX][0-9a-fA-F]+|[0-9]+)(\.(0[xX][0-9a-fA-F]+|[0-9]+)){0,3}\Z")
_OF_NAMES = re.compile(r"[A-Za-z0-9._-]+\Z")
_LOOKED_UP = "name-of-the-client"
_NAME = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?\Z")


def client_host(exchange: Exchange) -> str | Unknown | None:
    """The client's name, confirmed by a second look-up; None without one."""
    name = name_of(exchange, exchange.client)
    _first(exchange).extra[_LOOKED_UP] = True
    # Whoever has the name from the file has the address of the name from it too.
    return name.lower() if isinstance(name, str) else name


def in_domain(domain: str, host: str) -> bool:
    """Whether a host is a domain or below it."""
    low, name = domain.lower(), host.lower()
    if not name.endswith(low):
        return False
    rest = len(name) - len(low)
    return rest == 0 or low.startswith(".") or name[rest - 1] == "."


def may_be_domain(text: str) -> bool:
    """Whether some host's name may end with it: resolvers take no other characters, and no name ends in a number."""
    last = text.rpartition(".")[2]
    return _OF_NAMES.match(text) is not None and any(one.isalpha() for one in last)


def client_name(exchange: Exchange) -> str | Unknown:
    """The client's name where HostnameLookups or a `Require host` before has asked for it, otherwise its address."""
    if (exchange.core.hostname_lookups or "off") == "off" and _LOOKED_UP not in _first(exchange).extra:
        return ip_text(exchange.client)
    return client_host(exchange) or ip_text(exchange.client)


def _first(exchange: Exchange) -> Exchange:
    """The request that the client has sent."""
    while exchange.main is not None or exchange.prev is not None:
        exchange = exchange.main or exchange.prev or exchange
    return exchange


def ip_text(address: Address) -> str:
    """An address as httpd writes it (inet_ntop)."""
    from socket import AF_INET, AF_INET6, inet_ntop

    address = address.unmapped()
    if address.family == IPV6:
        return inet_ntop(AF_INET6, address.packed())
    return inet_ntop(AF_INET, address.packed())


def resolved(text: str) -> Address | Unknown | None:
    """The address of a text, which getaddrinfo(3) reads; None where it is none.

    A name with dots may have an address that only the DNS knows; one without dots has none, but for localhost.
    """
    plain = parse_plain(text)
    if plain is not None:
        return plain
    if _OLD_NUMBER.match(text):
        from socket import inet_aton

        try:
            return Address(IPV4, int.from_bytes(inet_aton(text), "big"))
        except OSError:
            return None
    last = text.rstrip(".").rpartition(".")
    if not _NAME.match(text) or last[2].isdigit() or (not last[1] and text.lower() != "localhost"):
        return None
    return Unknown(Missing(REASON_HOST, text))
