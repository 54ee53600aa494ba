"""Conditions that are each sound and yet come to nothing: several values compared as one, two that no request meets at
once, an age in seconds where it is counted in milliseconds.

Truth: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html,
…_condition-keys.html (aws:SourceIp is not there where a request comes through a VPC endpoint), and
https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html (s3:signatureAge, milliseconds).
"""

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network
from itertools import pairwise

from audit403.core.fact import DocumentFault
from audit403.s3.data.actions import condition_key
from audit403.s3.explore.mistake import Mistake, fault, listed, the
from audit403.s3.explore.polarity import is_negated
from audit403.s3.explore.satisfy import operator_name
from audit403.s3.model.condition import FOR_ALL, FOR_ANY, Condition
from audit403.s3.model.holes import HOLE_START
from audit403.s3.model.operators import moment, network, number
from audit403.s3.model.policy import ALLOW, DENY, Statement

NO_SET_OPERATOR, EXCLUDED = "set-operator-missing", "conditions-exclude-each-other"
IN_SECONDS = "signature-age-in-seconds"
_AGE, _ADDRESS = "s3:signatureage", "aws:sourceip"
_OF_TAGS = ("aws:tagkeys", "s3:requestobjecttagkeys")
#: What is there only of a request that comes through a VPC endpoint.
_OF_ENDPOINT = frozenset(
    (
        "aws:sourcevpce", "aws:sourcevpc", "aws:sourcevpcarn", "aws:vpcsourceip", "aws:vpceaccount", "aws:vpceorgid",
        "aws:vpceorgpaths",
    )
)  # fmt: skip
_IS_SERVICE = "aws:principalisawsservice"
#: What services of AWS never bring.
_OF_PEOPLE = (
    "aws:principalorg", "aws:principaltag/", "aws:principalarn", "aws:principalaccount", "aws:username",
    "aws:multifactorauth",
)  # fmt: skip
_EQUAL = ("stringequals", "bool", "numericequals", "dateequals")
_ADDRESSES = ("ipaddress", "notipaddress")
_UP_TO = ("numericlessthan", "numericlessthanequals")
_FROM = ("numericgreaterthan", "numericgreaterthanequals")
_SHORTEST = 10_000
"""Milliseconds: nobody can hand out a URL that is good for less."""
_HOUR = 3600
#: How many values are held against one another.
_MOST_VALUES = 300
#: Hours that people write out in seconds.
_USUAL = frozenset(hours * _HOUR for hours in (3, 4, 5, 6, 8, 10, 12, 18, 20, 24, 36, 48, 72, 96, 120, 144, 168))


def condition_mistakes(statement: Statement) -> Iterator[DocumentFault]:
    """The mistakes in how the conditions of one statement go with their keys and with one another."""
    conditions = [one for one in statement.conditions if not _is_open(one)]
    for condition in conditions:
        if _lacks_set_operator(condition):
            yield _without_set_operator(statement, condition)
        if _is_in_seconds(statement, condition):
            yield _in_seconds(statement, condition)
    if statement.effect == ALLOW:
        why = _exclusion(conditions)
        if why:
            message = f"{the(statement)} allows nothing: {why}"
            yield fault(EXCLUDED, message, Mistake(statement, tuple(one.key for one in conditions)))


def _is_open(condition: Condition) -> bool:
    texts = (condition.operator, condition.key, *condition.values)
    return any(HOLE_START in text or "${" in text for text in texts)


def _lacks_set_operator(condition: Condition) -> bool:
    known = condition_key(condition.key)
    written = condition.operator.lower()
    return known is not None and known.many and written != "null" and not written.startswith((FOR_ALL, FOR_ANY))


def _without_set_operator(statement: Statement, condition: Condition) -> DocumentFault:
    message = (
        f"{condition.key} may have several values, and {condition.operator} in {the(statement)} is never met by a "
        "request that brings more than one"
    )
    right: tuple[str, ...] = ()
    if condition.key.lower() not in _OF_TAGS:
        right = (f"{'ForAllValues' if is_negated(condition) else 'ForAnyValue'}:{condition.operator}",)
    return fault(
        NO_SET_OPERATOR,
        message,
        Mistake(statement, (condition.operator, condition.key), right, harmless=statement.effect == DENY),
    )


def _is_in_seconds(statement: Statement, condition: Condition) -> bool:
    if condition.key.lower() != _AGE or len(condition.values) != 1:
        return False
    limits = _UP_TO if statement.effect == ALLOW else _FROM
    limit = number(condition.values[0])
    if limit is None or operator_name(condition) not in limits:
        return False
    return 0 < limit < _SHORTEST or limit in _USUAL


def _in_seconds(statement: Statement, condition: Condition) -> DocumentFault:
    (value,) = condition.values
    seconds = (number(value) or 0) / 1000
    message = (
        f"{condition.key} counts milliseconds: {the(statement)} refuses every URL that was signed more than "
        f"{seconds:g} seconds ago"
    )
    return fault(IN_SECONDS, message, Mistake(statement, (value,), (f"{seconds * 1_000_000:.0f}",)))


def _exclusion(conditions: list[Condition]) -> str:
    """Why no request meets some conditions at once; empty where one may."""
    wanted = [one for one in conditions if _wants_key(one)]
    address = next((one for one in wanted if one.key.lower() == _ADDRESS), None)
    endpoint = next((one for one in wanted if one.key.lower() in _OF_ENDPOINT), None)
    if address is not None and endpoint is not None:
        return (
            f"what comes through a VPC endpoint has {endpoint.key} and no {address.key}, and what comes from elsewhere "
            f"has {address.key} and no {endpoint.key}"
        )
    service = next((one for one in wanted if one.key.lower() == _IS_SERVICE and "true" in one.values), None)
    person = next((one for one in wanted if one.key.lower().startswith(_OF_PEOPLE)), None)
    if service is not None and person is not None:
        return f"{person.key} is there only of people and roles, which {service.key} leaves out"
    by_key: dict[str, list[Condition]] = {}
    for one in conditions:
        by_key.setdefault(one.key.lower(), []).append(one)
    for each in by_key.values():
        if len(each) > 1 and _are_exclusive(each):
            shown = listed(f"{one.operator} {' or '.join(one.values)}" for one in each)
            return f"no {each[0].key} meets {shown} at once"
    return ""


def _wants_key(condition: Condition) -> bool:
    """Whether a condition is met by no request without its key."""
    return condition.test({}) is False


def _are_exclusive(conditions: list[Condition]) -> bool:
    """Whether no value of their one key meets all of some conditions, and its absence neither."""
    key = conditions[0].key.lower()
    if sum(len(one.values) for one in conditions) > _MOST_VALUES:
        return False
    known = condition_key(key)
    if known is None or known.many or any(one.operator.lower().startswith((FOR_ALL, FOR_ANY)) for one in conditions):
        return False
    if all(one.test({}) is not False for one in conditions):
        return False
    names = [operator_name(one) for one in conditions]
    if all(name in _ADDRESSES for name in names):
        return _have_no_address(conditions)
    values = _candidates(conditions)
    return bool(values) and all(any(one.test({key: (value,)}) is False for one in conditions) for value in values)


def _candidates(conditions: list[Condition]) -> list[str]:
    """Values of which one meets all conditions, if any does; none where that cannot be told."""
    for one in conditions:
        if operator_name(one) in _EQUAL:
            return [*one.values]
    names = [operator_name(one) for one in conditions]
    for family, parse in (("numeric", number), ("date", moment)):
        if all(name.startswith(family) for name in names):
            limits = sorted({at for one in conditions for value in one.values if (at := parse(value)) is not None})
            between = [(low + high) / 2 for low, high in pairwise(limits)]
            ends = [limits[0] - 1, limits[-1] + 1] if limits else []
            return [f"{at:.6f}" for at in (*limits, *between, *ends)]
    return []


def _have_no_address(conditions: list[Condition]) -> bool:
    """Whether each range that some conditions let in is one that another keeps out."""
    ranges = {one: _networks(one) for one in conditions}
    if not all(ranges.values()):
        return False
    let_in = [ranges[one] for one in conditions if not is_negated(one)]
    kept_out = [each for one in conditions if is_negated(one) for each in ranges[one]]
    if not let_in:
        return False
    common = let_in[0]
    for other in let_in[1:]:
        common = [met for one in common for each in other if (met := _common(one, each)) is not None]
    return all(any(_lies_in(one, other) for other in kept_out) for one in common)


def _networks(condition: Condition) -> "list[IPv4Network | IPv6Network]":
    found = [network(value) for value in condition.values]
    return [one for one in found if one is not None] if None not in found else []


def _common(one: IPv4Network | IPv6Network, other: IPv4Network | IPv6Network) -> IPv4Network | IPv6Network | None:
    return one if _lies_in(one, other) else other if _lies_in(other, one) else None


def _lies_in(one: IPv4Network | IPv6Network, other: IPv4Network | IPv6Network) -> bool:
    return one.version == other.version and one.subnet_of(other)  # type: ignore[arg-type]
