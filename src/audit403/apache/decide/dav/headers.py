"""The headers that WebDAV reads, and the length of a request's body.

Truth: dav_get_depth, dav_get_overwrite, dav_parse_range in modules/dav/main/mod_dav.c, ap_xml_parse_input in
server/util_xml.c. What a body says is not known: it counts as the sound XML that the method asks for.
"""

import re

from audit403.apache.decide.dav.outcome import Failure, TooLarge
from audit403.apache.decide.dav.resource import header
from audit403.apache.decide.default_handler import body_is_too_large, body_length
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.outcome import BAD_REQUEST

INFINITY = 1 << 31
INVALID = -1
USUAL_XML_LIMIT = 1_000_000
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\*.*|\d+)\Z", re.IGNORECASE | re.DOTALL)
_LARGEST = (1 << 63) - 1


def depth_of(exchange: Exchange, default: int) -> int:
    """The Depth header: 0, 1, INFINITY or INVALID."""
    text = header(exchange, "depth")
    if text is None:
        return default
    if text.lower() == "infinity":
        return INFINITY
    return {"0": 0, "1": 1}.get(text, INVALID)


def may_overwrite(exchange: Exchange) -> bool:
    """The Overwrite header. Raises Failure."""
    text = header(exchange, "overwrite")
    if text is None or text in ("T", "t"):
        return True
    if text in ("F", "f"):
        return False
    raise Failure(BAD_REQUEST, "An invalid Overwrite header was specified.", number="AH00581")


def content_range(exchange: Exchange) -> bool:
    """Whether only a part of a file is sent. Raises Failure where the header is malformed."""
    text = header(exchange, "content-range")
    if text is None:
        return False
    found = _RANGE.match(text)
    if found is not None:
        first, last, whole = found.groups()
        fits = int(first) <= int(last) <= _LARGEST
        if fits and (whole.startswith("*") or int(last) < int(whole) <= _LARGEST):
            return True
    raise Failure(BAD_REQUEST, "Malformed Content-Range header for PUT.", sent=True)


def discard_body(exchange: Exchange) -> None:
    """Read the body and forget it. Raises Failure where it is too large."""
    if body_is_too_large(exchange):
        raise TooLarge


def has_document(exchange: Exchange) -> bool:
    """Whether a body comes along, which is XML then. Raises TooLarge."""
    if body_is_too_large(exchange):
        raise TooLarge
    length = body_length(exchange)
    limit = exchange.core.limit_xml_body
    limit = USUAL_XML_LIMIT if limit is None else limit
    if limit and length > limit:
        words = f"XML request body is larger than the configured limit of {limit}"
        raise Failure(413, words, number="AH00539", cause="body-too-large")
    return length > 0
