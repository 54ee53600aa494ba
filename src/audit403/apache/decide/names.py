"""Names that the machine knows without asking anybody: /etc/hosts, where nsswitch.conf has `files` first for hosts.

Truth: hosts(5), nsswitch.conf(5), and the glibc of the server: a name or an address that stands in the file is answered
from it, and everything else is the DNS's. Only where the tree is known; elsewhere the file is another machine's.
"""

from audit403.apache.decide.exchange import Exchange
from audit403.core.decision import REASON_HOST, Missing
from audit403.core.named_tuple import NamedTuple
from audit403.core.open_question import Unknown
from audit403.http.address import Address, parse_plain

_KEPT = "names-of-addresses"


class Names(NamedTuple):
    """Names by address (the first of the first line) and addresses by name; `all` where nobody else is asked."""

    by_address: dict[Address, str]
    by_name: dict[str, tuple[Address, ...]]
    all: bool = False


def name_of(exchange: Exchange, address: Address) -> str | Unknown | None:
    """The name of an address, None where it has none; unknown where the DNS must be asked."""
    names = _names(exchange)
    found = names.by_address.get(address.unmapped())
    if found is not None or names.all:
        return found
    return Unknown(Missing(REASON_HOST, address.text()))


def addresses_of(exchange: Exchange, name: str) -> tuple[Address, ...] | None:
    """The addresses of a name; None where the DNS must be asked."""
    names = _names(exchange)
    return names.by_name.get(name.lower(), () if names.all else None)


def _names(exchange: Exchange) -> Names:
    evaluator = exchange.evaluator
    found = evaluator.kept.get(_KEPT)
    if not isinstance(found, Names):
        known = evaluator.served is evaluator.evidence
        services = _services(evaluator.evidence.read("/etc/nsswitch.conf")) if known else []
        data = evaluator.evidence.read("/etc/hosts") if services[:1] == ["files"] else None
        found = names_in(data) if isinstance(data, bytes) else Names({}, {})
        found = evaluator.kept[_KEPT] = found._replace(all=isinstance(data, bytes) and services == ["files"])
    return found


def _services(data: object) -> list[str]:
    """Who is asked for hosts, in this order."""
    for line in data.decode("latin-1").splitlines() if isinstance(data, bytes) else ():
        key, colon, services = line.partition("#")[0].partition(":")
        if colon and key.strip() == "hosts":
            return services.split()
    return []


def names_in(data: bytes) -> Names:
    """What /etc/hosts says."""
    by_address: dict[Address, str] = {}
    by_name: dict[str, tuple[Address, ...]] = {}
    for line in data.decode("latin-1").splitlines():
        text, *names = line.partition("#")[0].split() or [""]
        address = parse_plain(text)
        if address is None or not names:
            continue
        by_address.setdefault(address, names[0])
        for name in names:
            known = by_name.get(name.lower(), ())
            by_name[name.lower()] = known if address in known else (*known, address)
    return Names(by_address, by_name)
