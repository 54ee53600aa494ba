"""Requests that nginx answers with a wanted status, to see what an error page makes of it."""

from collections.abc import Iterator

from audit403.core.request import Request
from audit403.explore.fields import with_header, with_target
from audit403.explore.ordinary import PROBE
from audit403.nginx.model.context import Context
from audit403.nginx.model.numbers import parse_offset


def provoke(request: Request, code: int, context: Context) -> Iterator[Request]:
    """Requests like this one that may be answered with the status."""
    path = request.target.partition("?")[0]
    if code == 404:
        yield with_target(request, path.rstrip("/") + f"/{PROBE}")
        yield with_target(request, path.rpartition("/")[0] + f"/{PROBE}")
    elif code == 405:
        yield request._replace(method="POST")
        yield request._replace(method="DELETE")
    elif code == 413:
        directive = context.last("client_max_body_size")
        limit = parse_offset(directive.args[0]) if directive is not None and directive.args else 1 << 20
        yield request._replace(method="POST", body_length=(limit or 0) + 1)
    elif code == 400:
        yield with_header(request, "content-length", "x")
    elif code == 414:
        yield with_target(request, path + "?" + "a" * 40_000)
    elif code == 416:
        yield with_header(request, "range", "bytes=99999999999-")
    elif code == 412:
        yield with_header(request, "if-match", '"audit403"')
    elif code in (429, 503):
        yield request._replace(over_limits=True)
    elif code == 497 and request.tls is not None:
        yield request._replace(scheme="http", tls=None)
    elif code in (495, 496) and request.tls is not None:
        certificate = "failed" if code == 495 else "none"
        yield request._replace(tls=request.tls._replace(client_certificate=certificate))
