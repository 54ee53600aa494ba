"""The limits of a presigned URL: what S3 answers before it looks at any policy.

Truth: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html; the messages are those of
recorded answers. A session lasts 36 hours at the longest (GetSessionToken, GetFederationToken).
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from audit403.core.decision import (
    NOT_REFUSED,
    REASON_NOT_COLLECTED,
    REASON_UNDOCUMENTED,
    REFUSED,
    Decision,
    Missing,
    Step,
)
from audit403.s3.decide import causes
from audit403.s3.model.presigned import BadPresigned, Presigned

LONGEST_SESSION = 36 * 3600
"""Seconds."""
_SKEW = 15 * 60


def steps(signed: Presigned, now: float, session_ends: float | Missing | None) -> tuple[Step, ...]:
    """What a URL says of itself: until when it is good, and where its credentials end before that."""
    by = f"signed with the key {signed.key_id}"
    if signed.signed_at is not None:
        by += f" at {_shown(signed.signed_at)}"
    found = [Step("presigned URL", f"{by}, good until {_shown(signed.ends_at)}", met=now <= signed.ends_at)]
    if not signed.of_session:
        return tuple(found)
    latest = None if signed.signed_at is None else signed.signed_at + LONGEST_SESSION
    if isinstance(session_ends, float):
        ends, text = session_ends, f"they are a session's, and end at {_shown(session_ends)}"
    elif latest is not None and signed.ends_at > latest:
        ends, text = latest, "they are a session's, which ends 36 hours after it began at the latest"
    else:
        return (*found, Step("credentials", "they are a session's, and the URL ends with it, if that comes first"))
    if ends < signed.ends_at:
        text += ": the URL then ends with them, whatever X-Amz-Expires says"
    return (*found, Step("credentials", text, met=now <= ends))


def _shown(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


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
        latest = signed.signed_at + LONGEST_SESSION if signed.signed_at is not None else None
        if (known is not None and now > known) or (latest is not None and now > latest):
            return Decision(NOT_REFUSED, 400, causes.CREDENTIALS_EXPIRED, says="The provided token has expired.")
        if isinstance(session_ends, Missing):
            missing.append(session_ends)
    return tuple(missing)
