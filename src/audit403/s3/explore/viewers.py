"""What viewers of a distribution of CloudFront get with 403 because of its own settings, whatever a policy says.

Truth: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/: DefaultRootObject.html,
http-403-permission-denied.html, DownloadDistValuesCacheBehavior.html (allowed methods),
understanding-how-origin-request-policies-interact-with-caching.html.
"""

import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from audit403.core.decision import REFUSED, Decision, Missing
from audit403.core.fact import DocumentFault
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Place, StatementPlace
from audit403.core.request import Request
from audit403.s3.decide import causes
from audit403.s3.decide.cloudfront import Viewed, behaviour_for
from audit403.s3.explore.asking import request_for
from audit403.s3.explore.distributions import Asking
from audit403.s3.explore.ordinary import VISITOR, Profile
from audit403.s3.explore.samples import ORDINARY_KEY, sample_of
from audit403.s3.explore.satisfy import all_met
from audit403.s3.explore.subject import Behind
from audit403.s3.model.bucket import Bucket
from audit403.s3.model.distribution import BY_OAC, NEVER, Distribution
from audit403.s3.model.pattern import parts_of
from audit403.s3.model.policy import ALLOW, Policy, Statement
from audit403.s3.model.website import Website
from audit403.s3.way import through

if TYPE_CHECKING:
    from audit403.s3.site import S3Site

FAMILY = "s3"
HOST_FORWARDED, NO_ROOT, METHOD = "host-forwarded-to-bucket", "no-default-root-object", "method-not-let-through"
_WRITING = (("s3:putobject", "PUT"), ("s3:deleteobject", "DELETE"))
_FORBIDDEN = 403


class Viewer(NamedTuple):
    """The subject of a fault: a viewer's request that is refused. `expected` tells why it is meant to be served."""

    behind: Behind
    request: Request
    decision: Decision
    expected: tuple[str, ...] = ()
    statement: Statement | None = None


def viewers_of(site: "S3Site", bucket: Bucket, origins: Iterable[Asking]) -> Iterator[DocumentFault]:
    """The faults of the distributions before one bucket."""
    told: set[tuple[str, int, str]] = set()
    for behind, profile in origins:
        if profile.website:
            continue
        yield from _forwarded_host(site, bucket, behind)
        yield from _no_root(site, bucket, behind, profile)
        for action, method in _WRITING:
            key = (behind.distribution.identifier, behind.number, method)
            if key not in told:
                told.add(key)
                yield from _no_method(site, bucket, behind, profile, action, method)


def _forwarded_host(site: "S3Site", bucket: Bucket, behind: Behind) -> Iterator[DocumentFault]:
    if behind.behaviour.forwards_host is not True or behind.origin.access != BY_OAC or behind.origin.signing == NEVER:
        return
    found = _asked(site, behind.distribution, "GET", _path_of(behind))
    if found is not None and found[1].cause == causes.CLOUDFRONT_HOST:
        message = (
            f"the distribution {behind.distribution.identifier} forwards the viewer's Host to {bucket.name}, and S3 "
            "answers 403 (SignatureDoesNotMatch): CloudFront has signed the bucket's own name"
        )
        yield _fault(site, HOST_FORWARDED, message, Viewer(behind, *found))


def _no_root(site: "S3Site", bucket: Bucket, behind: Behind, profile: Profile) -> Iterator[DocumentFault]:
    distribution = behind.distribution
    takes_root = behaviour_for(distribution, "/") is behind.behaviour
    if distribution.root is not None or not takes_root or behind.behaviour.rewrites is not False:
        return
    if isinstance(distribution.errors, Missing) or any(one.code == _FORBIDDEN for one in distribution.errors):
        return
    folder = behind.origin.path.lstrip("/")
    if folder:  # S3 has no folders: few people make an object of that name
        bucket.assume(f"{folder}/", None)
    page = request_for(site.world, profile, "GET", f"{bucket.arn}{behind.origin.path}/{ORDINARY_KEY}")
    found = _asked(site, distribution, "GET", "/")
    if found is None or found[1].cause.startswith("cloudfront") or site.decide(page).verdict == REFUSED:
        return
    asks = f"for an object of the name {folder}/" if folder else "for the list of its objects, which it may not have"
    message = (
        f"https://{found[0].host}/ is answered with 403: the distribution {distribution.identifier} has no default "
        f"root object, so that CloudFront asks {bucket.name} {asks}"
    )
    expected = tuple(_is_for_pages(bucket, distribution))
    yield _fault(site, NO_ROOT, message, Viewer(behind, *found, expected))


def _is_for_pages(bucket: Bucket, distribution: Distribution) -> Iterator[str]:
    """What tells that people come to the root, and not only to files that other pages link."""
    if isinstance(bucket.website, Website) and bucket.website.suffix is not None:
        yield f"{bucket.name} has the index document {bucket.website.suffix}"
    if ORDINARY_KEY in bucket.known_keys():
        yield f"{bucket.name} has an {ORDINARY_KEY}"
    for error in distribution.errors if not isinstance(distribution.errors, Missing) else ():
        if error.page is not None and error.page.endswith((".html", ".htm")):
            yield f"errors are answered with {error.page}"
    for name in distribution.names:
        if name.startswith("www."):
            yield f"it is called {name}"


def _no_method(
    site: "S3Site", bucket: Bucket, behind: Behind, profile: Profile, action: str, method: str
) -> Iterator[DocumentFault]:
    """A statement lets in the distribution to write, and none of its behaviours lets such requests through."""
    statement = _named(bucket, profile, action)
    used = [one for one in behind.distribution.behaviours if one.origin == behind.origin.name]
    if statement is None or any(isinstance(one.methods, Missing) or method in one.methods for one in used):
        return
    found = _asked(site, behind.distribution, method, _path_of(behind))
    if found is None or found[1].cause != causes.CLOUDFRONT_METHOD:
        return
    message = (
        f"the distribution {behind.distribution.identifier} answers every {method} for {bucket.name} with 403: its "
        f"allowed methods lack it, and statement {statement.name} lets CloudFront do just that"
    )
    yield _fault(site, METHOD, message, Viewer(behind, *found, (), statement))


def _named(bucket: Bucket, profile: Profile, action: str) -> Statement | None:
    """The statement that lets in just this distribution, and says the action in full."""
    policy, context = bucket.policy, {name.lower(): (value,) for name, value in profile.context}
    for statement in policy.statements if isinstance(policy, Policy) else ():
        written = () if statement.named is None else statement.named.written
        is_named = any(text == profile.principal for _, text in written)
        says_it = action in {one.lower() for one in statement.actions or ()} and not statement.is_not_action
        if statement.effect == ALLOW and is_named and says_it and all_met(statement.conditions, context):
            return statement
    return None


def _asked(site: "S3Site", distribution: Distribution, method: str, path: str) -> tuple[Request, Decision] | None:
    """What a viewer gets who asks over HTTPS, where that is a refusal."""
    named = [name for name in distribution.names if "*" not in name]
    host = next(iter(named), f"{distribution.identifier}.cloudfront.net")
    viewed = Viewed(host, path, method, True, {}, frozenset())
    decision = through(site.evaluator, distribution, viewed, time.time())
    if decision.verdict != REFUSED:
        return None
    return Request(method, "https", host, 443, path, VISITOR), decision


def _path_of(behind: Behind) -> str:
    pattern = behind.behaviour.pattern.lstrip("/")
    return f"/{ORDINARY_KEY if pattern == '*' else sample_of(parts_of(pattern, False))}"


def _fault(site: "S3Site", kind: str, message: str, viewer: Viewer) -> DocumentFault:
    return DocumentFault(FAMILY, kind, _where(site, viewer.behind, kind), message, viewer)


def _where(site: "S3Site", behind: Behind, kind: str) -> Place:
    name, places = behind.distribution.identifier, site.world.places
    of_behaviour = (
        None if kind == NO_ROOT else places.get(("distributions", name, "behaviours", behind.behaviour_number))
    )
    return (
        of_behaviour
        or places.get(("distributions", name))
        or StatementPlace(name, "" if kind == NO_ROOT else behind.behaviour.pattern, "CloudFront distribution")
    )
