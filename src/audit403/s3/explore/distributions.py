"""Distributions of CloudFront that ask a bucket, each as whom it does.

Truth: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html:
with an origin access control the service signs, with an identity that asks; a website endpoint knows neither.
"""

from collections.abc import Iterator

from audit403.core.decision import Missing
from audit403.core.errors import BadUsage
from audit403.s3.decide.request import WEBSITE as WEBSITE_ENDPOINT
from audit403.s3.explore.ordinary import ANONYMOUS, WEBSITE, Profile, cloudfront, signed
from audit403.s3.explore.subject import Behind
from audit403.s3.model.distribution import BY_OAC, BY_OAI, NEVER, Distribution, Origin
from audit403.s3.model.website import Website
from audit403.s3.model.world import Bucket, World
from audit403.s3.url import address_of

_THROUGH = "everybody through CloudFront"
_FORBIDDEN = 403
_IDENTITY = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity "


def origins_of(world: World, bucket: Bucket) -> Iterator[tuple[Behind, Profile]]:
    """The origins that are this bucket and that a behaviour uses, with the requests that CloudFront makes there."""
    for distribution in world.distributions():
        used = {one.origin for one in distribution.behaviours}
        for number, origin in enumerate(distribution.origins):
            if origin.name in used and "{" not in origin.domain:
                profile = _profile(world, distribution, origin, bucket)
                if profile is not None:
                    yield Behind(distribution, origin, number), profile


def _profile(world: World, distribution: Distribution, origin: Origin, bucket: Bucket) -> Profile | None:
    try:
        address = address_of(f"https://{origin.domain}/")
    except BadUsage:
        return None
    if address.bucket != bucket.name:
        return None
    if address.endpoint == WEBSITE_ENDPOINT:
        return WEBSITE._replace(words=_THROUGH)
    if origin.access == BY_OAC and origin.signing != NEVER:
        arn = world.distribution_arn(distribution.identifier)
        return None if isinstance(arn, Missing) else cloudfront(arn)
    if origin.access == BY_OAI:
        return None if origin.identity is None else signed(f"{_IDENTITY}{origin.identity}")._replace(words=_THROUGH)
    return ANONYMOUS._replace(words=_THROUGH, headers=(("user-agent", "Amazon CloudFront"),))


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
