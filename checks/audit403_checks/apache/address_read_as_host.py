"""A word of a list is meant for an address and is a host's name to httpd: a comma behind it, a star, `Require host`."""

import re
from collections.abc import Iterator

from audit403.apache.decide.authz import leaves
from audit403.apache.decide.hosts import may_be_domain
from audit403.apache.explore.doors import from_client
from audit403.apache.explore.subject import Subject
from audit403.apache.model.access_compat import FROM_HOST
from audit403.apache.read.tree import Directive
from audit403.apache.site import ApacheSite
from audit403.core.edit import TextEdit
from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, UNSAFE, Finding, Fix
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Because
from audit403.core.registry import check
from audit403.explore.borders import inside
from audit403.http.address import Network
from audit403_checks.apache.addresses import network_named
from audit403_checks.apache.clients import doors_of
from audit403_checks.apache.subjects import refusal_of
from audit403_checks.support import finding_of, replace

_NAME = "apache/address-read-as-host"
_STARS = re.compile(r"(?:\.(?:\*|x|xxx))+\Z")
_AROUND = ",;'\"()[]"


class _Misread(NamedTuple):
    """A word of a list that is read as a name, and the network that it must be meant for."""

    directive: Directive
    word: str
    network: Network
    meant: str


@check(ERROR, "require", "access-compat")
def address_read_as_host(fact: Fact, site: Site) -> Iterator[Finding]:
    """No host has such a name, so whoever is meant is refused."""
    found = refusal_of(fact)
    if found is None or not isinstance(site, ApacheSite):
        return
    refusal, subject = found
    words = list(_misread(subject))
    told: set[int] = set()
    for one in words:
        request = from_client(refusal.witness, inside(one.network), doors_of(site, subject))
        decision = None if request is None else site.decide(request)
        if request is None or decision is None or id(one.directive) in told:
            continue
        if (decision.cause, decision.where) != (refusal.cause, refusal.where):
            continue
        told.add(id(one.directive))
        because = (Because(one.directive.span, f"`{one.word}` is a name here, and no host has it"), *decision.because)
        about = refusal._replace(witness=request, decision=decision, because=because, who=f"clients from {one.meant}")
        message = (
            f"`{one.word}` of `{one.directive.written} {one.directive.raw}` is no address to httpd, but a host's name"
        )
        edits = _edits(one.directive, [other for other in words if other.directive is one.directive])
        fix = Fix("write it as httpd takes addresses", UNSAFE, edits)
        yield finding_of(_NAME, ERROR, message, about, (fix,), anchor=one.word)


def _misread(subject: Subject) -> Iterator[_Misread]:
    access, root = subject.access, subject.authz.root
    for place in () if access is None else access.allows:
        if place.kind == FROM_HOST and not may_be_domain(place.value):
            yield from _word(place.directive, place.value)
    for leaf in () if root is None else leaves(root):
        if leaf.provider == "host" and not leaf.negate:
            for word in leaf.argument.partition("#")[0].split():
                if not may_be_domain(word):
                    yield from _word(leaf.directive, word)


def _word(directive: Directive, word: str) -> Iterator[_Misread]:
    meant = _STARS.sub("", word.strip(_AROUND))
    network = network_named(meant)
    if network is not None and network.prefix:
        yield _Misread(directive, word, network, meant)


def _edits(directive: Directive, words: list[_Misread]) -> tuple[TextEdit, ...]:
    if directive.name == "require":
        if any(may_be_domain(word) for word in directive.args[1:]) or len(words) != len(directive.args) - 1:
            return ()
        return (replace(directive.span, f"{directive.written} ip {' '.join(one.meant for one in words)}"),)
    text = " ".join({one.word: one.meant for one in words}.get(word, word) for word in directive.args)
    return (replace(directive.span, f"{directive.written} {text}"),)
