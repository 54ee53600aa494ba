"""Origins in a CORS configuration that no browser sends: S3 answers the preflights of those who were meant with 403.

Truth: RFC 6454, section 6.2 (an origin is scheme, host and a port that is not the scheme's own, and nothing behind
it), and https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html (origins are compared as they are).
"""

import re
from collections.abc import Iterator

from audit403.core.decision import Missing
from audit403.core.fact import DocumentFault
from audit403.core.place import StatementPlace
from audit403.s3.explore.mistake import FAMILY
from audit403.s3.model.bucket import Bucket
from audit403.s3.model.cors import CorsRule
from audit403.s3.model.holes import HOLE_START
from audit403.s3.model.world import World

NEVER_SENT = "cors-origin-never-sent"
_OWN_PORTS = (("http://", ":80"), ("https://", ":443"))
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d+)?\Z|localhost(?::\d+)?\Z")
_PLACES = ("${", "{{", "<", "%")


def cors_mistakes(world: World, bucket: Bucket) -> Iterator[DocumentFault]:
    """The origins of one bucket's rules that are never sent, where no other rule lets those in who were meant."""
    rules: tuple[CorsRule, ...] = () if isinstance(bucket.cors, Missing) else bucket.cors
    where = world.places.get(("buckets", bucket.name, "cors")) or StatementPlace(bucket.name, "", "CORS configuration")
    for number, rule in enumerate(rules):
        for origin in rule.origins:
            found = _meant(origin)
            if found is None or _is_let_through(rules, rule, found[0]):
                continue
            right, why = found
            message = (
                f"no browser sends the origin {origin} that CORS rule {number} of {bucket.name} allows: {why}; the "
                f"preflights of pages of {right} get 403 (AccessForbidden)"
            )
            yield DocumentFault(FAMILY, NEVER_SENT, where, message, (origin, right))


def _meant(origin: str) -> tuple[str, str] | None:
    """The origin that a browser sends, and why the written one is another; None where it may be sent as it is."""
    if HOLE_START in origin or any(mark in origin for mark in _PLACES):
        return None
    scheme, separator, rest = origin.partition("://")
    if not separator:
        if _HOST.match(origin):
            return f"https://{origin}", "an origin begins with its scheme"
        return None
    host, slash, _ = rest.partition("/")
    if slash and host:
        return f"{scheme}://{host}", "an origin ends before the slash"
    for start, port in _OWN_PORTS:
        if origin.startswith(start) and origin.endswith(port):
            return origin.removesuffix(port), f"{port[1:]} is the scheme's own port, which is left out"
    return None


def _is_let_through(rules: tuple[CorsRule, ...], rule: CorsRule, right: str) -> bool:
    """Whether what was meant is let through all the same, by the same rule or by another."""
    asked = right.replace("*", "x")
    return all(any(other.unmet(asked, method, ()) is None for other in rules) for method in rule.methods)
