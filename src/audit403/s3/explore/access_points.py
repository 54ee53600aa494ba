"""Whom the policies of access points mean to let in, and for what: such a request meets the bucket's policy as well.

Truth: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html and
access-points-vpc.html: an access point of a VPC answers nobody from outside.
"""

from collections.abc import Iterator

from audit403.core.named_tuple import NamedTuple
from audit403.s3.explore.asking import ACTIONS, profiles_of
from audit403.s3.explore.ordinary import Profile
from audit403.s3.explore.samples import sample_resource
from audit403.s3.model.bucket import ORDINARY_OBJECT, Bucket
from audit403.s3.model.policy import ALLOW, Policy, Statement
from audit403.s3.model.resource import resource_of
from audit403.s3.model.world import AccessPoint


class ByPoint(NamedTuple):
    """A request through an access point that a statement of its policy means to let in."""

    profile: Profile
    method: str
    resource: str
    statement: Statement


def asked_by_point(bucket: Bucket, point: AccessPoint) -> Iterator[ByPoint]:
    """One request for each action, and everybody whom a statement of the access point's policy names."""
    policy = point.policy
    for statement in policy.statements if isinstance(policy, Policy) else ():
        if statement.effect != ALLOW or statement.fault is not None or statement.named is None:
            continue
        for action, method in ACTIONS:
            resource = _resource(point, statement, action) if statement.is_about(action.lower()) else None
            if resource is None:
                continue
            key = resource_of(resource).key
            if key is not None:
                bucket.assume(key, ORDINARY_OBJECT)
            for profile in profiles_of(bucket, statement, action):
                if not profile.website:
                    yield ByPoint(_inside(profile, point), method, resource, statement)


def _inside(profile: Profile, point: AccessPoint) -> Profile:
    """The same from inside the VPC that the access point is for."""
    if point.vpc is None:
        return profile
    return profile._replace(context=(*profile.context, ("aws:SourceVpc", point.vpc)))


def _resource(point: AccessPoint, statement: Statement, action: str) -> str | None:
    """A resource behind the access point that the statement is about and the action can be done to."""
    for pattern in () if statement.is_not_resource else statement.resources or ():
        sample = sample_resource(pattern)
        found = resource_of(sample)
        fits = found.point == point.arn and (found.key is not None) is ("Object" in action)
        if fits and statement.is_of(sample, {}) is True:
            return sample
    return None
