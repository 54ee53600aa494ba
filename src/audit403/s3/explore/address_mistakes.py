"""Conditions on aws:SourceIp that no visitor meets, or that leave those of IPv6 out.

Truth: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html (aws:SourceIp is the
address that AWS sees, a public one; it is absent through a VPC endpoint, where aws:VpcSourceIp is), and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ipv6-access.html: policies need ranges of IPv6 as well.
"""

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network

from audit403.s3.model.condition import Condition
from audit403.s3.model.holes import HOLE_START
from audit403.s3.model.operators import is_private, network
from audit403.s3.model.policy import ALLOW, DENY, Statement

PRIVATE, WITHOUT_IPV6 = "private-address-condition", "ipv6-visitors-shut-out"
_KEY = "aws:sourceip"
_ALL_OF_IPV4 = ip_network("0.0.0.0/0")
_OF_SERVICES = ("aws:viaawsservice", "aws:principalisawsservice", "aws:calledvia")
_Networks = list[IPv4Network | IPv6Network]


def address_mistakes(statement: Statement) -> Iterator[tuple[str, str]]:
    """The mistakes in the addresses of one statement: the kind of each, and a sentence."""
    for condition in statement.conditions:
        networks = _networks(condition)
        if condition.key.lower() != _KEY or not networks:
            continue
        if all(map(is_private, networks)):
            yield from _private(statement, condition)
        elif _is_for_everybody(statement) and _are_all_of_ipv4(networks) and _keeps_others_out(statement, condition):
            what = "lets in" if statement.effect == ALLOW else "spares"
            message = (
                f"statement {statement.name} {what} every address of IPv4 and none of IPv6: visitors who come by "
                "IPv6, as the dual-stack endpoint has it, get 403"
            )
            yield WITHOUT_IPV6, message


def _keeps_others_out(statement: Statement, condition: Condition) -> bool:
    """Whether a statement refuses whoever is in none of the ranges: an Allow for those, a Deny for all others."""
    is_negation = condition.operator.lower().startswith("not")
    return (statement.effect == DENY) is is_negation and (statement.effect == ALLOW or len(statement.conditions) == 1)


def _private(statement: Statement, condition: Condition) -> Iterator[tuple[str, str]]:
    shown = ", ".join(condition.values)
    operator = condition.operator.lower()
    if statement.effect == ALLOW and operator == "ipaddress":
        yield PRIVATE, f"statement {statement.name} never applies: no request has a private address, as {shown} is"
    elif statement.effect == DENY and operator == "notipaddress" and _others_are_of_services(statement, condition):
        whom = "every request" if len(statement.conditions) == 1 else "every request but those of AWS's own services"
        yield PRIVATE, f"statement {statement.name} denies {whom}: none has a private address, as {shown} is"


def _others_are_of_services(statement: Statement, condition: Condition) -> bool:
    """Whether the other conditions except nobody but services of AWS."""
    return all(one is condition or one.key.lower() in _OF_SERVICES for one in statement.conditions)


def _networks(condition: Condition) -> _Networks:
    """The ranges of a condition; none where one of them is not known, or is none."""
    if any(HOLE_START in value or "${" in value for value in condition.values):
        return []
    if condition.operator.lower().removesuffix("ifexists") not in ("ipaddress", "notipaddress"):
        return []
    found = [one for value in condition.values if (one := network(value)) is not None]
    return found if len(found) == len(condition.values) else []


def _are_all_of_ipv4(networks: _Networks) -> bool:
    of_four = [one for one in networks if isinstance(one, IPv4Network)]
    return len(of_four) == len(networks) and [*collapse_addresses(of_four)] == [_ALL_OF_IPV4]


def _is_for_everybody(statement: Statement) -> bool:
    return statement.named is not None and statement.named.everybody and not statement.is_not_principal
