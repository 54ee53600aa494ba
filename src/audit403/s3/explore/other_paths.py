"""Users and roles that a policy names without the path that they have in the same documents.

Truth: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html: the path is a part of the ARN, and
the name is unique in an account whatever the path is.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from audit403.core.fact import DocumentFault
from audit403.s3.explore.mistake import BUCKET_POLICY, Asker, Mistake, fault, the
from audit403.s3.explore.polarity import keeps_nobody_out
from audit403.s3.explore.satisfy import operator_name
from audit403.s3.model.policy import ALLOW, Policy, Statement

OTHER_PATH = "principal-of-another-path"
_PRINCIPAL = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}|⟨account⟩):(user|role)(/(?:[^*?]+/)?)([^/*?]+)")
_OF_VALUES = ("arnequals", "arnlike", "arnnotequals", "arnnotlike", "stringequals", "stringlike", "stringnotequals")
_KEY = "aws:principalarn"


def other_paths(asker: Asker, policy: Policy, statement: Statement) -> Iterator[DocumentFault]:
    """The principals of one statement, in its Principal and in conditions, that are there under another path."""
    if policy.kind == BUCKET_POLICY and statement.named is not None:
        is_harmless = (statement.effect == ALLOW) is statement.is_not_principal
        for kind, text in statement.named.written:
            right = _under_its_path(asker, text) if kind == "AWS" else None
            if right is not None:
                yield _fault(asker, statement, text, right, is_harmless)
    for condition in statement.conditions:
        if condition.key.lower() != _KEY or operator_name(condition) not in _OF_VALUES:
            continue
        for value in condition.values:
            right = _under_its_path(asker, value)
            if right is not None and right not in condition.values:
                yield _fault(asker, statement, value, right, keeps_nobody_out(statement, condition))


def _under_its_path(asker: Asker, text: str) -> str | None:
    """The ARN of the only one of that name in the documents; None where it is the same, or there is none."""
    found = _PRINCIPAL.fullmatch(text)
    if found is None:
        return None
    account, kind, path, name = found.groups()
    every = _by_name(asker.site.world.principal_names())
    alike = [one for one in every.get((kind, name), ()) if _may_be_one(one[0], account)]
    if len(alike) != 1 or alike[0][1] == path:
        return None
    return f"{text[: found.start(3)]}{alike[0][1]}{name}"


@lru_cache(maxsize=1)
def _by_name(names: tuple[str, ...]) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """The account and the path of each, by kind and name."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for one in map(_PRINCIPAL.fullmatch, names):
        if one is not None:
            found.setdefault((one[2], one[4]), []).append((one[1], one[3]))
    return found


def _may_be_one(one: str, other: str) -> bool:
    return one == other or not (one.isdigit() and other.isdigit())


def _fault(asker: Asker, statement: Statement, text: str, right: str, is_harmless: bool) -> DocumentFault:
    message = f"{the(statement)} names {text}, and the one of that name is {right}: the path is a part of the ARN"
    mistake = Mistake(statement, (text,), (right,), harmless=is_harmless)
    return fault(OTHER_PATH, message + asker.consequence(statement.policy), mistake)
