"""The requests of those whom a statement names, as they would send them, and what they can bring for conditions.

Truth: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from audit403.core.decision import Missing
from audit403.core.request import Request
from audit403.s3.decide.request import S3Request
from audit403.s3.explore.ordinary import ANONYMOUS, WEBSITE, Profile, cloudfront, signed
from audit403.s3.explore.samples import sample_of
from audit403.s3.explore.satisfy import Values, all_met, contexts, operator_name
from audit403.s3.model.bucket import Bucket
from audit403.s3.model.caller import ANONYMOUS as ANYBODY
from audit403.s3.model.caller import ORIGIN_IDENTITY, ROLE, SERVICE, SESSION, USER, caller_of
from audit403.s3.model.condition import Condition
from audit403.s3.model.pattern import parts_of
from audit403.s3.model.policy import Statement
from audit403.s3.model.resource import resource_of
from audit403.s3.model.website import Website
from audit403.s3.model.world import World
from audit403.s3.url import host_of, host_of_point

if TYPE_CHECKING:
    from audit403.s3.site import S3Site

#: What is done to buckets by the people whom policies are written for, and the method for it.
ACTIONS = (("s3:GetObject", "GET"), ("s3:ListBucket", "GET"), ("s3:PutObject", "PUT"), ("s3:DeleteObject", "DELETE"))
_CLOUDFRONT = "cloudfront.amazonaws.com"
_FROM_THE_REQUEST = frozenset(("aws:sourceip", "aws:securetransport", "aws:useragent", "aws:referer"))
#: What a service of AWS does not bring of the visitor for whom it asks.
_OF_THE_CLIENT = frozenset(
    (
        "aws:sourceip", "aws:useragent", "aws:referer", "aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip",
        "aws:principalorgid", "aws:principalaccount", "aws:principalarn", "aws:securetransport", "aws:userid",
    )
)  # fmt: skip
_MOST_PRINCIPALS = 20
_SOMEBODY = "audit403"
_OF_PRINCIPALS = ("aws:principal", "aws:userid", "aws:username", "aws:federatedprovider")
_OF_SOMEBODY = re.compile(r"arn:[a-z-]+:(?:iam|sts)::\d{12}:")


def profiles_of(bucket: Bucket, statement: Statement, action: str) -> Iterator[Profile]:
    """Those whom a statement of a bucket's policy names, as far as they can be asked as."""
    named = statement.named
    assert named is not None
    if (named.everybody or statement.is_not_principal) and _is_about_who_signs(statement):
        yield from _by_condition(bucket, statement)
        return
    if named.everybody or statement.is_not_principal:
        yield ANONYMOUS
        if isinstance(bucket.website, Website) and action == "s3:GetObject":
            yield WEBSITE
        return
    for kind, text in named.written[:_MOST_PRINCIPALS]:
        if kind == "Service" and text == _CLOUDFRONT:
            sources = (one.values for one in statement.conditions if one.key.lower() == "aws:sourcearn")
            for arn in tuple(chain(*sources)) or ("arn:aws:cloudfront::111122223333:distribution/EXAMPLE",):
                yield cloudfront(arn.replace("*", "EXAMPLE"))
        elif caller_of(text).kind in (USER, ROLE, SESSION, ORIGIN_IDENTITY):
            yield signed(text)


def _is_about_who_signs(statement: Statement) -> bool:
    """Whether conditions let in nobody but who signs, so that visitors are not meant."""
    return any(
        one.key.lower().startswith(_OF_PRINCIPALS)
        and not operator_name(one).startswith(("stringnot", "arnnot", "null"))
        and not one.operator.lower().endswith("ifexists")
        for one in statement.conditions
    )


def _by_condition(bucket: Bucket, statement: Statement) -> Iterator[Profile]:
    """Those whom aws:PrincipalArn names; else, where the account is known, somebody of it whom the conditions mean."""
    arns = [value for one in statement.conditions if one.key.lower() == "aws:principalarn" for value in one.values]
    if arns:
        found = [sample_of(parts_of(arn, False), _SOMEBODY) for arn in arns[:_MOST_PRINCIPALS]]
    else:
        found = [f"arn:{bucket.arn.split(':')[1]}:iam::{bucket.account}:user/{_SOMEBODY}"]
    for arn in found:
        if _OF_SOMEBODY.match(arn) and caller_of(arn).kind in (USER, ROLE, SESSION):
            yield signed(arn)


def witness_of(
    site: "S3Site", profile: Profile, method: str, resource: str, conditions: Sequence[Condition]
) -> Request | None:
    """The request of somebody for a resource that meets some conditions; None where none of those tried does."""
    request = request_for(site.world, profile, method, resource)
    context = site.asked(request).context
    if all_met(conditions, context):
        return request
    fixed = fixed_keys(profile)
    if caller_of(profile.principal).kind == ANYBODY:
        fixed |= of_caller(conditions)
    every = contexts(conditions, values_of(site.asked(request)), fixed)
    found = next((one for one in every if all_met(conditions, one)), None)
    return None if found is None else with_context(request, found)


def fixed_keys(profile: Profile) -> frozenset[str]:
    """The keys that nobody of this kind can bring otherwise: a website has no TLS, a service its own addresses."""
    if profile.website:
        return frozenset(("aws:securetransport",))
    return _OF_THE_CLIENT if caller_of(profile.principal).kind == SERVICE else frozenset()


def request_for(world: World, profile: Profile, method: str, resource: str) -> Request:
    """The request of somebody for a resource, as a client sends it: to the bucket's region, where that is known."""
    found = resource_of(resource)
    bucket, key = found.bucket or "", found.key or ""
    known = world.bucket(bucket) if bucket else None
    host = host_of(bucket, known.region if isinstance(known, Bucket) else None, website=profile.website)
    if found.point is not None:
        host = host_of_point(found.point)
    principal = None if profile.principal == "anonymous" else profile.principal
    scheme, port = ("https", 443) if profile.secure else ("http", 80)
    return Request(
        method,
        scheme,
        host,
        port,
        f"/{key}",
        profile.client,
        profile.headers,
        principal=principal,
        context=profile.context,
        way=profile.way,
    )


def with_context(request: Request, context: Values) -> Request:
    """The same request, bringing this for conditions: in its address and headers where it can."""
    headers = [(name, value) for name, value in request.headers if name.lower() not in ("referer", "user-agent")]
    for name, key in (("user-agent", "aws:useragent"), ("referer", "aws:referer")):
        if key in context:
            headers.append((name, context[key][0]))
    client = context.get("aws:sourceip", (request.client,))[0]
    secure = context.get("aws:securetransport", ("true",))[0] == "true"
    scheme, port = ("https", 443) if secure else ("http", 80)
    rest = tuple((key, values[0]) for key, values in context.items() if key not in _FROM_THE_REQUEST and values)
    return request._replace(client=client, scheme=scheme, port=port, headers=tuple(headers), context=rest)


def of_caller(conditions: Iterable[Condition]) -> frozenset[str]:
    """The keys that hang on who asks, and do not change alone."""
    keys = (condition.key.lower() for condition in conditions)
    return frozenset(key for key in keys if key.startswith("aws:principal") or key in ("aws:userid", "aws:username"))


def values_of(request: S3Request) -> Values:
    """What is known of what a request brings for conditions."""
    return {key: value for key, value in request.context.items() if not isinstance(value, Missing)}
