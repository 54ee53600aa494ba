"""Presigned URLs that are written into templates and configurations: those that have ended, or end before they say.

Truth: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html: a URL is good until its own end,
or until its credentials end. Those of a session live 36 hours at the longest (GetSessionToken, GetFederationToken).
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from time import time
from urllib.parse import parse_qs

from audit403.core.place import Span
from audit403.core.source import Source
from audit403.s3.decide.signature_limits import LONGEST_SESSION
from audit403.s3.model.presigned import BadPresigned, presigned_of

EXPIRED, OUTLIVES = "presigned-url-has-expired", "presigned-url-outlives-credentials"
WORD = b"X-Amz-Signature="
_SIGNATURE = re.compile(WORD.decode())
#: What no URL has in it, and what one goes on with.
_BREAK, _REST = re.compile(r"[\s\"'<>`|]"), re.compile(r"[^\s\"'<>`|]{0,4000}")
_LONGEST, _MOST = 8000, 1000
_AND = re.compile(r"\\u0026|&amp;")
#: Keys of the documentation.
_EXAMPLE = "EXAMPLE"


def presigned_urls(source: Source) -> Iterator[tuple[str, Span, str]]:
    """The faults of the presigned URLs in a text."""
    for start, end in _urls(source.text) if WORD in source.data else ():
        query = _AND.sub("&", source.text[start:end].partition("?")[2])
        try:
            signed = presigned_of(parse_qs(query, keep_blank_values=True))
        except BadPresigned:
            continue
        if signed is None or _EXAMPLE in signed.key_id:
            continue
        where = source.span(start, end)
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


def _urls(text: str) -> Iterator[tuple[int, int]]:
    """Where the URLs with a signature begin and end; the work is bounded, whatever the text is."""
    last = 0
    for found in islice(_SIGNATURE.finditer(text), _MOST):
        begin = max(last, found.start() - _LONGEST)
        head = text[begin : found.start()]
        start = max(head.rfind("https://"), head.rfind("http://"))
        if start < 0 or _BREAK.search(head, start):
            continue
        rest = _REST.match(text, found.end())
        last = rest.end() if rest is not None else found.end()
        yield begin + start, last


def _shown(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
