"""The condition operators, one value against another.

Truth: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import binascii
import re
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from operator import eq, ge, gt, le, lt

from audit403.core.decision import REASON_UNDOCUMENTED, Missing
from audit403.core.named_tuple import NamedTuple
from audit403.s3.model.pattern import Parts, arn_matcher, matcher
from audit403.s3.model.truth import Truth

Matches = Callable[[str], Truth]
"""Whether a value of the request fits one of the policy."""

_NUMBER = re.compile(r"[+-]?(?:\d{1,300}(?:\.\d{0,300})?|\.\d{1,300})(?:[eE][+-]?\d{1,3})?\Z", re.ASCII)
_DATE = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?\s*(Z|[+-]\d\d:?\d\d)?)?\Z", re.ASCII
)
_EPOCH = re.compile(r"-?\d{1,12}(?:\.\d{1,9})?\Z", re.ASCII)

_PRIVATE = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")))


class Operator(NamedTuple):
    """An operator without its qualifiers: how one value of the policy becomes a test, and whether it is a negation.

    `variables` says that policy variables count in its values, `wildcards` that `*` and `?` do.
    """

    name: str
    make: Callable[[Parts], Matches]
    negated: bool = False
    variables: bool = False
    wildcards: bool = False


class CannotCompare(ValueError):
    """A value is not of the operator's type: then the condition is not met, be it a negation or not."""


def operator_of(name: str) -> Operator | None:
    """The operator of this name, in any case; None where there is none."""
    return _OPERATORS.get(name.lower())


def number(text: str) -> float | None:
    """A number, or None."""
    return float(text) if _NUMBER.match(text) else None


def moment(text: str) -> float | None:
    """Seconds since 1970 of a date in ISO 8601 or of such a number, or None."""
    if _EPOCH.match(text):
        return float(text)
    found = _DATE.match(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    try:
        at = datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()
    except ValueError:
        return None
    zone = found[8] or "Z"
    offset = 0 if zone == "Z" else (int(zone[1:3]) * 60 + int(zone[-2:])) * (60 if zone[0] == "+" else -60)
    return at - offset + float(f"0.{found[7] or 0}")


def network(text: str) -> IPv4Network | IPv6Network | None:
    """An address or a range of addresses, or None."""
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def is_private(one: IPv4Network | IPv6Network) -> bool:
    """Whether a range lies in those that no request on the internet comes from."""
    return any(one.version == other.version and one.subnet_of(other) for other in _PRIVATE)  # type: ignore[arg-type]


def _text(parts: Parts) -> str:
    return "".join(str(part) for part in parts)


def _equals(parts: Parts) -> Matches:
    wanted = _text(parts)
    return lambda value: value == wanted


def _equals_ignoring_case(parts: Parts) -> Matches:
    wanted = _text(parts).lower()
    return lambda value: value.lower() == wanted


def _like(parts: Parts) -> Matches:
    test = matcher(parts)
    return lambda value: test(value) is not None


def _arn_like(parts: Parts) -> Matches:
    text = "".join(part if isinstance(part, str) else "*" for part in parts)
    if text.count(":") < 5 and text != "*":
        missing = Missing(REASON_UNDOCUMENTED, f'what AWS makes of "{text}", which is no ARN')
        return lambda value: missing
    test = arn_matcher(parts, True)
    return lambda value: value.count(":") >= 5 and test(value) is not None


def _compared(parse: Callable[[str], float | None], compare: Callable[[float, float], bool]) -> Callable[..., Matches]:
    def make(parts: Parts) -> Matches:
        wanted = parse(_text(parts))

        def test(value: str) -> Truth:
            got = parse(value)
            if got is None or wanted is None:
                raise CannotCompare
            return compare(got, wanted)

        return test

    return make


def _bool(parts: Parts) -> Matches:
    wanted = _text(parts).lower()
    return lambda value: wanted in ("true", "false") and value.lower() == wanted


@lru_cache(maxsize=4096)
def _address(text: str) -> int | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return int(found) << 1 | (found.version == 6)


@lru_cache(maxsize=4096)
def _in_network(parts: Parts) -> Matches:
    wanted = network(_text(parts))
    if wanted is None:
        return _not_comparable
    first, last, of_six = int(wanted[0]), int(wanted[-1]), wanted.version == 6

    def test(value: str) -> Truth:
        got = _address(value)
        if got is None:
            raise CannotCompare
        return bool(got & 1) is of_six and first <= got >> 1 <= last

    return test


def _not_comparable(_: str) -> Truth:
    raise CannotCompare


def _same_bytes(parts: Parts) -> Matches:
    wanted = _bytes(_text(parts))
    return lambda value: wanted is not None and _bytes(value) == wanted


def _bytes(text: str) -> bytes | None:
    try:
        return b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return None


_ORDER = (("Equals", eq), ("LessThan", lt), ("LessThanEquals", le), ("GreaterThan", gt), ("GreaterThanEquals", ge))


def _every_operator() -> list[Operator]:
    found = [
        Operator("StringEquals", _equals, variables=True),
        Operator("StringNotEquals", _equals, True, variables=True),
        Operator("StringEqualsIgnoreCase", _equals_ignoring_case, variables=True),
        Operator("StringNotEqualsIgnoreCase", _equals_ignoring_case, True, variables=True),
        Operator("StringLike", _like, variables=True, wildcards=True),
        Operator("StringNotLike", _like, True, variables=True, wildcards=True),
        Operator("Bool", _bool),
        Operator("BinaryEquals", _same_bytes),
        Operator("IpAddress", _in_network),
        Operator("NotIpAddress", _in_network, True),
    ]
    for name in ("ArnEquals", "ArnLike"):
        found.append(Operator(name, _arn_like, variables=True, wildcards=True))
        found.append(Operator(f"ArnNot{name[3:]}", _arn_like, True, variables=True, wildcards=True))
    for family, parse in (("Numeric", number), ("Date", moment)):
        found += [Operator(family + name, _compared(parse, compare)) for name, compare in _ORDER]
        found.append(Operator(f"{family}NotEquals", _compared(parse, eq), True))
    return found


_OPERATORS = {operator.name.lower(): operator for operator in _every_operator()}
