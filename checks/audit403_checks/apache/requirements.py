"""What several of Apache's checks ask about a tree of `Require`."""

from audit403.apache.decide.authz import leaves
from audit403.apache.explore.subject import Subject
from audit403.apache.model.authz import OR, Container, Requirement
from audit403.apache.model.methods import ALL
from audit403.core.fact import Refusal
from audit403.http.address import Address, Network

GRANT = "Require all granted"


def only_denies(container: Container) -> bool:
    """Whether `Require all denied` is all that it says."""
    return all(isinstance(one, Requirement) and is_all(one, "denied") for one in container.children)


def is_all(requirement: Requirement, word: str) -> bool:
    """Whether a line is `Require all` with a word."""
    return requirement.provider == "all" and requirement.argument.lower() == word


def grants_all(container: Container) -> Requirement | None:
    """The line that lets everybody in, whatever the method."""
    if container.op != OR or container.negate:
        return None
    lines = (one for one in container.children if isinstance(one, Requirement))
    return next((one for one in lines if is_all(one, "granted") and not one.negate and one.methods == ALL), None)


def networks_of(container: Container) -> tuple[Network, ...]:
    """The networks of a list of addresses; none where something else is required, too, or instead."""
    lines = leaves(container)
    if container.op != OR or container.negate or any(isinstance(one, Container) for one in container.children):
        return ()
    found: list[Network] = []
    for one in lines:
        if one.provider != "ip" or one.negate or one.methods != ALL or not isinstance(one.parsed, tuple):
            return ()
        found += one.parsed
    return tuple(found)


def have_none_in_common(one: tuple[Network, ...], other: tuple[Network, ...]) -> bool:
    """Whether no address is in both lists."""
    return not any(_overlap(first, second) for first in one for second in other)


def _overlap(one: Network, other: Network) -> bool:
    return one.contains(Address(other.family, other.number)) or other.contains(Address(one.family, one.number))


def deciding_line(refusal: Refusal, subject: Subject) -> Requirement | None:
    """The line of `Require` at which a request was refused."""
    root = subject.authz.root
    lines = () if root is None else leaves(root)
    return next((one for one in lines if one.directive.span == refusal.where), None)
