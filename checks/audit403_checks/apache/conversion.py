"""The fix that says access rules of httpd 2.2 with `Require`, and whom it lets in."""

from collections.abc import Iterator

from audit403.apache.explore.doors import from_client
from audit403.apache.explore.subject import Subject
from audit403.apache.model.access_compat import FROM_NETWORK, meaning
from audit403.apache.read.tree import Directive
from audit403.apache.site import ApacheSite
from audit403.core.fact import Refusal
from audit403.core.finding import MANUAL, UNSAFE, Fix, Visitor
from audit403.core.request import Request
from audit403.explore.borders import inside
from audit403.explore.ordinary import CLIENTS
from audit403.http.address import Network, parse_plain
from audit403_checks.apache.clients import doors_of
from audit403_checks.apache.old_syntax import Block, block_of, converted

_MOST_ROWS = 12


def conversion(summary: str, rule: Directive, refusal: Refusal, subject: Subject, site: ApacheSite) -> Fix:
    """The old rules beside `rule` said with Require; advice where no lines mean the same."""
    siblings = site.siblings(rule)
    block = block_of(rule, siblings)
    edits = converted(block, siblings)
    if edits is None:
        return Fix("say it with Require", MANUAL)
    return Fix(summary, UNSAFE, edits, visitors=tuple(visitors(block, refusal.witness, subject, site)))


def visitors(block: Block, witness: Request, subject: Subject, site: ApacheSite) -> Iterator[Visitor]:
    """Somebody of each network that the rules name, and somebody of whom they do not speak."""
    doors = doors_of(site, subject)
    named = dict(list(_networks(block))[:_MOST_ROWS])
    for network, word in named.items():
        request = from_client(witness, inside(network), doors)
        if request is not None:
            yield Visitor(f"clients from {word}", request)
    for client in CLIENTS:
        request = from_client(witness, client, doors)
        address = parse_plain(client)
        if request is None or address is None or any(network.contains(address) for network in named):
            continue
        yield Visitor("everybody else" if named else "everybody", request)
        return


def _networks(block: Block) -> Iterator[tuple[Network, str]]:
    for rule in block.rules:
        for word in rule.args[1:] if rule.name in ("allow", "deny") else ():
            kind, _, network = meaning(word)
            if kind == FROM_NETWORK and network is not None:
                yield network, word
