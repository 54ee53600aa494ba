"""Distributions of CloudFront that ask a bucket, each as whom it does, and for which of its objects.

Truth: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html:
with an origin access control the service signs, with an identity that asks; a website endpoint knows neither.
"""

from collections.abc import Iterable

from audit403.core.decision import Missing
from audit403.core.errors import BadUsage
from audit403.s3.decide.cloudfront import behaviour_for, is_taken_by
from audit403.s3.decide.request import WEBSITE as WEBSITE_ENDPOINT
from audit403.s3.explore.ordinary import ANONYMOUS, WEBSITE, Profile, cloudfront, signed
from audit403.s3.explore.samples import ORDINARY_KEY, sample_of, sample_resource
from audit403.s3.explore.subject import Behind
from audit403.s3.model.bucket import Bucket
from audit403.s3.model.distribution import BY_OAC, BY_OAI, NEVER, Distribution, Origin
from audit403.s3.model.pattern import parts_of
from audit403.s3.model.policy import ALLOW, Policy
from audit403.s3.model.resource import resource_of
from audit403.s3.model.website import Website
from audit403.s3.model.world import World
from audit403.s3.url import Address, address_of

#: How many keys are asked for at most, to see whether a behaviour is of any use.
_MOST_KEYS = 50
_THROUGH = "everybody through CloudFront"
_SERVICE = "cloudfront.amazonaws.com"
_AS_CLOUDFRONT = (("user-agent", "Amazon CloudFront"),)
_FORBIDDEN = 403
_IDENTITY = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity "


Asking = tuple[Behind, Profile]
"""A behaviour whose origin is a bucket, and the requests that CloudFront makes there."""


def origins_of(world: World, bucket: Bucket) -> tuple[Asking, ...]:
    """The behaviours whose origin is a bucket."""
    return origins_by_bucket(world).get(bucket.name, ())


def origins_by_bucket(world: World) -> dict[str, tuple[Asking, ...]]:
    """The same for every bucket that is one, by their names."""
    found: dict[str, tuple[Asking, ...]] = {}
    for distribution in world.distributions():
        for number, origin in enumerate(distribution.origins):
            address = None if "{" in origin.domain else _address(origin.domain)
            if address is None or address.bucket is None:
                continue
            profile = _asks_as(world, distribution, origin, website=address.endpoint == WEBSITE_ENDPOINT)
            for place, behaviour in enumerate(distribution.behaviours):
                if behaviour.origin == origin.name and profile is not None:
                    asking = Behind(distribution, origin, number, behaviour, place), _with_headers(profile, origin)
                    found[address.bucket] = (*found.get(address.bucket, ()), asking)
    return found


def _address(domain: str) -> Address | None:
    try:
        return address_of(f"https://{domain}/")
    except BadUsage:
        return None


def _asks_as(world: World, distribution: Distribution, origin: Origin, *, website: bool) -> Profile | None:
    if website:
        return WEBSITE._replace(words=_THROUGH, headers=_AS_CLOUDFRONT)
    if origin.access == BY_OAC and origin.signing != NEVER:
        arn = world.distribution_arn(distribution.identifier)
        return None if isinstance(arn, Missing) else cloudfront(arn)
    if origin.access == BY_OAI:
        return None if origin.identity is None else signed(f"{_IDENTITY}{origin.identity}")._replace(words=_THROUGH)
    return ANONYMOUS._replace(words=_THROUGH, headers=_AS_CLOUDFRONT)


def _with_headers(profile: Profile, origin: Origin) -> Profile:
    """The same requests with the headers that the origin is told to add."""
    return profile._replace(headers=tuple({**dict(profile.headers), **dict(origin.headers)}.items()))


def as_told(profile: Profile, origins: Iterable[Asking]) -> Profile:
    """CloudFront that a statement names, with the headers that its origin adds where its distribution is known."""
    arn = dict(profile.context).get("aws:SourceArn")
    if profile.principal != _SERVICE:
        return profile
    known = (one for _, one in origins if one.principal == _SERVICE and dict(one.context).get("aws:SourceArn") == arn)
    return next(known, profile)


def keys_of(bucket: Bucket, behind: Behind) -> tuple[str, ...]:
    """Keys that viewers may ask for through a behaviour: an ordinary one, then those that the policy's statements name.

    One of them must be had, for the behaviour to be of any use.
    """
    pattern = behind.behaviour.pattern.lstrip("/")
    ordinary = ORDINARY_KEY if pattern == "*" else sample_of(parts_of(pattern, False))
    prefix = behind.origin.path.lstrip("/")
    start = f"{prefix}/" if prefix else ""
    found = [f"{start}{ordinary}"]
    policy = bucket.policy
    for statement in policy.statements if isinstance(policy, Policy) else ():
        for resource in (statement.resources or ()) if statement.effect == ALLOW else ():
            named = resource_of(sample_resource(resource))
            key = named.key or ""
            inside = key.startswith(start) and is_taken_by(behind.behaviour, f"/{key[len(start) :]}")
            # What a function makes of an address may be anything.
            if named.bucket == bucket.name and key and (inside or behind.behaviour.rewrites is not False):
                found.append(key)
    return tuple(dict.fromkeys(found))[:_MOST_KEYS]


def root_of(behind: Behind) -> str | None:
    """The key of the default root object, where this behaviour asks for it."""
    root = behind.distribution.root
    if isinstance(root, Missing) or root is None or behind.behaviour.rewrites is not False:
        return None
    if behaviour_for(behind.distribution, f"/{root}") is not behind.behaviour:
        return None
    return f"{behind.origin.path}/{root}".lstrip("/")


def waits_for_index(bucket: Bucket, behind: Behind, profile: Profile) -> bool:
    """Whether a bucket with an index document stands behind CloudFront by its REST endpoint, which knows none.

    Not where a function may write another name into the request, or viewers get a page in place of the 403.
    """
    website = bucket.website
    if profile.website or not isinstance(website, Website) or website.suffix is None:
        return False
    used = [one for one in behind.distribution.behaviours if one.origin == behind.origin.name]
    errors = behind.distribution.errors
    if isinstance(errors, Missing) or any(one.rewrites is not False for one in used):
        return False
    return not any(one.code == _FORBIDDEN and one.page is not None for one in errors)
