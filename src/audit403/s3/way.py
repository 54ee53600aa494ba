"""The whole way of a URL: CloudFront where it stands in front, a preflight, the limits of a presigned URL, then S3."""

from collections.abc import Mapping
from typing import Any

from audit403.core.decision import (
    NOT_REFUSED,
    REASON_NOT_COLLECTED,
    REFUSED,
    UNKNOWN,
    Decision,
    Missing,
    Step,
)
from audit403.core.errors import BadUsage
from audit403.core.place import Because, StatementPlace
from audit403.core.request import Request
from audit403.s3.decide import causes
from audit403.s3.decide.cloudfront import Passed, Viewed, distribution_for, error_response, http_of_viewers, passed
from audit403.s3.decide.evaluator import Evaluator
from audit403.s3.decide.header_permissions import also_needed
from audit403.s3.decide.preflight import preflight
from audit403.s3.decide.profile import ANONYMOUS_HTTP, OAC, OAI, PRESIGNED, VISITOR, Brought, Profile, profile_of
from audit403.s3.decide.request import REST, WEBSITE, S3Request
from audit403.s3.decide.said import Considered
from audit403.s3.decide.signature_limits import limited, malformed, steps
from audit403.s3.decide.trace import with_trace
from audit403.s3.model.bucket import Bucket
from audit403.s3.model.distribution import ALWAYS, BY_OAC, BY_OAI, NEVER, NO_ACCESS, Distribution
from audit403.s3.model.presigned import BadPresigned, Presigned, presigned_of
from audit403.s3.model.world import World
from audit403.s3.url import Address, address_of, by_profile, parts_of_url, request_of_url, shown


def answered(evaluator: Evaluator, row: Mapping[str, Any], now: float) -> tuple[Request, Decision]:
    """The request as a client sends it, and the answer to it. Raises BadUsage."""
    row = {**row, "headers": {str(name).lower(): one for name, one in (row.get("headers") or {}).items()}}
    url, method = str(row["url"]), str(row.get("method") or "GET").upper()
    parts = parts_of_url(url)
    distribution = None if parts is None else distribution_for(evaluator.world, parts.host)
    if parts is not None and distribution is not None:
        headers = {name: str(one) for name, one in row["headers"].items()}
        query = frozenset(name.lower() for name in parts.query)
        viewed = Viewed(parts.host, parts.path, method, parts.secure, headers, query)
        asked = shown(url, method, str(row.get("client") or VISITOR), row["headers"])
        return asked, through(evaluator, distribution, viewed, now)
    address = address_of(url)
    if method == "OPTIONS":
        asked = shown(url, method, str(row.get("client") or VISITOR), row["headers"])
        if address.bucket is None:
            raise BadUsage(f"{url} names no bucket whose CORS configuration would answer.")
        return asked, preflight(evaluator.world, address.bucket, address.endpoint, row["headers"])
    if address.endpoint == WEBSITE:
        # Nobody signs anything there.
        return _decided(evaluator, dict(row), now)
    try:
        signed = presigned_of(address.query)
    except BadPresigned as fault:
        return shown(url, method, str(row.get("client") or VISITOR), row["headers"]), malformed(fault)
    return _decided(evaluator, dict(row), now) if signed is None else _presigned(evaluator, dict(row), signed, now)


def through(evaluator: Evaluator, distribution: Distribution, viewed: Viewed, now: float) -> Decision:
    """What a viewer gets of a distribution."""
    return _through_cloudfront(evaluator, passed(distribution, viewed), viewed, now)


def _decided(evaluator: Evaluator, row: dict[str, Any], now: float) -> tuple[Request, Decision]:
    asked, request = request_of_url(row, evaluator.world, now)
    return asked, _evaluated(evaluator, request)


def _evaluated(evaluator: Evaluator, request: S3Request) -> Decision:
    considered: list[Considered] = []
    decision = with_trace(evaluator.decide(request, considered), request, considered)
    for header, other in also_needed(request) if decision.verdict != REFUSED else ():
        considered = []
        more = with_trace(evaluator.decide(other, considered), other, considered)
        step = Step(
            "header", f"{header} needs {other.action} on {other.resource} as well", met=more.verdict == NOT_REFUSED
        )
        trace = (*decision.trace, step, *more.trace)
        if more.verdict == REFUSED:
            return more._replace(trace=trace)
        decision = _hanging_on(decision, more.missing)._replace(trace=trace)
    return decision


def _presigned(evaluator: Evaluator, row: dict[str, Any], signed: Presigned, now: float) -> tuple[Request, Decision]:
    world = evaluator.world
    principal = row.get("principal") or world.holder_of(signed.key_id)
    ends = None
    if signed.of_session:
        ends = world.session_ends(str(principal or f"the key {signed.key_id}"))
    elsewhere = _of_another_region(world, address_of(str(row["url"])), signed)
    found = limited(signed, now, row["headers"], ends) if elsewhere is None else elsewhere
    client = str(row.get("client") or VISITOR)
    asked = shown(str(row["url"]), str(row.get("method") or "GET").upper(), client, row["headers"])
    told = steps(signed, now, ends)
    if isinstance(found, Decision):
        return asked, found._replace(trace=told)
    if principal is None:
        who = Missing(REASON_NOT_COLLECTED, f"whose the access key {signed.key_id} is (--as names the principal)")
        return asked, Decision(UNKNOWN, None, causes.NOT_ALLOWED, missing=(who, *found), trace=told)
    asked, request = request_of_url({**row, "principal": principal, "profile": PRESIGNED}, world, now)
    given = {str(name).lower() for name in (row.get("context") or {})}
    of_signature: dict[str, tuple[str, ...] | Missing] = {
        "s3:signatureversion": ("AWS4-HMAC-SHA256" if signed.version == 4 else "AWS",)
    }
    if signed.signed_at is not None:
        of_signature["s3:signatureage"] = (str(max(0, int((now - signed.signed_at) * 1000))),)
    context = request.context
    assert isinstance(context, Brought)
    more = {name: one for name, one in of_signature.items() if name not in given}
    decision = _evaluated(evaluator, request._replace(context=context.having(more)))
    return asked, _hanging_on(decision._replace(trace=(*told, *decision.trace)), found)


def _of_another_region(world: World, address: Address, signed: Presigned) -> Decision | None:
    """The answer to a URL that was signed for another Region than the one where it leads, where that is known."""
    bucket = None if address.bucket is None else world.bucket(address.bucket)
    known = bucket.region if isinstance(bucket, Bucket) else None
    expected = address.region or known
    if expected is None or signed.region in (None, expected):
        return None
    says = (
        f"Error parsing the X-Amz-Credential parameter; the region '{signed.region}' is wrong; expecting '{expected}'"
    )
    return Decision(NOT_REFUSED, 400, causes.BAD_SIGNING, says=says)


def _hanging_on(decision: Decision, missing: tuple[Missing, ...]) -> Decision:
    """The same decision where a refusal stands whatever is missing; otherwise unknown."""
    if not missing or decision.verdict == REFUSED:
        return decision
    names = tuple(dict.fromkeys((*missing, *decision.missing)))
    return decision._replace(verdict=UNKNOWN, status=None, says=None, missing=names)


def _through_cloudfront(
    evaluator: Evaluator, found: Decision | Passed, viewed: Viewed, now: float, *, is_page: bool = False
) -> Decision:
    if isinstance(found, Decision):
        return found
    decision = _hanging_on(_at_origin(evaluator, found, viewed, now), found.missing)
    where = StatementPlace(found.distribution.identifier, found.behaviour.pattern, "CloudFront behaviour")
    step = Step("CloudFront", f"asks {found.origin.domain} for {found.path} ({_as_whom(found)})", where)
    decision = decision._replace(trace=(step, *decision.trace))
    response = None if is_page else error_response(found.distribution, decision)
    if response is None:
        return decision
    if isinstance(response, Missing):
        return decision._replace(verdict=UNKNOWN, status=None, says=None, missing=(*decision.missing, response))
    page = viewed._replace(path=str(response.page), method="GET", secure=True)
    shows = _through_cloudfront(evaluator, passed(found.distribution, page), page, now, is_page=True)
    if shows.verdict == UNKNOWN:
        return decision._replace(verdict=UNKNOWN, status=None, says=None, missing=(*decision.missing, *shows.missing))
    if shows.status != 200:
        place = StatementPlace(found.distribution.identifier, str(response.code), "CloudFront custom error response")
        text = f"its page {response.page} cannot be had either ({shows.status}): viewers get {decision.status}"
        return decision._replace(because=(*decision.because, Because(place, text)))
    status = response.status or decision.status
    if status == 403:
        return decision._replace(verdict=REFUSED, status=403, cause=decision.cause)
    text = f"viewers get {response.page} with {status} in place of {decision.status} ({decision.cause})"
    return decision._replace(
        verdict=NOT_REFUSED,
        status=status,
        says=None,
        cause=causes.CLOUDFRONT_ERROR,
        trace=(*decision.trace, Step("CloudFront", text)),
    )


def _as_whom(found: Passed) -> str:
    origin = found.origin
    if origin.access == BY_OAC:
        return f"origin access control, signing {origin.signing}"
    return f"origin access identity {origin.identity}" if origin.access == BY_OAI else "unsigned"


def _at_origin(evaluator: Evaluator, found: Passed, viewed: Viewed, now: float) -> Decision:
    origin, world = found.origin, evaluator.world
    scheme = "https" if viewed.secure else "http"
    try:
        address = address_of(f"{scheme}://{origin.domain}{found.path}")
    except BadUsage:
        return Decision(NOT_REFUSED, None, causes.CLOUDFRONT_ORIGIN, handed_to=origin.domain)
    host = found.behaviour.forwards_host
    if isinstance(host, Missing):
        return Decision(UNKNOWN, None, causes.CLOUDFRONT_HOST, missing=(host,))
    access = origin.access if address.endpoint == REST and origin.signing != NEVER else NO_ACCESS
    if host is True:
        if access == BY_OAC:
            place = StatementPlace(found.distribution.identifier, found.behaviour.pattern, "CloudFront behaviour")
            text = "it forwards the viewer's Host, for which the signature of the origin access control does not hold"
            says = "The request signature we calculated does not match the signature you provided."
            return Decision(REFUSED, 403, causes.CLOUDFRONT_HOST, place, (Because(place, text),), says=says)
        address = address._replace(bucket=viewed.host)
    headers: dict[str, Any] = {"user-agent": "Amazon CloudFront", **dict(origin.headers)}
    if access == BY_OAC and origin.signing != ALWAYS and "authorization" in viewed.headers:
        missing = Missing(REASON_NOT_COLLECTED, "whose signature the viewer's Authorization header is")
        return Decision(UNKNOWN, None, causes.NOT_ALLOWED, missing=(missing,))
    if access == BY_OAI and origin.identity is None:
        missing = Missing(REASON_NOT_COLLECTED, f"the origin access identity of the origin {origin.name}")
        return Decision(UNKNOWN, None, causes.NOT_ALLOWED, missing=(missing,))
    if access == BY_OAC:
        profile = profile_of(f"{OAC}:{found.distribution.identifier}")
    elif access == BY_OAI:
        profile = profile_of(f"{OAI}:{origin.identity}")
    else:
        profile = profile_of(ANONYMOUS_HTTP)._replace(secure=None)
    return _evaluated(evaluator, _origin_request(world, profile, address, found, viewed, headers, now))


def _origin_request(
    world: World, profile: Profile, address: Address, found: Passed, viewed: Viewed, headers: dict[str, Any], now: float
) -> S3Request:
    request = by_profile(profile, world, address, viewed.method, headers, VISITOR, now)
    context = request.context
    assert isinstance(context, Brought)
    more: dict[str, tuple[str, ...] | Missing] = {
        "aws:sourceip": Missing(REASON_NOT_COLLECTED, "the address from which CloudFront asks"),
        "aws:securetransport": http_of_viewers(found, viewed) if address.endpoint == REST else ("false",),
    }
    return request._replace(context=context.having(more))
