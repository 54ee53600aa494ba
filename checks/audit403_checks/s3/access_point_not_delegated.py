"""The policy of an access point lets somebody in, and the policy of its bucket does not hand that on."""

from collections.abc import Iterator
from typing import Any

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, WARNING, Finding, Fix
from audit403.core.registry import check
from audit403.s3.explore.subject import BY_ACCESS_POINT, S3Subject
from audit403.s3.model.holes import HOLE_START
from audit403.s3.model.policy import ALLOW, Policy
from audit403_checks.s3.changes import is_recorded, policy_fix
from audit403_checks.s3.refusals import finding, is_by_default, refusal_of

_OF_POINTS = ("s3:dataaccesspointaccount", "s3:dataaccesspointarn")


@check(ERROR, "nothing-allows", "bucket-policy-does-not-allow")
def access_point_not_delegated(fact: Fact, site: Site) -> Iterator[Finding]:
    """A request through an access point needs both policies; a warning where the bucket's may stand elsewhere."""
    found = refusal_of(fact)
    if found is None or found[1].meant != BY_ACCESS_POINT or found[1].point is None or found[1].allow is None:
        return
    refusal, subject = found
    if _may_be_left_to_it(subject):
        return
    point, bucket, account = found[1].point, subject.bucket.name, _account(subject)
    message = (
        f"{refusal.who} gets 403 through the access point {point.arn.rpartition('/')[2]}: statement "
        f"{found[1].allow.name} of its policy allows it, and the policy of the bucket {bucket} does not"
    )
    severity = WARNING if is_by_default(site, subject, "policy") else ERROR
    statement = _delegation(subject, account)
    words = f"let the policy of {bucket} leave it to access points of {account} (s3:DataAccessPointAccount)"
    fix = policy_fix(site, subject, words, UNSAFE, lambda every: [*every, statement], ())
    yield finding(
        "access-point-not-delegated", severity, message, refusal, (fix,) if is_recorded(site) else (Fix(words, MANUAL),)
    )


def _may_be_left_to_it(subject: S3Subject) -> bool:
    """Whether a statement leaves it to access points of an account that may be the one a template is deployed to."""
    policy = subject.bucket.policy
    if not isinstance(policy, Policy) or HOLE_START not in _account(subject):
        return False
    conditions = [one for statement in policy.statements if statement.effect == ALLOW for one in statement.conditions]
    named = [value for one in conditions if one.key.lower() in _OF_POINTS for value in one.values]
    return any(HOLE_START not in value for value in named)


def _account(subject: S3Subject) -> str:
    return subject.point.arn.split(":")[4] if subject.point is not None else ""


def _delegation(subject: S3Subject, account: str) -> dict[str, Any]:
    arn = subject.bucket.arn
    return {
        "Sid": "LeftToAccessPoints",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"StringEquals": {"s3:DataAccessPointAccount": account}},
    }
