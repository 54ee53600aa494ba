"""Presigned URLs that are written into templates and configurations: those that have ended, or end before they say.

Truth: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html: a URL is good until its own end,
or until its credentials end. Those of a session live 36 hours at the longest (GetSessionToken, GetFederationToken).
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from time import time
from urllib.parse import parse_qs

from audit403.core.place import Span
from audit403.core.source import Source
from audit403.s3.decide.signature_limits import LONGEST_SESSION
from audit403.s3.model.presigned import BadPresigned, presigned_of

EXPIRED, OUTLIVES = "presigned-url-has-expired", "presigned-url-outlives-credentials"
WORD = b"X-Amz-Signature="
_URL = re.compile(r"https?://[^\s\"'<>`|]{1,2000}?\?([^\s\"'<>`|]{1,8000})")
_AND = re.compile(r"\\u0026|&amp;")
#: Keys of the documentation.
_EXAMPLE = "EXAMPLE"


def presigned_urls(source: Source) -> Iterator[tuple[str, Span, str]]:
    """The faults of the presigned URLs in a text."""
    for found in _URL.finditer(source.text) if WORD in source.data else ():
        try:
            signed = presigned_of(parse_qs(_AND.sub("&", found[1]), keep_blank_values=True))
        except BadPresigned:
            continue
        if signed is None or _EXAMPLE in signed.key_id:
            continue
        where = source.span(*found.span())
        if signed.ends_at < time():
            message = f"this presigned URL was good until {_shown(signed.ends_at)}: S3 answers 403 (it has expired)"
            yield EXPIRED, where, message
        elif signed.of_session and signed.signed_at is not None and signed.ends_at - signed.signed_at > LONGEST_SESSION:
            latest = _shown(signed.signed_at + LONGEST_SESSION)
            message = (
                f"this presigned URL says that it is good until {_shown(signed.ends_at)}, and is signed with the "
                f"credentials of a session, which end at {latest} at the latest, and it with them"
            )
            yield OUTLIVES, where, message


def _shown(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
