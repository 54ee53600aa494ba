"""A browser's preflight: OPTIONS with an Origin and what it means to send. Nobody is authorized, the CORS rules decide.

Truth: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTOPTIONSobject.html and the userguide's cors.html; the
messages are those of recorded answers.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from audit403.core.decision import (
    NOT_REFUSED,
    REASON_UNDOCUMENTED,
    REFUSED,
    UNKNOWN,
    Decision,
    Missing,
    Step,
)
from audit403.core.place import Because, StatementPlace
from audit403.s3.decide import causes
from audit403.s3.decide.request import WEBSITE
from audit403.s3.model.cors import HEADERS, METHOD, ORIGIN, CorsRule
from audit403.s3.model.world import World

_NOT_SET = "CORSResponse: CORS is not enabled for this bucket."
_NOT_ALLOWED = (
    "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / "
    "Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec."
)
_NO_ORIGIN = "Insufficient information. Origin request header needed."


def preflight(world: World, bucket_name: str, endpoint: str, headers: Mapping[str, Any]) -> Decision:
    """The answer to OPTIONS; `headers` have lower-case names."""
    origin = str(headers.get("origin") or "")
    method = str(headers.get("access-control-request-method") or "")
    named = str(headers.get("access-control-request-headers") or "")
    wanted = tuple(name.strip() for name in named.split(",") if name.strip())
    if not origin:
        return Decision(NOT_REFUSED, 400, causes.BAD_PREFLIGHT, says=_NO_ORIGIN)
    if method not in ("GET", "PUT", "POST", "DELETE", "HEAD"):
        said = f"Invalid Access-Control-Request-Method: {method or 'null'}"
        return Decision(NOT_REFUSED, 400, causes.BAD_PREFLIGHT, says=said)
    if endpoint == WEBSITE:
        missing = Missing(REASON_UNDOCUMENTED, "what a website endpoint answers to OPTIONS")
        return Decision(UNKNOWN, None, causes.CORS_REFUSES, missing=(missing,))
    bucket = world.bucket(bucket_name)
    if isinstance(bucket, Missing):
        return Decision(UNKNOWN, None, causes.CORS_REFUSES, missing=(bucket,))
    where = StatementPlace(bucket_name, "CORS", "CORS configuration")
    if bucket is None or bucket.cors == ():
        what = "there is no such bucket" if bucket is None else "the bucket has no CORS configuration"
        because = (Because(where, f"{what}: every preflight is refused (AccessForbidden)"),)
        return Decision(REFUSED, 403, causes.CORS_REFUSES, where, because, says=_NOT_SET)
    rules = bucket.cors
    if isinstance(rules, Missing):
        return Decision(UNKNOWN, None, causes.CORS_REFUSES, missing=(rules,))
    return _by_rules(bucket_name, rules, origin, method, wanted)


def _by_rules(bucket: str, rules: Iterable[CorsRule], origin: str, method: str, wanted: tuple[str, ...]) -> Decision:
    steps, links = [], []
    for number, rule in enumerate(rules):
        where = StatementPlace(bucket, f"rule {number}", "CORS configuration")
        unmet = rule.unmet(origin, method, wanted)
        if unmet is None:
            steps.append(Step("CORS", f"rule {number} lets {origin} send {method}", where, True))
            return Decision(NOT_REFUSED, 200, causes.PREFLIGHT, where, trace=tuple(steps))
        have = {ORIGIN: origin, METHOD: method, HEADERS: ", ".join(wanted)}[unmet]
        allowed = {ORIGIN: rule.origins, METHOD: rule.methods, HEADERS: rule.headers}[unmet]
        text = f"its {unmet} ({', '.join(allowed) or 'none'}) do not let {have} through"
        steps.append(Step("CORS", f"rule {number} does not match: {text}", where, False, unmet))
        links.append(Because(where, text))
    where = StatementPlace(bucket, "CORS", "CORS configuration")
    return Decision(
        REFUSED, 403, causes.CORS_REFUSES, where, tuple(links), trace=tuple(steps), says=_NOT_ALLOWED
    )  # fmt: skip
