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
    """What a key has, in words; what it never has, and the key that has that.

    `never_like` is what it never has either, where wildcards follow: it is held against the start of a value. Both are
    patterns, compiled when they are needed: few conditions have such a key. `among` are the only words that it has,
    where it has a few.
    """

    words: str
    never: str
    instead: tuple[tuple[str, str], ...] = ()
    never_like: str = "(?!)"
    among: tuple[str, ...] = ()


_ADDRESS = r"\d{1,3}(?:\.\d{1,3}){3}(?:/\d+)?"


def _never(*patterns: str) -> str:
    return "|".join((*patterns, _ADDRESS))


_ACCOUNT = _Values("the number of an account, twelve digits", _never("arn:.*", r"\d{1,11}", r"\d{13,}", "o-[a-z0-9]+"))
_ORGANIZATION = _Values(
    "the id of an organization, o-…",
    _never("arn:.*", r"\d+", "ou-[a-z0-9-]+", "r-[a-z0-9]+", r"(?=.*\d)[a-z0-9]{10,32}"),
)
_NO_ARN = _never(
    r"\d+", "vpce?-[0-9a-f]+", "o-[a-z0-9]+", "E[A-Z0-9]{12,13}", "(?:https?|s3)://.*", r"[a-z0-9]+\.cloudfront\.net"
)
_ARN = _Values("an ARN", _NO_ARN)
#: A session has the ARN of its role there, a bucket that asks for something its own.
_OF_CALLER = _Values("the ARN of a user or a role", _NO_ARN, never_like=r"arn:aws[a-z-]*:sts::[^:]*:assumed-role/")
_OF_SOURCE = _Values(
    "the ARN of what asks, for a bucket without a key", _NO_ARN, never_like=r"arn:aws[a-z-]*:s3:::[^/*?]+/"
)
_REGION = _Values("the name of a Region", _never("arn:.*", r"(?!.*region)[a-z]{2}(?:-[a-z]+)+(?:-\d[a-z])?"))
_UNIQUE_ID = _Values(
    "the unique id of a user, or that of a role with :SESSION behind it",
    _never("arn:.*", "AROA[A-Z0-9]{12,}"),
)
_VPC = _Values("the id of a VPC, vpc-…", _never("vpce-[0-9a-f]+", "arn:.*", r"\d+"), (("vpce-", "aws:SourceVpce"),))
_ENDPOINT = _Values(
    "the id of an endpoint, vpce-…", _never("vpc-[0-9a-f]+", "arn:.*", r"\d+"), (("vpc-", "aws:SourceVpc"),)
)


_SWAPPED = str.maketrans("-_", "_-")


def _word_of(*known: str) -> _Values:
    """One of some words: anything else that looks like a word is none, a place for one (`MODE`, `<mode>`) may be."""
    words = "|".join(map(re.escape, known))
    near = {one.translate(_SWAPPED) for one in known} - {*known}
    others = "|".join(sorted(near)) or "(?!)"
    never = rf"{others}|(?!(?:{words})\Z)(?=.*[a-z0-9])[A-Za-z0-9:-]+"
    return _Values(f"one of {', '.join(known)}", never, among=known)


_OF_KEY = {
    "aws:sourcevpc": _VPC,
    "aws:sourcevpce": _ENDPOINT,
    **dict.fromkeys(
        ("aws:sourceaccount", "aws:principalaccount", "aws:resourceaccount", "s3:resourceaccount"), _ACCOUNT
    ),
    "s3:dataaccesspointaccount": _ACCOUNT,
    **dict.fromkeys(("aws:principalorgid", "aws:resourceorgid", "aws:sourceorgid"), _ORGANIZATION),
    "aws:sourcearn": _OF_SOURCE,
    "aws:principalarn": _OF_CALLER,
    "s3:dataaccesspointarn": _ARN,
    "aws:requestedregion": _REGION,
    "aws:userid": _UNIQUE_ID,
    "aws:username": _Values("the name of a user", _never("arn:.*")),
    "s3:x-amz-server-side-encryption-aws-kms-key-id": _Values(
        "the whole ARN of a key", r"alias/.*|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32}"
    ),
    "s3:x-amz-server-side-encryption": _word_of("AES256", "aws:kms", "aws:kms:dsse"),
    "s3:x-amz-acl": _word_of(
        "private", "public-read", "public-read-write", "authenticated-read", "aws-exec-read", "bucket-owner-read",
        "bucket-owner-full-control", "log-delivery-write",
    ),
    "s3:x-amz-metadata-directive": _word_of("COPY", "REPLACE"),
    "s3:object-lock-mode": _word_of("GOVERNANCE", "COMPLIANCE"),
    "s3:object-lock-legal-hold": _word_of("ON", "OFF"),
    "s3:x-amz-storage-class": _word_of(
        "STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER", "GLACIER_IR",
        "DEEP_ARCHIVE", "OUTPOSTS", "SNOW", "EXPRESS_ONEZONE", "FSX_OPENZFS",
    ),
    "s3:signatureversion": _word_of("AWS", "AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"),
    "aws:principaltype": _word_of("Account", "User", "FederatedUser", "AssumedRole", "Anonymous"),
    "s3:authtype": _word_of("REST-HEADER", "REST-QUERY-STRING", "POST"),
    "s3:accesspointnetworkorigin": _word_of("Internet", "VPC"),
}  # fmt: skip
_SESSION = re.compile(r"(arn:aws[a-z-]*:)sts(::[^:]*:)assumed-role/([^/*?]+)(?:/.*)?")
_EXACT = ("stringequals", "stringnotequals", "stringlike", "stringnotlike")
_OF_ARNS = ("arnequals", "arnnotequals", "arnlike", "arnnotlike")


def value_mistakes(asker: Asker, statement: Statement) -> Iterator[DocumentFault]:
    """The values of one statement's conditions that their keys never have."""
    for condition in statement.conditions:
        wrong = never_had(condition)
        if wrong:
            yield _of_another_kind(asker, statement, condition, wrong)


def never_had(condition: Condition) -> list[str]:
    """The values of a condition that its key never has."""
    known = _OF_KEY.get(condition.key.lower())
    operators = (*_EXACT, *_OF_ARNS) if known in (_OF_SOURCE, _OF_CALLER, _ARN) else _EXACT
    if known is None or operator_name(condition) not in operators:
        return []
    return [one for one in condition.values if _is_never(known, one)]


def _is_never(known: _Values, value: str) -> bool:
    if HOLE_START not in value and re.match(known.never_like, value):
        return True
    return not _is_open(value) and re.fullmatch(known.never, value) is not None


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
    right = "" if key or len(wrong) > 1 else _meant_by(condition, wrong[0])
    meant = [one for one in statement.conditions if one is not condition]
    if key or right:
        values = [right if right and one == wrong[0] else one for one in condition.values]
        meant += conditions_in({condition.operator: {key or condition.key: values}}, statement.policy.has_variables)
    refused = asker.refused_by_condition(statement, condition, meant) if whole else None
    mistake = Mistake(
        statement,
        (condition.key,) if key else tuple(wrong),
        (key,) if key and whole else (right,) if right else (),
        None,
        refused,
        keeps_nobody_out(statement, condition),
    )
    return fault(KIND, message, mistake)


def _meant_by(condition: Condition, value: str) -> str:
    """The value that was meant; empty where nobody knows."""
    among = _OF_KEY[condition.key.lower()].among
    if among:
        from difflib import get_close_matches

        words = {one.lower().replace("_", "-"): one for one in among}
        near = get_close_matches(value.lower().replace("_", "-"), words, 1, 0.8)
        return words[near[0]] if near else ""
    session = _SESSION.fullmatch(value)
    if session is not None and condition.key.lower() == "aws:principalarn":
        return f"{session[1]}iam{session[2]}role/{session[3]}"
    if condition.key.lower() == "aws:userid" and value.startswith("AROA") and "like" in operator_name(condition):
        return f"{value}:*"
    return ""
