"""The headers that WebDAV's COPY, MOVE and DELETE read: Destination, Depth and Overwrite.

Truth: ngx_http_dav_copy_move_handler and ngx_http_dav_depth in src/http/modules/ngx_http_dav_module.c,
ngx_http_parse_unsafe_uri in src/http/ngx_http_parse.c, ngx_unescape_uri in src/core/ngx_string.c.
"""

from audit403.core.request import Request

INFINITY = -1
INVALID = -2


class BadDestination(ValueError):
    """nginx answers 400; the text is its own."""


def depth_of(request: Request, default: int) -> int:
    """The Depth header: 0, 1, INFINITY or INVALID."""
    header = request.header("depth")
    if header is None:
        return default
    return {"0": 0, "1": 1, "infinity": INFINITY}.get(header, INVALID)


def may_overwrite(request: Request) -> bool | None:
    """The Overwrite header; None when it is neither T nor F."""
    header = request.header("overwrite")
    return True if header is None else {"T": True, "t": True, "F": False, "f": False}.get(header)


def has_body(request: Request) -> bool:
    """Whether a body is announced, with a length or in chunks."""
    return bool(request.body_length) or request.header("transfer-encoding") is not None


def destination_of(request: Request, host: str) -> str:
    """The path of the Destination header, decoded and not otherwise tidied. Raises BadDestination."""
    header = request.header("destination")
    if header is None:
        raise BadDestination('client sent no "Destination" header')
    invalid = BadDestination(f'client sent invalid "Destination" header: "{header}"')
    target = header
    if not header.startswith("/"):
        if not host:
            raise BadDestination('client sent no "Host" header')
        scheme = "https://" if request.tls is not None else "http://"
        if not header.startswith(scheme):
            raise invalid
        rest = header[len(scheme) :]
        if not rest.startswith(host):
            raise BadDestination(f'"Destination" URI "{header}" is handled by different repository than the source URI')
        _, slash, after = rest[len(host) :].partition("/")
        if not slash:
            raise invalid
        target = "/" + after
    decoded = _decoded(target.encode("utf-8", "surrogateescape"))
    if decoded is None:
        raise invalid
    return decoded.decode("utf-8", "surrogateescape")


def _decoded(target: bytes) -> bytes | None:
    """The path before the arguments; None where nginx calls it unsafe."""
    path, _, _ = target.partition(b"?")
    if _is_unsafe(path):
        return None
    if b"%" not in path:
        return path
    path = _unescaped(path)
    return None if _is_unsafe(path) else path


def _is_unsafe(path: bytes) -> bool:
    return b"\0" in path or b".." in path.split(b"/")


def _unescaped(data: bytes) -> bytes:
    """Decode %HH; a bad escape loses its percent sign, and one that is bad in its second digit is lost."""
    decoded = bytearray()
    position = 0
    while position < len(data):
        byte = data[position]
        position += 1
        if byte != 0x25:
            decoded.append(byte)
            continue
        if position == len(data):
            break
        first = data[position : position + 1]
        position += 1
        if first not in _HEXADECIMAL:
            decoded += first
            continue
        second = data[position : position + 1]
        position += 1
        if second and second in _HEXADECIMAL:
            decoded.append(int(first + second, 16))
    return bytes(decoded)


_HEXADECIMAL = b"0123456789abcdefABCDEF"
