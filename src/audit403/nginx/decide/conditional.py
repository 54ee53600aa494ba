"""What becomes of a 200 that nginx itself sends: If-* headers and Range can make it a 304, 412, 206 or 416.

Truth: src/http/modules/ngx_http_not_modified_filter_module.c and ngx_http_range_filter_module.c, in this order.
"""

from audit403.nginx.ascii import lower
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.outcome import Body, Outcome, Sent, Status
from audit403.nginx.decide.static_gzip import gzip_ok

_LARGEST = (1 << 63) - 1
_SATISFIED, _NOT_SATISFIABLE, _IGNORED = range(3)


class _NotKnown(Exception):
    """The status hangs on a time or a size that the evidence does not show; in no case is it a 403."""


def conditional(exchange: Exchange, sent: Sent) -> Outcome:
    """The response after the filters."""
    if sent.body is None or exchange.is_subrequest or (exchange.err_status or sent.code) != 200:
        return Sent(sent.code)
    try:
        code = _not_modified(exchange, sent.body) or _ranges(exchange, sent.body)
    except _NotKnown:
        return Sent(None)
    if code in (412, 416):
        exchange.decided("precondition", None, f"the request's conditions make it {code}")
        return Status(code)
    return Sent(code or sent.code)


def _not_modified(exchange: Exchange, body: Body) -> int | None:
    request = exchange.request
    unmodified, match = request.header("if-unmodified-since"), request.header("if-match")
    modified, none_match = request.header("if-modified-since"), request.header("if-none-match")
    if unmodified is not None and not (body.is_file and _time(unmodified) >= _mtime(body)):
        return 412
    if match is not None and not _etag_matches(exchange, body, match, False):
        return 412
    if modified is None and none_match is None:
        return None
    if modified is not None and _modified(exchange, body, modified):
        return None
    if none_match is not None and not _etag_matches(exchange, body, none_match, True):
        return None
    return 304


def _modified(exchange: Exchange, body: Body, header: str) -> bool:
    mode = exchange.context.argument("if_modified_since", "exact")
    if not body.is_file or mode == "off":
        return True
    since, mtime = _time(header), _mtime(body)
    return since != mtime and (mode == "exact" or since < mtime)


def _etag_matches(exchange: Exchange, body: Body, header: str, weak: bool) -> bool:
    """ngx_http_test_if_match."""
    if header == "*":
        return True
    etag = _etag(exchange, body)
    if etag is None:
        return False
    position = 0
    while position < len(header):
        if weak and header.startswith("W/", position) and len(header) - position > 2:
            position += 2
        if len(etag) > len(header) - position:
            return False
        if header.startswith(etag, position):
            position += len(etag)
            while position < len(header) and header[position] in " \t":
                position += 1
            if position == len(header) or header[position] == ",":
                return True
        while position < len(header) and header[position] != ",":
            position += 1
        while position < len(header) and header[position] in " \t,":
            position += 1
    return False


def _etag(exchange: Exchange, body: Body) -> str | None:
    if not body.is_file or not exchange.context.flag("etag", True):
        return None
    if body.size is None:
        raise _NotKnown
    return f'"{_mtime(body):x}-{body.size:x}"'


def _mtime(body: Body) -> int:
    if body.mtime is None:
        raise _NotKnown
    return body.mtime


def _ranges(exchange: Exchange, body: Body) -> int | None:
    header = exchange.request.header("range")
    if not body.ranges or header is None or len(header) < 7 or lower(header[:6]) != "bytes=":
        return None
    limit = exchange.context.argument("max_ranges", "")
    most = int(limit) if limit.isdigit() else _LARGEST
    if not most or not _range_is_for_this(exchange, body):
        return None
    if body.size is None or _may_be_recoded(exchange):
        raise _NotKnown
    found = _parse_ranges(header[6:], body.size, 1 if body.single_range else most)
    return {_SATISFIED: 206, _NOT_SATISFIABLE: 416, _IGNORED: None}[found]


def _range_is_for_this(exchange: Exchange, body: Body) -> bool:
    header = exchange.request.header("if-range")
    if header is None:
        return True
    if len(header) >= 2 and header.endswith('"'):
        return header == _etag(exchange, body)
    return _time(header) == _mtime(body)


def _time(header: str) -> int:
    from audit403.nginx.decide.http_time import parse_http_time  # few requests have dates, and calendar costs 3 ms

    return parse_http_time(header)


def _may_be_recoded(exchange: Exchange) -> bool:
    """Whether a filter may change the body, and with it take the ranges away; which ones do hangs on its type."""
    context = exchange.context
    if context.flag("gzip") and gzip_ok(exchange):
        return True
    recoders = ("sub_filter", "add_before_body", "add_after_body", "xslt_stylesheet", "source_charset")
    return context.flag("ssi") or any(context.last(name) for name in recoders)


def _parse_ranges(text: str, size: int, most: int) -> int:
    """ngx_http_range_parse: `bytes=` is taken off; a text's end is the NUL that nginx sees."""
    total = found = position = 0
    text += "\0"
    while True:
        position = _skip(text, position)
        suffix = text[position] == "-"
        start = end = 0
        open_ended = False
        if not suffix:
            number, position = _number(text, position)
            if number is None:
                return _NOT_SATISFIABLE
            start = number
            position = _skip(text, position)
            if text[position] != "-":
                return _NOT_SATISFIABLE
            position = _skip(text, position + 1)
            open_ended = text[position] in ",\0"
        else:
            position += 1
        if open_ended:
            end = size
        else:
            number, position = _number(text, position)
            position = _skip(text, position)
            if number is None or text[position] not in ",\0":
                return _NOT_SATISFIABLE
            if suffix:
                start, number = max(0, size - number), size - 1
            end = min(number + 1, size)
        if start < end:
            found += 1
            total += end - start
            if found > most:
                return _IGNORED
        elif start == 0:
            return _IGNORED
        if text[position] != ",":
            break
        position += 1
    if not found:
        return _NOT_SATISFIABLE
    return _IGNORED if total > size else _SATISFIED


def _skip(text: str, position: int) -> int:
    while text[position] == " ":
        position += 1
    return position


def _number(text: str, position: int) -> tuple[int | None, int]:
    start = position
    while text[position] in "0123456789":
        position += 1
    value = int(text[start:position]) if start < position else None
    return (None if value is not None and value > _LARGEST else value), position
