"""CloudFront in front of a bucket: what it refuses itself, what it asks the bucket for, and as whom.

Truth: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/: http-403-permission-denied.html,
RequestAndResponseBehaviorS3Origin.html, DefaultRootObject.html, private-content-restricting-access-to-s3.html,
GeneratingCustomErrorResponses.html.
"""

from audit403.core.decision import (
    NOT_REFUSED,
    REASON_NOT_COLLECTED,
    REASON_UNDOCUMENTED,
    REFUSED,
    UNKNOWN,
    Decision,
    Missing,
)
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Because, StatementPlace
from audit403.s3.decide import causes
from audit403.s3.model.distribution import Behaviour, Distribution, ErrorResponse, Origin
from audit403.s3.model.pattern import matcher, parts_of
from audit403.s3.model.world import World

_SIGNED = ("signature", "key-pair-id")
_COOKIES = ("cloudfront-signature=", "cloudfront-key-pair-id=")


class Viewed(NamedTuple):
    """A viewer's request: `path` begins with a slash and has no query; header names are in lower case."""

    host: str
    path: str
    method: str
    secure: bool
    headers: dict[str, str]
    query: frozenset[str]


class Passed(NamedTuple):
    """What it asks the origin for; `missing` is what would have had to be known to get there."""

    distribution: Distribution
    behaviour: Behaviour
    origin: Origin
    path: str
    missing: tuple[Missing, ...]


def distribution_for(world: World, host: str) -> Distribution | None:
    """The distribution that has a name: the first that names it exactly, else by a wildcard."""
    found = [one for one in world.distributions() if host in one.names]
    rest = host.partition(".")[2]
    return next(iter(found or [one for one in world.distributions() if f"*.{rest}" in one.names]), None)


def passed(distribution: Distribution, viewed: Viewed) -> Decision | Passed:
    """What CloudFront answers itself, or what it asks the origin for."""
    behaviour = behaviour_for(distribution, viewed.path)
    if behaviour is None:
        name = Missing(REASON_NOT_COLLECTED, f"the default behaviour of the distribution {distribution.identifier}")
        return Decision(UNKNOWN, None, causes.CLOUDFRONT_ORIGIN, missing=(name,))
    where = StatementPlace(distribution.identifier, behaviour.pattern, "CloudFront behaviour")
    missing: list[Missing] = []
    refused = _by_viewer(distribution, behaviour, viewed, where, missing)
    if refused is not None:
        return refused
    origin = next((one for one in distribution.origins if one.name == behaviour.origin), None)
    if origin is None:
        name = Missing(REASON_NOT_COLLECTED, f"the origin {behaviour.origin} of {distribution.identifier}")
        return Decision(UNKNOWN, None, causes.CLOUDFRONT_ORIGIN, where, missing=(name,))
    path = viewed.path
    if path == "/":
        if isinstance(distribution.root, Missing):
            missing.append(distribution.root)
        elif distribution.root is not None:
            path = f"/{distribution.root}"
    return Passed(distribution, behaviour, origin, origin.path + path, tuple(missing))


def _by_viewer(
    distribution: Distribution, behaviour: Behaviour, viewed: Viewed, where: StatementPlace, missing: list[Missing]
) -> Decision | None:
    """What CloudFront answers before it asks anybody; `missing` takes what would have to be known."""
    if not viewed.secure and behaviour.viewers == "https-only":
        return _refused(causes.CLOUDFRONT_HTTPS, where, "viewers must come over HTTPS")
    if not viewed.secure and behaviour.viewers == "redirect-to-https":
        return Decision(NOT_REFUSED, 301, causes.REDIRECTED, where)
    methods = behaviour.methods
    if isinstance(methods, Missing):
        if viewed.method not in ("GET", "HEAD"):
            missing.append(methods)
    elif viewed.method not in methods:
        allowed = ", ".join(methods)
        return _refused(causes.CLOUDFRONT_METHOD, where, f"its allowed methods ({allowed}) lack {viewed.method}")
    geo = distribution.geo
    if isinstance(geo, Missing):
        missing.append(geo)
    elif geo[0] != "none":
        missing.append(Missing(REASON_NOT_COLLECTED, f"the viewer's country ({geo[0]}: {', '.join(geo[1])})"))
    signed = behaviour.signed_only
    if isinstance(signed, Missing):
        missing.append(signed)
    elif signed:
        if not _is_signed(viewed):
            return _refused(causes.CLOUDFRONT_SIGNED, where, "it wants a signed URL or signed cookies (MissingKey)")
        missing.append(Missing(REASON_NOT_COLLECTED, "whether CloudFront's signature of the request is valid"))
    return None


def error_response(distribution: Distribution, found: Decision) -> ErrorResponse | Missing | None:
    """What viewers get in place of an answer of the origin."""
    if found.status is None or found.status < 400:
        return None
    if isinstance(distribution.errors, Missing):
        return distribution.errors
    return next((one for one in distribution.errors if one.code == found.status and one.page is not None), None)


def http_of_viewers(passed_on: Passed, viewed: Viewed) -> tuple[str, ...] | Missing:
    """aws:SecureTransport at an origin of S3's: as the viewer came; how an OAC signs over HTTP is not documented."""
    if viewed.secure or passed_on.origin.access != "oac":
        return ("true" if viewed.secure else "false",)
    return Missing(REASON_UNDOCUMENTED, "whether CloudFront asks an origin with an OAC over HTTP")


def behaviour_for(distribution: Distribution, path: str) -> Behaviour | None:
    """The behaviour that takes a path, which begins with a slash; None where the default one is not known."""
    return next((one for one in distribution.behaviours if is_taken_by(one, path)), None)


def is_taken_by(behaviour: Behaviour, path: str) -> bool:
    """Whether a behaviour's pattern matches a path, which begins with a slash."""
    return matcher(parts_of(behaviour.pattern.lstrip("/"), False))(path[1:]) is not None


def _is_signed(viewed: Viewed) -> bool:
    cookie = viewed.headers.get("cookie", "").lower()
    return all(name in viewed.query for name in _SIGNED) or all(name in cookie for name in _COOKIES)


def _refused(cause: str, where: StatementPlace, message: str) -> Decision:
    return Decision(REFUSED, 403, cause, where, (Because(where, message),))
