"""Whether nginx has room for the lines of a request.

Truth: ngx_http_alloc_large_header_buffer in src/http/ngx_http_request.c: the first lines go into one small buffer, and
each line that does not fit what is left takes one of a few large ones.
"""

from audit403.core.request import Request
from audit403.nginx.model.context import Context
from audit403.nginx.model.numbers import parse_size

_SMALL = 1024
_SURELY_FITS = 150  # letters of up to four bytes in the target and the headers, beside the method and the Host
_LARGE, _NUMBER = 8192, 4
_LINE_BREAK = 2
_SEPARATOR = 2
_AROUND_TARGET = len("  HTTP/1.1")


def too_large(request: Request, server: Context) -> int | None:
    """414 or 494 where a line of the request finds no room, else None."""
    letters = len(request.target) + sum([len(name) + len(value) for name, value in request.headers])
    if letters < _SURELY_FITS and server.last("client_header_buffer_size") is None:
        return None
    lengths = [_bytes(request.method) + _bytes(request.target) + _AROUND_TARGET]
    if request.host is not None:
        lengths.append(len("Host") + _SEPARATOR + _bytes(request.host))
    lengths += [_bytes(name) + _SEPARATOR + _bytes(value) for name, value in request.headers]
    lengths.append(0)  # the empty line at the end
    small, number, large = _buffers(server)
    if sum(lengths) + _LINE_BREAK * len(lengths) <= small:
        return None
    room, busy = small, 0
    for index, length in enumerate(lengths):
        length += _LINE_BREAK
        if length <= room:
            room -= length
        elif length > large or busy == number:
            return 494 if index else 414
        else:
            busy += 1
            room = large - length
    return None


def _buffers(server: Context) -> tuple[int, int, int]:
    small = _size(server.argument("client_header_buffer_size", ""), _SMALL)
    directive = server.last("large_client_header_buffers")
    if directive is None or len(directive.args) != 2 or not directive.args[0].isdigit():
        return small, _NUMBER, _LARGE
    return small, int(directive.args[0]), _size(directive.args[1], _LARGE)


def _size(text: str, default: int) -> int:
    size = parse_size(text)
    return default if size is None else size


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogateescape"))
