"""Of which kinds of resources a pattern of a policy can name one: buckets, their objects, access points.

Truth: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html, "Resource types".
"""

import re

from audit403.s3.model.holes import HOLE_START, is_open

BUCKET, OBJECT, POINT, OBJECT_BY_POINT = "bucket", "object", "accesspoint", "accesspointobject"
JUDGED = frozenset((BUCKET, OBJECT, POINT, OBJECT_BY_POINT))
_POINT = "accesspoint/"
_PARTS = 6
#: What a variable comes to may hold a slash.
_VARIABLE = re.compile(r"\$\{[^}]*\}")


def kinds_of(pattern: str) -> frozenset[str] | None:
    """The kinds of which a pattern can match one; None where it may match anything, or that is not known."""
    parts = pattern.split(":", _PARTS - 1)
    if len(parts) < _PARTS or parts[0] != "arn" or parts[2] != "s3":
        return None
    region, account, rest = parts[3:]
    if any("*" in text or "?" in text or "${" in text for text in (region, account)):
        return None
    if HOLE_START in region or HOLE_START in account:
        return _of_point(rest) if rest.startswith(_POINT) else None
    if account:
        return _of_point(rest)
    if region:
        return frozenset()
    return _of_bucket(rest)


def _of_bucket(rest: str) -> frozenset[str] | None:
    name, slash, _ = _VARIABLE.sub("*", rest).partition("/")
    if slash:
        return frozenset((OBJECT,))
    # A wildcard reaches over the slash: `b*` is the bucket and all its objects.
    return None if "*" in name or "?" in name or is_open(name) else frozenset((BUCKET,))


def _of_point(rest: str) -> frozenset[str] | None:
    if not rest.startswith(_POINT) or is_open(rest):
        return None
    name, slash, inner = _VARIABLE.sub("*", rest[len(_POINT) :]).partition("/")
    if not slash:
        return None if "*" in name else frozenset((POINT,))
    return frozenset((OBJECT_BY_POINT,)) if inner.startswith("object/") or inner[:1] == "*" else frozenset()
