"""What a presigned URL says of itself: who signed it, when, for how long, and which headers with it.

Truth: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html; of the older kind
RESTAuthentication.html.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from audit403.core.named_tuple import NamedTuple

LONGEST = 604_800
"""Seconds: seven days."""

_FOUR = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Signature",
    "X-Amz-Date",
    "X-Amz-SignedHeaders",
    "X-Amz-Expires",
)
_TWO = ("Signature", "Expires", "AWSAccessKeyId")
_DATE = re.compile(r"\d{8}T\d{6}Z\Z", re.ASCII)
_SECONDS = re.compile(r"-?\d{1,18}\Z", re.ASCII)


class Presigned(NamedTuple):
    """One presigned URL. Of version 2 it is not said when it was signed, and neither headers nor a Region are named."""

    version: int
    key_id: str
    signed_at: float | None
    ends_at: float
    headers: frozenset[str]
    of_session: bool
    region: str | None = None


class BadPresigned(ValueError):
    """What S3 answers to a URL that is signed wrongly: `status` with the text."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def presigned_of(query: Mapping[str, list[str]]) -> Presigned | None:
    """What the query says; None for a URL that is not signed. Raises BadPresigned."""
    given = {name: values[0] for name, values in query.items() if values}
    if any(name in given for name in _FOUR[:3]):
        return _version_four(given)
    if "AWSAccessKeyId" in given or "Signature" in given:
        return _version_two(given)
    return None


def _version_four(given: Mapping[str, str]) -> Presigned:
    if not all(given.get(name) for name in _FOUR):
        raise BadPresigned(
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
            "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
            400,
        )
    if not _SECONDS.match(given["X-Amz-Expires"]):
        raise BadPresigned("X-Amz-Expires should be a number", 400)
    lasts = int(given["X-Amz-Expires"])
    if lasts < 0:
        raise BadPresigned("X-Amz-Expires must be non-negative", 400)
    if lasts > LONGEST:
        raise BadPresigned(
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than "
            "604800 seconds",
            400,
        )
    at = _moment(given["X-Amz-Date"])
    key_id, *scope = given["X-Amz-Credential"].rsplit("/", 4)
    if len(scope) != 4 or scope[3] != "aws4_request":
        raise BadPresigned("Error parsing the X-Amz-Credential parameter", 400)
    if scope[0] != given["X-Amz-Date"][:8]:
        raise BadPresigned("Error parsing the X-Amz-Credential parameter; its date is not that of X-Amz-Date", 400)
    if not scope[2].startswith("s3"):
        why = f'incorrect service "{scope[2]}". This endpoint belongs to "s3".'
        raise BadPresigned(f"Error parsing the X-Amz-Credential parameter; {why}", 400)
    headers = frozenset(name.lower() for name in given["X-Amz-SignedHeaders"].split(";") if name)
    session = key_id.startswith("ASIA") or "X-Amz-Security-Token" in given
    return Presigned(4, key_id, at, at + lasts, headers, session, scope[1])


def _version_two(given: Mapping[str, str]) -> Presigned:
    ends = given.get("Expires", "")
    if not all(given.get(name) for name in _TWO):
        raise BadPresigned(
            "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters", 403
        )
    if not _SECONDS.match(ends):
        raise BadPresigned("Invalid date (should be seconds since epoch): " + ends, 403)
    key_id = given["AWSAccessKeyId"]
    session = key_id.startswith("ASIA") or "x-amz-security-token" in given
    return Presigned(2, key_id, None, float(ends), frozenset(), session)


def _moment(text: str) -> float:
    try:
        if not _DATE.match(text):
            raise ValueError
        return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise BadPresigned("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"", 400) from None
