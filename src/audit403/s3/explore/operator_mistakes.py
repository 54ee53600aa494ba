"""Operators that are not for the type of their key, wildcards that are plain characters, and ForAllValues in an Allow.

Truth: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html and
…_condition-single-vs-multi-valued-context-keys.html.
"""

import re
from collections.abc import Iterator

from audit403.core.fact import DocumentFault
from audit403.s3.data.actions import condition_key
from audit403.s3.explore.key_mistakes import is_unknown_key
from audit403.s3.explore.mistake import Asker, Mistake, asked_actions, fault, listed, the
from audit403.s3.explore.polarity import comes_to, is_negated, keeps_nobody_out
from audit403.s3.explore.satisfy import operator_name
from audit403.s3.model.condition import FOR_ALL, Condition, conditions_in
from audit403.s3.model.holes import HOLE_START
from audit403.s3.model.operators import network, operator_of
from audit403.s3.model.policy import ALLOW, Policy, Statement

ANOTHER_TYPE, PLAIN_WILDCARD = "operator-of-another-type", "wildcard-without-like"
FOR_ALL_ALLOW = "for-all-values-allow"
_STRING, _ARN, _BOOL, _DATE, _ADDRESS, _NUMBER = "String", "ARN", "Bool", "Date", "IPAddress", "Numeric"
#: The date that is a number as well.
_EPOCH = "aws:epochtime"
_OPERATORS = {
    _ADDRESS: ("IpAddress", "NotIpAddress", re.compile(r"[0-9a-fA-F.:/]+\Z")),
    _STRING: ("StringEquals", "StringNotEquals", re.compile("")),
    _BOOL: ("Bool", "", re.compile(r"(?i:true|false)\Z")),
    _ARN: ("ArnLike", "ArnNotLike", re.compile("arn:")),
}
_EXACT = ("stringequals", "stringnotequals", "stringequalsignorecase", "stringnotequalsignorecase")
_LIKE = {"stringequals": "StringLike", "stringnotequals": "StringNotLike"}
#: Keys whose values may have an asterisk in them.
_WITH_ASTERISK = ("s3:if-none-match", "s3:if-match", "s3:delimiter", "aws:useragent")
_VARIABLE = re.compile(r"\$\{[^}]*\}")
#: Keys that limit which tags a request may set: one that sets none is meant to pass.
_OF_TAGS = ("aws:tagkeys", "s3:requestobjecttagkeys")


def operator_mistakes(asker: Asker, policy: Policy, statement: Statement) -> Iterator[DocumentFault]:
    """The mistakes in the operators of one statement."""
    for condition in statement.conditions:
        if is_unknown_key(condition.key):
            continue
        if HOLE_START in condition.key or any(HOLE_START in value for value in condition.values):
            continue
        wanted = wanted_type(condition)
        if wanted is not None:
            yield _of_another_type(asker, statement, condition, wanted)
        elif plain_wildcards(condition):
            yield from _with_plain_wildcard(asker, statement, condition)
        if statement.effect == ALLOW and _lets_absent_in(statement, condition):
            yield _for_all(policy, statement, condition)


def never_fits(condition: Condition) -> bool:
    """Whether none of a condition's values is ever found, because of its operator."""
    return wanted_type(condition) is not None or (
        bool(condition.values) and len(plain_wildcards(condition)) == len(condition.values)
    )


def wanted_type(condition: Condition) -> str | None:
    """The type of operator that a key needs, where the one that is written never finds its values; else None."""
    key = condition_key(condition.key)
    name = operator_name(condition)
    if key is None or operator_of(name) is None or "/" in key.name or not condition.values:
        return None
    kind = key.kind
    if name.endswith("ipaddress"):
        return None if kind == _ADDRESS else kind
    if name.startswith("numeric"):
        return kind if kind in (_BOOL, _ADDRESS, _ARN) or (kind == _DATE and key.name.lower() != _EPOCH) else None
    if name.startswith("date"):
        return kind if kind in (_STRING, _BOOL, _ADDRESS, _ARN) else None
    if name == "bool":
        return None if kind == _BOOL else kind
    if name.startswith("arn"):
        return kind if kind in (_BOOL, _DATE, _ADDRESS, _NUMBER) else None
    if name.startswith("string") and kind == _ADDRESS and all("/" in one and network(one) for one in condition.values):
        return kind
    return kind if name in _EXACT and kind == _DATE else None


def plain_wildcards(condition: Condition) -> list[str]:
    """The values of an exact comparison that have an asterisk in them, which is a plain character there."""
    if operator_name(condition) not in _EXACT or condition.key.lower() in _WITH_ASTERISK:
        return []
    return [value for value in condition.values if "*" in _VARIABLE.sub("", value)]


def _of_another_type(asker: Asker, statement: Statement, condition: Condition, kind: str) -> DocumentFault:
    words = {_ADDRESS: "an address", _DATE: "a date", _BOOL: "true or false", _NUMBER: "a number", _ARN: "an ARN"}
    message = (
        f"{condition.operator} never finds {listed(condition.values)} in {condition.key}, which is "
        f"{words.get(kind, 'a text')}: {the(statement)} {comes_to(statement, condition)}"
    )
    right = _operator_for(kind, condition)
    others = [one for one in statement.conditions if one is not condition]
    meant = [*others, *_written(statement, right, condition)] if right else others
    mistake = Mistake(
        statement,
        (condition.operator, condition.key),
        (right,) if right else (),
        None,
        asker.refused_by_condition(statement, condition, meant),
        keeps_nobody_out(statement, condition),
    )
    return fault(ANOTHER_TYPE, message, mistake)


def _with_plain_wildcard(asker: Asker, statement: Statement, condition: Condition) -> Iterator[DocumentFault]:
    values = plain_wildcards(condition)
    whole = len(values) == len(condition.values)
    right = _LIKE.get(operator_name(condition), "")
    message = (
        f"the asterisk in {listed(values)} is a plain character for {condition.operator}, and no {condition.key} has "
        f"one: {the(statement)} "
    )
    message += comes_to(statement, condition) if whole else "counts for the other values alone"
    others = [one for one in statement.conditions if one is not condition]
    meant = [*others, *_written(statement, right, condition._replace(values=tuple(values)))] if right else others
    prefix = condition.operator[: len(condition.operator) - len(operator_name(condition))]
    refused = asker.refused_by_condition(statement, condition, meant) if whole or not is_negated(condition) else None
    yield fault(
        PLAIN_WILDCARD,
        message,
        Mistake(
            statement,
            (condition.operator, condition.key),
            (prefix + right,) if right and not condition.operator.lower().endswith("ifexists") else (),
            None,
            refused,
            keeps_nobody_out(statement, condition),
        ),
    )


def _operator_for(kind: str, condition: Condition) -> str:
    """The operator of a type that can read what is written; empty where there is none."""
    plain, negation, reads = _OPERATORS.get(kind, ("", "", re.compile("")))
    if not all(reads.match(value) for value in condition.values):
        return ""
    return negation if is_negated(condition) else plain


def _written(statement: Statement, operator: str, condition: Condition) -> tuple[Condition, ...]:
    return conditions_in({operator: {condition.key: list(condition.values)}}, statement.policy.has_variables)


def _lets_absent_in(statement: Statement, condition: Condition) -> bool:
    """Whether a request without the key meets a test that was to limit who is allowed."""
    key = condition.key.lower()
    written = condition.operator.lower()
    if not written.startswith(FOR_ALL) or written.endswith("ifexists"):  # who writes IfExists knows of it
        return False
    if key in _OF_TAGS or is_negated(condition):
        return False
    if not key.startswith(("aws:", "s3:")) or not asked_actions(statement):
        return False
    return all(one.test({}) is True for one in statement.conditions if one.key.lower() == key)


def _for_all(policy: Policy, statement: Statement, condition: Condition) -> DocumentFault:
    whom = "anonymous visitors" if statement.named is not None and statement.named.everybody else "whoever is named"
    alone = all(one.key.lower() == condition.key.lower() for one in statement.conditions)
    limit = f"and lets {whom} in" if alone else "and is then no limit"
    message = (
        f"{condition.operator} in {the(statement)} is met by every request that has no {condition.key} at all, {limit}"
    )
    right = condition.operator[len(FOR_ALL) :]
    known = condition_key(condition.key)
    if known is not None and known.many:
        right = f"ForAnyValue:{right}"
    return fault(FOR_ALL_ALLOW, message, Mistake(statement, (condition.operator, condition.key), (right,)))
