"""Values that a condition key never has: of another key, an alias for an ARN, a word that S3 does not know.

Truth: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html and, for the keys of S3,
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html, with the headers they stand for.
What may be a place for a value (`ACCOUNT_ID`, `vpc-xxxx`) is none of these.
"""

import re
from collections.abc import Iterator

from audit403.core.fact import DocumentFault
from audit403.core.named_tuple import NamedTuple
from audit403.s3.explore.mistake import Asker, Mistake, fault, listed, the
from audit403.s3.explore.polarity import comes_to, keeps_nobody_out
from audit403.s3.explore.satisfy import operator_name
from audit403.s3.model.condition import Condition, conditions_in
from audit403.s3.model.holes import HOLE_START
from audit403.s3.model.policy import Statement

KIND = "value-of-another-kind"


class _Values(NamedTuple):
    """What a key has, in words; what it never has, and the key that has that."""

    words: str
    never: "re.Pattern[str]"
    instead: tuple[tuple[str, str], ...] = ()


_ADDRESS = r"\d{1,3}(?:\.\d{1,3}){3}(?:/\d+)?"


def _never(*patterns: str) -> "re.Pattern[str]":
    return re.compile("|".join((*patterns, _ADDRESS)))


_ACCOUNT = _Values("the number of an account, twelve digits", _never("arn:.*", r"\d{1,11}", r"\d{13,}", "o-[a-z0-9]+"))
_ORGANIZATION = _Values("the id of an organization, o-…", _never("arn:.*", r"\d+", "ou-[a-z0-9-]+", "r-[a-z0-9]+"))
_ARN = _Values("an ARN", _never(r"\d+", "vpce?-[0-9a-f]+", "o-[a-z0-9]+"))
_VPC = _Values("the id of a VPC, vpc-…", _never("vpce-[0-9a-f]+", "arn:.*", r"\d+"), (("vpce-", "aws:SourceVpce"),))
_ENDPOINT = _Values(
    "the id of an endpoint, vpce-…", _never("vpc-[0-9a-f]+", "arn:.*", r"\d+"), (("vpc-", "aws:SourceVpc"),)
)


def _word_of(*known: str) -> _Values:
    """One of some words: anything else that looks like a word is none, a place for one (`MODE`, `<mode>`) may be."""
    words = "|".join(map(re.escape, known))
    return _Values(f"one of {', '.join(known)}", re.compile(rf"(?!(?:{words})\Z)(?=.*[a-z0-9])[A-Za-z0-9:-]+"))


_OF_KEY = {
    "aws:sourcevpc": _VPC,
    "aws:sourcevpce": _ENDPOINT,
    **dict.fromkeys(
        ("aws:sourceaccount", "aws:principalaccount", "aws:resourceaccount", "s3:resourceaccount"), _ACCOUNT
    ),
    "s3:dataaccesspointaccount": _ACCOUNT,
    **dict.fromkeys(("aws:principalorgid", "aws:resourceorgid", "aws:sourceorgid"), _ORGANIZATION),
    **dict.fromkeys(("aws:sourcearn", "aws:principalarn", "s3:dataaccesspointarn"), _ARN),
    "s3:x-amz-server-side-encryption-aws-kms-key-id": _Values(
        "the whole ARN of a key", re.compile(r"alias/.*|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32}")
    ),
    "s3:x-amz-server-side-encryption": _word_of("AES256", "aws:kms", "aws:kms:dsse"),
    "s3:x-amz-acl": _word_of(
        "private", "public-read", "public-read-write", "authenticated-read", "aws-exec-read", "bucket-owner-read",
        "bucket-owner-full-control", "log-delivery-write",
    ),
    "s3:x-amz-metadata-directive": _word_of("COPY", "REPLACE"),
    "s3:object-lock-mode": _word_of("GOVERNANCE", "COMPLIANCE"),
    "s3:object-lock-legal-hold": _word_of("ON", "OFF"),
    "s3:authtype": _word_of("REST-HEADER", "REST-QUERY-STRING", "POST"),
    "s3:accesspointnetworkorigin": _word_of("Internet", "VPC"),
}  # fmt: skip
_EXACT = ("stringequals", "stringnotequals", "stringlike", "stringnotlike")


def value_mistakes(asker: Asker, statement: Statement) -> Iterator[DocumentFault]:
    """The values of one statement's conditions that their keys never have."""
    for condition in statement.conditions:
        wrong = never_had(condition)
        if wrong:
            yield _of_another_kind(asker, statement, condition, wrong)


def never_had(condition: Condition) -> list[str]:
    """The values of a condition that its key never has."""
    known = _OF_KEY.get(condition.key.lower())
    if known is None or operator_name(condition) not in _EXACT:
        return []
    return [one for one in condition.values if not _is_open(one) and known.never.fullmatch(one)]


def has_only_others(condition: Condition) -> bool:
    """Whether a condition has no other values than such."""
    return bool(condition.values) and len(never_had(condition)) == len(condition.values)


def _is_open(value: str) -> bool:
    return HOLE_START in value or "*" in value or "?" in value or "${" in value


def _of_another_kind(asker: Asker, statement: Statement, condition: Condition, wrong: list[str]) -> DocumentFault:
    known = _OF_KEY[condition.key.lower()]
    key = next((key for start, key in known.instead if all(one.startswith(start) for one in wrong)), "")
    whole = len(wrong) == len(condition.values)
    message = f"{condition.key} in {the(statement)} is {known.words}, and never {listed(wrong)}"
    if whole:
        message += f": it {comes_to(statement, condition)}"
    meant = [one for one in statement.conditions if one is not condition]
    if key:
        block = {condition.operator: {key: list(condition.values)}}
        meant += conditions_in(block, statement.policy.has_variables)
    refused = asker.refused_by_condition(statement, condition, meant) if whole else None
    mistake = Mistake(
        statement,
        (condition.key,) if key else tuple(wrong),
        (key,) if key and whole else (),
        None,
        refused,
        keeps_nobody_out(statement, condition),
    )
    return fault(KIND, message, mistake)
