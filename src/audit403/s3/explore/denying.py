"""Which statements of a bucket policy deny one request."""

from audit403.s3.decide.request import S3Request
from audit403.s3.decide.said import Asked, Considered, said_by
from audit403.s3.model.bucket import Bucket
from audit403.s3.model.caller import caller_of
from audit403.s3.model.policy import DENY, Policy, Statement


def denying(bucket: Bucket, request: S3Request) -> list[Statement]:
    """The statements, in their order."""
    policy = bucket.policy
    if not isinstance(policy, Policy):
        return []
    asked = Asked(request.action.lower(), request.resource, caller_of(request.principal), request.context)
    considered: list[Considered] = []
    said_by((policy,), asked, considered, of_resource=True)
    return [one.statement for one in considered if one.applies is True and one.statement.effect == DENY]
