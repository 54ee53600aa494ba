"""The path of a request: without dot segments, decoded, with or without double slashes.

Truth: ap_normalize_path and unescape_url in server/util.c, and the beginning of ap_process_request_internal.
"""

import re

from audit403.apache.decide.exchange import FORWARD, Exchange
from audit403.apache.decide.outcome import OK

_PATH_OF_URL = re.compile(r"\A[^/?#]*(?://[^/?#]*)?|[?#].*", re.DOTALL)
_UNRESERVED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
_HEXADECIMAL = frozenset("0123456789abcdefABCDEF")


def normalise(exchange: Exchange, merge_slashes: bool, allow_relative: bool) -> int:
    """Normalise the undecoded path; a subrequest for a file may have none."""
    if allow_relative and not exchange.uri:
        return OK
    if exchange.proxied == FORWARD:
        # A URL for the forward proxy stays as it is, but its path has to be one.
        behind = _PATH_OF_URL.sub("", exchange.uri)
        if not behind.startswith("/") or normalise_path(behind, merge_slashes, decode_unreserved=True) is not None:
            return OK
    if "%" not in exchange.uri and "//" not in exchange.uri and "/." not in exchange.uri and exchange.uri[:1] == "/":
        return OK
    path = normalise_path(exchange.uri, merge_slashes, decode_unreserved=True, allow_relative=allow_relative)
    if path is None:
        exchange.step("uri", f"{exchange.unparsed_uri} is no valid path: 400")
        exchange.decided("invalid-uri", None, "", log=f"AH10244: invalid URI path ({exchange.unparsed_uri})")
        return 400
    exchange.uri = path
    return OK


def unescape(exchange: Exchange, merge_slashes: bool, allow_relative: bool) -> int:
    """Decode the path as AllowEncodedSlashes says; what may not be in it is 404."""
    slashes = exchange.core.encoded_slashes
    if "%" not in exchange.uri:
        return OK
    forbid, keep = slashes == "off", slashes == "nodecode"
    try:
        exchange.uri = unescape_url(exchange.uri, forbid_slashes=forbid, keep_slashes=keep, keep_unreserved=True)
    except BadEscape as error:
        if error.status == 400:
            exchange.step("uri", f"{exchange.unparsed_uri} has a % without two digits: 400")
            exchange.decided("invalid-uri", None, "")
            return 400
        exchange.step("uri", f"{exchange.unparsed_uri} has an encoded slash or a null byte in its path: 404")
        log = f"AH00026: found %2f (encoded '/') in URI path ({exchange.unparsed_uri}), returning 404"
        exchange.decided("encoded-slash", None, "", log=log if forbid else None)
        return 404
    if slashes == "on":
        # What leads out of the root is no fault any more: httpd does not look at the result.
        again = normalise_path(
            exchange.uri, merge_slashes, decode_unreserved=False, allow_relative=allow_relative, stay_at_root=True
        )
        exchange.uri = exchange.uri if again is None else again
    return OK


def normalise_path(
    path: str,
    merge_slashes: bool,
    *,
    decode_unreserved: bool,
    allow_relative: bool = False,
    stay_at_root: bool = False,
) -> str | None:
    """The path without `.` and `..` segments; None where httpd refuses it. `*` stays.

    With `stay_at_root` a `..` above the root is passed over; otherwise httpd refuses it.
    """
    if not path.startswith("/"):
        if path == "*":
            return path
        if not allow_relative or not path:
            return None
    if decode_unreserved and "%" in path:
        decoded = _decode_unreserved(path)
        if decoded is None:
            return None
        path = decoded
    fine = True
    begins_with_slash = path.startswith("/")
    out: list[str] = []
    segments = path[1:].split("/") if begins_with_slash else path.split("/")
    last = len(segments) - 1
    for index, segment in enumerate(segments):
        if segment == "" and merge_slashes and index < last:
            continue
        if segment == ".":
            if index == last:
                out.append("")
            continue
        if segment == "..":
            if out:
                out.pop()
            else:
                fine = False
            if index == last:
                out.append("")
            continue
        out.append(segment)
    if not fine and not stay_at_root:
        return None
    return ("/" if begins_with_slash else "") + "/".join(out)


def _decode_unreserved(path: str) -> str | None:
    """With the escapes of letters, digits and `-._~` decoded; None where a `%` has no two digits."""
    parts = path.split("%")
    out = [parts[0]]
    for part in parts[1:]:
        if len(part) < 2 or not _HEXADECIMAL.issuperset(part[:2]):
            return None
        mark = chr(int(part[:2], 16))
        out.append(mark + part[2:] if mark in _UNRESERVED else "%" + part)
    return "".join(out)


class BadEscape(ValueError):
    """An escape that httpd does not take; `status` is 400 or 404."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def unescape_url(
    text: str, *, forbid_slashes: bool = False, keep_slashes: bool = False, keep_unreserved: bool = False
) -> str:
    """The decoded text. Raises BadEscape: 400 for a broken escape, else 404 for a null byte or a forbidden slash."""
    data = text.encode("utf-8", "surrogateescape")
    parts = data.split(b"%")
    out = [parts[0]]
    broken = forbidden = False
    for part in parts[1:]:
        digits = part[:2].decode("latin-1")
        if len(part) < 2 or not _HEXADECIMAL.issuperset(digits):
            broken = True
            continue
        code = int(digits, 16)
        if code == 0 or (forbid_slashes and code == 0x2F):
            forbidden = True
        kept = (keep_unreserved and chr(code) in _UNRESERVED) or (keep_slashes and code == 0x2F)
        out.append(b"%" + part if kept else bytes((code,)) + part[2:])
    if broken:
        raise BadEscape(400)
    if forbidden:
        raise BadEscape(404)
    return b"".join(out).decode("utf-8", "surrogateescape")
