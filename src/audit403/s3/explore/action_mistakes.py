"""Actions that there are not, and actions that no resource of their statement is for.

Truth: AWS's Service Authorization Reference, by way of `s3/data`. S3 does not take a bucket policy with either: "Policy
has invalid action", "Action does not apply to any resource(s) in statement"; IAM takes both, and they allow nothing.
"""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault
from audit403.s3.data.actions import Action, action, actions_matching, nearest
from audit403.s3.data.operations import is_operation
from audit403.s3.explore.kinds import BUCKET, JUDGED, OBJECT, POINT, kinds_of
from audit403.s3.explore.mistake import BUCKET_POLICY, Asker, Mistake, Needed, fault, listed, the
from audit403.s3.model.holes import HOLE_START
from audit403.s3.model.policy import ALLOW, Policy, Statement

UNKNOWN, OF_ANOTHER_RESOURCE = "unknown-action", "action-of-another-resource"
_KNOWN_SERVICES = ("s3", "s3express", "s3-object-lambda", "s3-outposts", "s3tables")
_WORDS = {BUCKET: "the bucket itself", OBJECT: "objects"}


def action_mistakes(asker: Asker, policy: Policy, statement: Statement) -> Iterator[DocumentFault]:
    """The mistakes in the actions of one statement."""
    written = [text for text in statement.actions or () if HOLE_START not in text]
    unknown = [text for text in written if _is_unknown(policy, statement, text)]
    for text in unknown:
        yield _unknown(asker, policy, statement, text)
    if not statement.is_not_resource and not statement.is_not_action and statement.resources:
        yield from _misplaced(asker, policy, statement, [text for text in written if text not in unknown])


def _is_unknown(policy: Policy, statement: Statement, text: str) -> bool:
    service, colon, name = text.lower().partition(":")
    if text == "*":
        return False
    if not colon:
        return True
    if service in _KNOWN_SERVICES:
        return not name or (action(text) is None and not actions_matching(text))
    return policy.kind == BUCKET_POLICY and statement.effect == ALLOW and "*" not in service and "?" not in service


def _unknown(asker: Asker, policy: Policy, statement: Statement, text: str) -> DocumentFault:
    service, colon, _ = text.partition(":")
    is_harmless = statement.effect != ALLOW and policy.kind != BUCKET_POLICY
    if colon and service.lower() not in _KNOWN_SERVICES:
        message = f"{text} in {the(statement)} is no action of S3{asker.consequence(policy)}"
        return fault(UNKNOWN, message, Mistake(statement, (text,), harmless=is_harmless))
    if "*" in text or "?" in text:
        message = f"no action is of the form {text}, which {the(statement)} names{asker.consequence(policy)}"
        return fault(UNKNOWN, message, Mistake(statement, (text,), harmless=is_harmless))
    found = nearest(text if colon else f"s3:{text}")
    meant = found if is_operation(text.rpartition(":")[2]) else found[:1]
    message = f"there is no action {text}, which {the(statement)} names"
    if meant:
        message += f": {_called(text, meant)}"
    missing = [one for one in meant if not _is_granted(policy, statement, one)]
    is_harmless = is_harmless or (bool(meant) and not missing and policy.kind != BUCKET_POLICY)
    needed = _needed(statement, meant[0]) if len(meant) == 1 else None
    refused = asker.meant_by(statement, missing)
    mistake = Mistake(statement, (text,), meant, needed, refused, is_harmless)
    return fault(UNKNOWN, message + asker.consequence(policy), mistake)


def _called(text: str, meant: tuple[str, ...]) -> str:
    name = text.rpartition(":")[2]
    if is_operation(name):
        return f"the operation {name} needs {listed(meant)}"
    return f"{meant[0]} may be meant"


def _is_granted(policy: Policy, statement: Statement, name: str) -> bool:
    """Whether some Allow of the same policy has the action with a resource that it is for."""
    known = action(name)
    for other in policy.statements:
        if other.effect != ALLOW or other.fault is not None or not other.is_about(name.lower()):
            continue
        if known is None or other.is_not_resource or not other.resources:
            return True
        if any(_fits(known, pattern) for pattern in other.resources) and (
            other is statement or _names_as_much(other, statement)
        ):
            return True
    return False


def _names_as_much(other: Statement, statement: Statement) -> bool:
    if other.named is None or statement.named is None or other.named.everybody:
        return True
    return set(statement.named.written) <= set(other.named.written)


def _misplaced(asker: Asker, policy: Policy, statement: Statement, written: list[str]) -> Iterator[DocumentFault]:
    resources = statement.resources or ()
    known = [one for one in map(action, written) if one is not None and one.name.startswith("s3:")]
    wrong = [one for one in known if not any(_fits(one, pattern) for pattern in resources)]
    for about_account in (False, True):
        alike = [one for one in wrong if one.is_of_account is about_account]
        if alike:
            yield _of_another(asker, policy, statement, alike, whole=len(wrong) == len(written))


def _of_another(
    asker: Asker, policy: Policy, statement: Statement, wrong: list[Action], *, whole: bool
) -> DocumentFault:
    names = tuple(one.name for one in wrong)
    resources = statement.resources or ()
    missing = [name for name in names if not _is_granted(policy, statement, name)]
    message = f"{listed(names)} in {the(statement)} {'applies' if len(names) == 1 else 'apply'} to nothing: "
    mistake = Mistake(
        statement,
        names,
        (),
        _needed(statement, names[0], in_place=whole),
        asker.meant_by(statement, missing),
        harmless=policy.kind != BUCKET_POLICY and (statement.effect != ALLOW or not missing),
    )
    return fault(OF_ANOTHER_RESOURCE, message + _why(wrong, resources) + asker.consequence(policy), mistake)


def _why(wrong: list[Action], resources: tuple[str, ...]) -> str:
    kinds = {kind for one in wrong for kind in one.resources}
    subject = "it is" if len(wrong) == 1 else "they are"
    if not kinds:
        return f"{subject} about the whole account, whose resource is *, and {resources[0]} is named"
    words = " or ".join(_WORDS[kind] for kind in (BUCKET, OBJECT) if kind in kinds) or "something else"
    about = f"{subject} about {words}, and"
    if len(resources) > 1:
        return f"{about} no resource of the statement names that"
    (resource,) = resources
    named = kinds_of(resource)
    if named == frozenset((POINT,)) and OBJECT in kinds:
        return f"objects behind an access point are written {resource}/object/KEY"
    what = {frozenset((OBJECT,)): "objects", frozenset((BUCKET,)): "the bucket itself"}.get(named or frozenset())
    return f"{about} {resource} names {what or 'nothing of the kind'}"


def _fits(one: Action, pattern: str) -> bool:
    """Whether a pattern can be of a kind that an action is for; what nobody knows may be."""
    if one.is_of_account:
        named = pattern.rpartition(":")[2]
        may_be_any = pattern.endswith("*") and kinds_of(pattern) is None and ":::" not in pattern
        return may_be_any or not named.strip("*") or HOLE_START in named or "${" in named
    kinds = kinds_of(pattern)
    if kinds is None or not set(one.resources) <= JUDGED:
        return True
    return bool(kinds & set(one.resources))


def _needed(statement: Statement, name: str, *, in_place: bool = False) -> Needed | None:
    """The resource that an action needs, where it is plain of which bucket; None where it needs none."""
    known = action(name)
    resources = statement.resources or ()
    if known is None or not resources or any(_fits(known, pattern) for pattern in resources):
        return None
    if any(kinds_of(pattern) not in (frozenset((BUCKET,)), frozenset((OBJECT,))) for pattern in resources):
        return None
    buckets = {pattern.partition("/")[0] for pattern in resources}
    if len(buckets) != 1 or not set(known.resources) & {BUCKET, OBJECT}:
        return None
    (arn,) = buckets
    wanted = arn if BUCKET in known.resources else f"{arn}/*"
    return Needed(resources[0], wanted, in_place and len(resources) == 1)
