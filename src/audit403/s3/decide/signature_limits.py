"""The limits of a presigned URL: what S3 answers before it looks at any policy.

Truth: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html; the messages are those of
recorded answers. A session lasts 36 hours at the longest (GetSessionToken, GetFederationToken).
"""

from collections.abc import Iterable

from audit403.core.decision import (
    NOT_REFUSED,
    REASON_NOT_COLLECTED,
    REASON_UNDOCUMENTED,
    REFUSED,
    Decision,
    Missing,
)
from audit403.s3.decide import causes
from audit403.s3.model.presigned import BadPresigned, Presigned

_LONGEST_SESSION = 36 * 3600
_SKEW = 15 * 60


def malformed(fault: BadPresigned) -> Decision:
    """The answer to a URL that cannot be understood as a signed one."""
    if fault.status == 403:
        return Decision(REFUSED, 403, causes.INCOMPLETE, says=str(fault))
    return Decision(NOT_REFUSED, fault.status, causes.BAD_SIGNING, says=str(fault))


def limited(
    signed: Presigned, now: float, headers: Iterable[str], session_ends: float | Missing | None
) -> Decision | tuple[Missing, ...]:
    """The answer that time, headers or credentials give; otherwise what of these is not known.

    `headers` are the lower-case names of those of the request, `session_ends` is when the credentials die: None for
    those that do not.
    """
    if now > signed.ends_at:
        return Decision(REFUSED, 403, causes.EXPIRED, says="Request has expired")
    missing: list[Missing] = []
    if signed.signed_at is not None and signed.signed_at > now:
        if signed.signed_at - now > _SKEW:
            return Decision(REFUSED, 403, causes.NOT_YET_VALID, says="Request is not valid yet")
        missing.append(Missing(REASON_UNDOCUMENTED, "how far in the future a URL may be signed"))
    names = set(headers)
    if signed.version == 4:
        unsigned = sorted(name for name in names if name.startswith("x-amz-") and name not in signed.headers)
        if unsigned:
            says = f"There were headers present in the request which were not signed ({', '.join(unsigned)})"
            return Decision(REFUSED, 403, causes.NOT_SIGNED, says=says)
        missing += [
            Missing(REASON_NOT_COLLECTED, f"the value of the header {name}, which is signed")
            for name in sorted(signed.headers - names - {"host"})
        ]
    if signed.of_session and session_ends is not None:
        known = session_ends if isinstance(session_ends, float) else None
        latest = signed.signed_at + _LONGEST_SESSION if signed.signed_at is not None else None
        if (known is not None and now > known) or (latest is not None and now > latest):
            return Decision(NOT_REFUSED, 400, causes.CREDENTIALS_EXPIRED, says="The provided token has expired.")
        if isinstance(session_ends, Missing):
            missing.append(session_ends)
    return tuple(missing)
