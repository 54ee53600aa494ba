"""The request target, checked and normalised into `$uri` and `$args`.

Truth: ngx_http_parse_request_line, ngx_http_parse_complex_uri and ngx_http_process_request_uri in src/http.
"""

import re
from functools import lru_cache

from audit403.core.named_tuple import NamedTuple

_HEX = {byte: int(chr(byte), 16) for byte in b"0123456789abcdefABCDEF"}
_SLASH, _DOT, _PERCENT, _HASH, _QUESTION, _PLUS = b"/.%#?+"
_USUAL, _AFTER_SLASH, _ONE_DOT, _TWO_DOTS = range(4)
_FORBIDDEN = re.compile(rb"[\x00-\x20\x7f]")
_NEEDS_WORK = re.compile(rb"[%#+]|//|/\.")
_ABSOLUTE = rb"[A-Za-z][A-Za-z0-9+.\-]*://(\[[A-Za-z0-9:\-._~!$&'()*+,;=]*\]|[A-Za-z0-9.\-]*)(?::[0-9]*)?(?=[/?]|\Z)"


class Target(NamedTuple):
    """A request target as nginx takes it apart; `unparsed` is `$request_uri`, `host` is set for an absolute form."""

    uri: str
    args: str
    unparsed: str
    quoted: bool
    plus: bool
    host: str | None


class BadTarget(ValueError):
    """nginx answers 400 to this request target."""


@lru_cache(maxsize=4096)
def normalise_target(target: str, merge_slashes: bool) -> Target:
    """Take a target apart and normalise its path. Raises BadTarget where nginx answers 400."""
    # Spaces around the target belong to the request line.
    data = target.encode("utf-8", "surrogateescape").strip(b" ")
    if not data or _FORBIDDEN.search(data) is not None:
        raise BadTarget(target)
    host: str | None = None
    path = data
    if data[0] != _SLASH:
        absolute = re.match(_ABSOLUTE, data)
        if absolute is None:
            raise BadTarget(target)
        host = _text(absolute[1])
        data = data[absolute.end() :] or b"/"
        path = data if data[0] == _SLASH else b"/" + data
    plain, question, args = path.partition(b"?")
    if _NEEDS_WORK.search(plain) is None and b"#" not in args:
        return Target(_text(plain), _text(args) if question else "", _text(data), False, False, host)
    uri, args, quoted, plus = _normalise(path, merge_slashes)
    return Target(_text(uri), _text(args), _text(data), quoted, plus, host)


def normalise_path(path: str, merge_slashes: bool) -> str:
    """The path alone, normalised, for targets that are written in a configuration or a header."""
    data = path.encode("utf-8", "surrogateescape")
    return _text(_normalise(data, merge_slashes)[0])


def _normalise(data: bytes, merge_slashes: bool) -> tuple[bytes, bytes, bool, bool]:
    out = bytearray()
    state = _USUAL
    quoted = plus = False
    position, length = 0, len(data)
    args = b""
    while position < length:
        byte = data[position]
        position += 1
        literal = False
        if byte == _PERCENT:
            quoted = True
            byte, position = _decode(data, position)
            literal = byte in (_PERCENT, _HASH, _QUESTION)
            plus = plus or byte == _PLUS
        elif byte == _QUESTION:
            args = data[position:].partition(b"#")[0]
            break
        elif byte == _HASH:
            break
        elif byte == _PLUS:
            plus = True
        if literal:
            state = _USUAL
            out.append(byte)
        else:
            state = _append(out, byte, state, merge_slashes)
    _finish(out, state)
    return bytes(out), args, quoted, plus


def _append(out: bytearray, byte: int, state: int, merge_slashes: bool) -> int:
    if byte == _SLASH:
        if state == _AFTER_SLASH:
            if not merge_slashes:
                out.append(byte)
        elif state in (_ONE_DOT, _TWO_DOTS):
            _finish(out, state)
        else:
            out.append(byte)
        return _AFTER_SLASH
    out.append(byte)
    if byte == _DOT and state == _AFTER_SLASH:
        return _ONE_DOT
    if byte == _DOT and state == _ONE_DOT:
        return _TWO_DOTS
    return _USUAL


def _finish(out: bytearray, state: int) -> None:
    if state == _ONE_DOT:
        del out[-1:]
    elif state == _TWO_DOTS:
        cut = out.rfind(b"/", 0, len(out) - 3)
        if cut < 0:
            raise BadTarget(_text(bytes(out)))
        del out[cut + 1 :]


def _decode(data: bytes, position: int) -> tuple[int, int]:
    pair = data[position : position + 2]
    if len(pair) < 2 or pair[0] not in _HEX or pair[1] not in _HEX:
        raise BadTarget(_text(data))
    byte = _HEX[pair[0]] << 4 | _HEX[pair[1]]
    if byte == 0:
        raise BadTarget(_text(data))
    return byte, position + 2


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
