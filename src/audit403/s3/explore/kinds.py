"""Of which kinds of resources a pattern of a policy can name one: buckets, their objects, access points.

Truth: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html, "Resource types".
"""

from audit403.s3.model.holes import HOLE_START

BUCKET, OBJECT, POINT, OBJECT_BY_POINT = "bucket", "object", "accesspoint", "accesspointobject"
JUDGED = frozenset((BUCKET, OBJECT, POINT, OBJECT_BY_POINT))
_POINT = "accesspoint/"
_PARTS = 6


def kinds_of(pattern: str) -> frozenset[str] | None:
    """The kinds of which a pattern can match one; None where it may match anything, or that is not known."""
    parts = pattern.split(":", _PARTS - 1)
    if len(parts) < _PARTS or parts[0] != "arn" or parts[2] != "s3":
        return None
    region, account, rest = parts[3:]
    if any("*" in text or "?" in text or HOLE_START in text or "${" in text for text in (region, account)):
        return None
    if account:
        return _of_point(rest)
    if region:
        return frozenset()
    return _of_bucket(rest)


def _of_bucket(rest: str) -> frozenset[str] | None:
    name, slash, _ = rest.partition("/")
    if not slash:
        # A wildcard reaches over the slash: `b*` is the bucket and all its objects.
        if "*" in name or "?" in name or "${" in name:
            return None
        return None if _is_open(name) else frozenset((BUCKET,))
    return frozenset((OBJECT,))


def _of_point(rest: str) -> frozenset[str] | None:
    if not rest.startswith(_POINT) or _is_open(rest):
        return None
    name, slash, inner = rest[len(_POINT) :].partition("/")
    if not slash:
        return None if "*" in name or "${" in name else frozenset((POINT,))
    return frozenset((OBJECT_BY_POINT,)) if inner.startswith("object/") or inner[:1] == "*" else frozenset()


def _is_open(text: str) -> bool:
    """Whether a part of it may still bring a slash: a value that nobody knows may be any text."""
    return "…⟩" in text
