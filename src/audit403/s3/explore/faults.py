"""What in a policy cannot mean anything: statements that S3 would not take, or that no request ever meets.

Truth: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html, the pages on Principal,
NotPrincipal, Version and the condition operators.
"""

import re
from collections.abc import Iterator
from time import time
from typing import TYPE_CHECKING

from audit403.core.decision import Missing
from audit403.core.fact import DocumentFault
from audit403.core.place import Place, StatementPlace
from audit403.s3.decide.layers import place_of
from audit403.s3.decide.said import Asked, said_by
from audit403.s3.explore.address_mistakes import address_mistakes
from audit403.s3.explore.key_mistakes import is_unknown_key
from audit403.s3.explore.mistake import BUCKET_POLICY
from audit403.s3.explore.not_taken import not_taken
from audit403.s3.explore.operator_mistakes import wanted_type
from audit403.s3.explore.satisfy import Values, are_too_many, contexts, fitting, operator_name
from audit403.s3.model.bucket import Bucket
from audit403.s3.model.caller import USER, Caller
from audit403.s3.model.condition import Condition
from audit403.s3.model.holes import HOLE_START
from audit403.s3.model.operators import moment, operator_of
from audit403.s3.model.policy import ALLOW, DENY, OLD_VERSION, VERSION_WITH_VARIABLES, VERSIONS, Policy, Statement
from audit403.s3.model.principal import DELETED
from audit403.s3.model.world import ACCESS_POINT_POLICY

if TYPE_CHECKING:
    from audit403.s3.site import S3Site

FAMILY = "s3"
INVALID = "invalid-statement"
DELETED_PRINCIPAL, PRINCIPAL_PATTERN = "deleted-principal", "principal-with-a-wildcard"
NEVER_MET, PASSED = "condition-never-met", "date-has-passed"
PLAIN_VARIABLE = "variable-without-version"
ALL_BUT = "allow-for-all-but"
LOCKED_OUT = "owner-locked-out"
NO_VERSION = "unknown-version"

_A = {BUCKET_POLICY: "a bucket policy", ACCESS_POINT_POLICY: "an access point's policy"}
_VARIABLE = re.compile(r"\$\{\s*[a-z0-9]+:[^}]+\}", re.IGNORECASE)
_TYPED = ("ipaddress", "numeric", "date", "bool")
_UNTIL = (
    "datelessthan", "datelessthanequals", "dateequals", "numericlessthan", "numericlessthanequals", "numericequals",
)  # fmt: skip
#: For how many seconds a moment of the past may still be what a request brings: a session lasts 36 hours at most.
_LASTS = {"aws:currenttime": 0, "aws:epochtime": 0, "aws:tokenissuetime": 36 * 3600}
#: An administrator: everything that belongs to the account allows it everything.
_ADMINISTRATOR = "arn:{partition}:iam::{account}:user/administrator"
_POLICY_ACTIONS = ("s3:putbucketpolicy", "s3:deletebucketpolicy")


def faults_of(site: "S3Site") -> Iterator[DocumentFault]:
    """The faults of every policy of a site."""
    for policy in site.world.policies():
        if policy.version is not None and policy.version not in VERSIONS and HOLE_START not in policy.version:
            yield from _version(policy)
        for statement in policy.statements:
            if statement.fault is not None:
                yield _fault(INVALID, statement, f"{_the(statement)} applies to nothing: {statement.fault}")
            else:
                yield from _of_statement(policy, statement)
    for name in site.world.bucket_names():
        bucket = site.world.bucket(name)
        if isinstance(bucket, Bucket) and isinstance(bucket.policy, Policy):
            yield from _lock_out(bucket, bucket.policy)
        if isinstance(bucket, Bucket):
            yield from not_taken(site, bucket)
            if bucket.archiving:
                from audit403.s3.explore.lifecycle import archived

                yield from archived(site, bucket)
        if isinstance(bucket, Bucket) and bucket.cors and not isinstance(bucket.cors, Missing):
            from audit403.s3.explore.cors_mistakes import cors_mistakes

            yield from cors_mistakes(site.world, bucket)


def _version(policy: Policy) -> Iterator[DocumentFault]:
    message = f"there is no version {policy.version} of policies: {VERSION_WITH_VARIABLES} is the present one"
    for statement in policy.statements[:1]:
        yield _fault(NO_VERSION, statement, message)


def _of_statement(policy: Policy, statement: Statement) -> Iterator[DocumentFault]:
    if policy.kind in (BUCKET_POLICY, ACCESS_POINT_POLICY):
        for element, is_missing in (("Principal", statement.named is None), ("Resource", statement.resources is None)):
            if is_missing:
                message = f"{_the(statement)} has no {element}, which each statement of {_A[policy.kind]} needs"
                yield _fault(INVALID, statement, message)
    yield from _principals(statement)
    for condition in statement.conditions:
        yield from _condition(statement, condition)
    for kind, message in address_mistakes(statement):
        yield _fault(kind, statement, message)
    if policy.version in (None, OLD_VERSION):
        yield from _variables(policy, statement)
    if statement.effect == ALLOW and statement.is_not_principal:
        message = f"{_the(statement)} allows everybody but whom NotPrincipal names, anonymous visitors included"
        yield _fault(ALL_BUT, statement, message)


def _principals(statement: Statement) -> Iterator[DocumentFault]:
    for kind, text in () if statement.named is None else statement.named.written:
        if kind != "AWS":
            continue
        if DELETED.match(text):
            what = "role" if text.startswith("AROA") else "user"
            message = f"{_the(statement)} names {text}: what is left of a {what} that was deleted, and nobody any more"
            yield _fault(DELETED_PRINCIPAL, statement, message)
        elif text != "*" and ("*" in text or "?" in text):
            message = f"{_the(statement)} names {text}: a principal has no wildcards, and S3 refuses to take the policy"
            yield _fault(PRINCIPAL_PATTERN, statement, message)


def _condition(statement: Statement, condition: Condition) -> Iterator[DocumentFault]:
    name = operator_name(condition)
    operator = operator_of(name)
    if operator is None or operator.negated or not condition.values or condition.operator.lower().endswith("ifexists"):
        return
    if any(HOLE_START in value for value in condition.values):  # what it comes to is known when it is deployed
        return
    if wanted_type(condition) is not None or is_unknown_key(condition.key):
        return
    if (
        statement.effect == ALLOW
        and name.startswith(_TYPED)
        and not any(fitting(name, value) for value in condition.values)
    ):
        shown = ", ".join(condition.values)
        message = f"{_the(statement)} never applies: no {condition.key} is ever {condition.operator} {shown}"
        yield _fault(NEVER_MET, statement, message)
    elif name in _UNTIL and statement.effect == ALLOW and condition.key.lower() in _LASTS:
        ends = [moment(value) for value in condition.values]
        latest = time() - _LASTS[condition.key.lower()]
        if all(end is not None and end < latest for end in ends):
            message = f"{_the(statement)} allows nothing any more: {condition.key} is past {max(condition.values)}"
            yield _fault(PASSED, statement, message)


def _variables(policy: Policy, statement: Statement) -> Iterator[DocumentFault]:
    texts = [*(statement.resources or ()), *(value for one in statement.conditions for value in one.values)]
    for text in texts:
        found = _VARIABLE.search(text)
        if found is not None:
            version = "has no Version" if policy.version is None else f"is of version {policy.version}"
            message = (
                f"{found[0]} in {_the(statement)} is plain text, because the policy {version}: "
                f"variables need {VERSION_WITH_VARIABLES}"
            )
            yield _fault(PLAIN_VARIABLE, statement, message)
            return


def _lock_out(bucket: Bucket, policy: Policy) -> Iterator[DocumentFault]:
    """Whether nobody of the owner's account but its root user can change the policy any more."""
    account = bucket.account if isinstance(bucket.account, str) else "000000000000"
    administrator = Caller(USER, _ADMINISTRATOR.format(account=account, partition=bucket.arn.split(":")[1]), account)
    conditions = [one for statement in policy.statements if statement.effect == DENY for one in statement.conditions]
    usual: Values = {
        "aws:securetransport": ("true",),
        "aws:principalaccount": (account,),
        "aws:principalarn": (administrator.name,),
    }
    by: Statement | None = None
    for context in contexts(conditions, usual):
        for action in _POLICY_ACTIONS:
            said = said_by((policy,), Asked(action, bucket.arn, administrator, context), of_resource=True)
            if said.denied is not True:
                return
            by = said.denied_by
    if by is not None and _names_nobody_else(policy) and not are_too_many(conditions, usual):
        message = (
            f"{_the(by)} denies every administrator of the account to change or delete the policy of {bucket.name}: "
            "only its root user still can"
        )
        yield _fault(LOCKED_OUT, by, message)


def _names_nobody_else(policy: Policy) -> bool:
    """Whether no statement singles out principals, who then could change it."""
    return not any(one.effect == DENY and one.is_not_principal for one in policy.statements)


def _the(statement: Statement) -> str:
    return f"statement {statement.name}"


def _fault(kind: str, statement: Statement, message: str) -> DocumentFault:
    return DocumentFault(FAMILY, kind, _where(statement), message, statement)


def _where(statement: Statement) -> Place:
    return place_of(statement) or StatementPlace(statement.policy.name, statement.name)
