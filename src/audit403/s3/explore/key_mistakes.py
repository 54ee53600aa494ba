"""Condition keys that there are not, and those that no request of the statement's actions brings.

Truth: AWS's Service Authorization Reference, by way of `s3/data`. S3 does not take a bucket policy with either: "Policy
has an invalid condition key", "Conditions do not apply to combination of actions and resources in statement".
"""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault
from audit403.s3.data.actions import action, actions_matching, condition_key, nearest_key
from audit403.s3.explore.mistake import BUCKET_POLICY, Asker, Mistake, Refused, asked_actions, fault, listed, the
from audit403.s3.explore.polarity import DEAD, DENIES_ALL, polarity_of
from audit403.s3.model.condition import Condition, conditions_in
from audit403.s3.model.holes import HOLE_START
from audit403.s3.model.policy import ALLOW, Policy, Statement

UNKNOWN, OF_ANOTHER_ACTION = "unknown-condition-key", "condition-key-of-another-action"
_SERVICES = ("aws", "s3")
_OF_S3 = "s3:"
_OF_LISTS = ("s3:prefix", "s3:delimiter", "s3:max-keys")
_OF_FEW = (
    *_OF_LISTS, "s3:x-amz-acl", "s3:x-amz-grant-", "s3:x-amz-server-side-encryption", "s3:x-amz-storage-class",
    "s3:x-amz-copy-source", "s3:x-amz-metadata-directive", "s3:object-lock-", "s3:if-match", "s3:if-none-match",
    "s3:existingobjecttag/", "s3:requestobjecttag", "s3:locationconstraint",
)  # fmt: skip
#: What services of AWS do themselves, of which the reference tells less.
_BY_SERVICES = ("s3:Replicate", "s3:ObjectOwnerOverride", "s3:InitiateReplication", "s3:BypassGovernance")
#: It has the parameters of a list; whether it brings the keys is not documented.
_LISTS_PARTS = ("s3:ListBucketMultipartUploads",)


def key_mistakes(asker: Asker, policy: Policy, statement: Statement) -> Iterator[DocumentFault]:
    """The mistakes in the condition keys of one statement."""
    for condition in statement.conditions:
        if HOLE_START in condition.key or HOLE_START in condition.operator:
            continue
        if is_unknown_key(condition.key):
            yield _unknown(asker, policy, statement, condition)
        elif condition.key.lower().startswith(_OF_S3):
            yield from _of_another_action(asker, policy, statement, condition)


def is_of_another_action(condition: Condition, name: str) -> bool:
    """Whether no request for an action brings the key of a condition."""
    known = condition_key(condition.key)
    return known is not None and _is_of_few(known.name) and not _brings(name, known.name)


def is_unknown_key(key: str) -> bool:
    """Whether S3 and IAM know no key of that name."""
    service, colon, name = key.lower().partition(":")
    if not colon:
        return True
    return service in _SERVICES and "${" not in name and condition_key(key) is None


def _unknown(asker: Asker, policy: Policy, statement: Statement, condition: Condition) -> DocumentFault:
    key = condition.key
    instead = nearest_key(key if ":" in key else f"aws:{key}")[:1]
    message = f"there is no condition key {key}, which {the(statement)} tests{_effect(statement, condition)}"
    if instead:
        message += f": {instead[0]}{'KEY' if instead[0].endswith('/') else ''} may be meant"
    refused: Refused | None = None
    if statement.effect == ALLOW and polarity_of(statement, condition) == DEAD:
        refused = asker.meant_by(statement, asked_actions(statement), _with_key(statement, condition, instead))
    elif polarity_of(statement, condition) == DENIES_ALL:
        refused = asker.denied_by(statement, _with_key(statement, condition, instead))
    is_harmless = policy.kind != BUCKET_POLICY and polarity_of(statement, condition) is None
    known = () if instead and instead[0].endswith("/") else instead  # the name of a tag is missing
    mistake = Mistake(statement, (key,), known, None, refused, is_harmless)
    return fault(UNKNOWN, message + asker.consequence(policy), mistake)


def _effect(statement: Statement, condition: Condition) -> str:
    return {DEAD: ", and so it allows nothing", DENIES_ALL: ", and so it denies every request"}.get(
        polarity_of(statement, condition) or "", ""
    )


def _with_key(statement: Statement, wrong: Condition, instead: tuple[str, ...]) -> list[Condition]:
    """The conditions as they were meant; without the wrong one where nobody knows what was meant."""
    others = [one for one in statement.conditions if one is not wrong]
    if not instead or instead[0].endswith("/"):
        return others
    right = conditions_in({wrong.operator: {instead[0]: list(wrong.values)}}, statement.policy.has_variables)
    return [*others, *right]


def _of_another_action(
    asker: Asker, policy: Policy, statement: Statement, condition: Condition
) -> Iterator[DocumentFault]:
    known = condition_key(condition.key)
    polarity = polarity_of(statement, condition)
    if known is None or not _is_of_few(known.name) or polarity is None or statement.is_not_action:
        return
    written = {text: _actions_of(text) for text in statement.actions or ()}
    without = [text for text, names in written.items() if names and not _bring(names, known.name)]
    if not without:
        return
    what = "no such request is allowed" if polarity == DEAD else "every such request is denied"
    verb = "brings" if len(without) == 1 else "bring"
    message = f"{listed(without)} never {verb} {known.name}, which {the(statement)} tests: {what}"
    missing = [text for text in without if not _is_allowed_elsewhere(policy, statement, text)]
    missing = missing if polarity == DEAD else without
    if polarity == DEAD:
        others = [one for one in statement.conditions if one.key.lower() != condition.key.lower()]
        refused = asker.meant_by(statement, missing, others)
    else:
        refused = asker.refused_by(statement, missing)
    is_harmless = policy.kind != BUCKET_POLICY and polarity == DEAD and not missing
    mistake = Mistake(statement, tuple(without), (known.name,), None, refused, is_harmless)
    yield fault(OF_ANOTHER_ACTION, message + asker.consequence(policy), mistake)


def _actions_of(text: str) -> tuple[str, ...]:
    """The actions of S3 that a text means; none for what is not known or not of S3 alone."""
    found = actions_matching(text) if "*" in text or "?" in text else (text,)
    known = [one for one in map(action, found) if one is not None]
    return tuple(one.name for one in known) if all(one.name.startswith(_OF_S3) for one in known) else ()


def _is_of_few(key: str) -> bool:
    """Whether a key is that of a parameter or header that only some operations have."""
    return key.lower().startswith(_OF_FEW)


def _bring(names: tuple[str, ...], key: str) -> bool:
    return any(_brings(name, key) for name in names)


def _brings(name: str, key: str) -> bool:
    known = action(name)
    if known is None or name.startswith(_BY_SERVICES) or (name in _LISTS_PARTS and key.lower() in _OF_LISTS):
        return True
    head = key.partition("/")[0].lower()
    return any(one.partition("/")[0].lower() == head for one in known.keys)


def _is_allowed_elsewhere(policy: Policy, statement: Statement, name: str) -> bool:
    return any(
        other is not statement and other.effect == ALLOW and other.fault is None and other.is_about(name.lower())
        for other in policy.statements
    )
