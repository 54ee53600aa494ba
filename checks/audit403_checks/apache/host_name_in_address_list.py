"""Clients are let in by a host's name, for which their address has to lead to the name and the name back to it."""

from collections.abc import Iterator

from audit403.core.fact import Fact, IdleDirective
from audit403.core.family import Site
from audit403.core.finding import MANUAL, NOTE, UNSAFE, WARNING, Finding, Fix
from audit403.core.registry import check
from audit403_checks.support import replace

_NAME = "apache/host-name-in-address-list"
_DYNAMIC = (
    *("dyndns.org", "dyndns.com", "dyndns.info", "dyndns.tv", "dyndns.biz", "dyndns.ws", "homeip.net", "dnsalias.com"),
    *("dnsalias.net", "dnsalias.org", "homedns.org", "homelinux.com", "homelinux.net", "homelinux.org", "ath.cx"),
    *(
        "no-ip.org",
        "no-ip.com",
        "no-ip.biz",
        "no-ip.info",
        "noip.me",
        "ddns.net",
        "hopto.org",
        "zapto.org",
        "sytes.net",
    ),
    *("myftp.org", "myftp.biz", "servebeer.com", "redirectme.net", "serveftp.com", "duckdns.org", "dynv6.net"),
    *("dynu.net", "dynu.com", "ddnsfree.com", "myfritz.net", "synology.me", "myqnapcloud.com", "spdns.de", "spdns.org"),
    *(
        "selfhost.eu",
        "selfhost.de",
        "selfhost.me",
        "goip.de",
        "chickenkiller.com",
        "mooo.com",
        "changeip.net",
        "3322.org",
    ),
)
"""Zones in which people have a name for the changing address of their connection."""


@check(WARNING, "named-hosts")
def host_name_in_address_list(fact: Fact, site: Site) -> Iterator[Finding]:
    """The address of somebody's own connection leads to a name of the provider's, never to one of these: a warning."""
    if not isinstance(fact, IdleDirective) or fact.subject is None:
        return
    directive, names = fact.subject
    dynamic = next((name for name in names if _is_dynamic(name)), None)
    if dynamic is not None:
        severity = WARNING
        message = f"{dynamic} in `{fact.message}` lets nobody in: its address leads to a name of the provider's"
    else:
        severity = NOTE
        message = (
            f"`{fact.message}` lets in only whose address leads to such a name in the DNS, and the name back to it"
        )
    fix = Fix("name addresses, or with `Require forward-dns` a host whose name leads to its address", MANUAL)
    is_plain = all(map(_is_dynamic, names)) and not any(name.startswith(".") for name in names)
    if directive == "require" and is_plain and len(names) == len(fact.message.split()) - 2:
        edit = replace(fact.where, f"Require forward-dns {' '.join(names)}")
        fix = Fix("let in whoever has the address that the name leads to", UNSAFE, (edit,))
    yield Finding(_NAME, severity, message, fact.where, status=None, fixes=(fix,), anchor=fact.message, fact=fact)


def _is_dynamic(name: str) -> bool:
    low = name.lower().lstrip(".")
    return any(low.endswith(f".{zone}") for zone in _DYNAMIC)
