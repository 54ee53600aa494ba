"""A URI as a servlet container reads it: what stands behind a semicolon in a segment is a parameter, and no name.

Truth: alias_match_servlet in modules/proxy/mod_proxy.c, for ProxyPass with mapping=servlet.
"""

import re

from audit403.core.named_tuple import NamedTuple

_NAME = re.compile(r"[^/;]*")
_PARAMETERS = re.compile(r";[^/]*")


class ServletPath(NamedTuple):
    """How much of the URI a prefix covers, and the URI without parameters, doubled slashes, `.` and `..`."""

    length: int
    uri: str


class _Segment(NamedTuple):
    name: str
    start: int
    """Where what is handed on begins, if the prefix ends before this one."""
    end: int


def servlet_path(uri: str, prefix: str) -> ServletPath | None:
    """How a raw URI lies below a prefix; None where it does not."""
    if not uri.startswith("/") or not prefix.startswith("/"):
        return None
    read = _segments(uri)
    wanted = [name for name in prefix.split("/") if name]
    if read is None:
        return None
    kept, ends_in_slash = read
    names = [segment.name for segment in kept]
    if names[: len(wanted)] != wanted:
        return None
    mapped = "/" + "/".join(names) + ("/" if names and ends_in_slash else "")
    is_open = not prefix.endswith("/")
    if len(kept) > len(wanted):
        length = kept[len(wanted)].start
        if wanted and is_open and uri[kept[len(wanted) - 1].end] == ";":
            length = kept[len(wanted) - 1].end  # its last segment's parameters are handed on
    elif wanted and not is_open and not ends_in_slash:
        return None
    else:
        length = len(uri)
    if is_open and uri[length - 1] == "/":
        length -= 1
    return ServletPath(length, mapped)


def _segments(uri: str) -> tuple[list[_Segment], bool] | None:
    """The segments, and whether a slash comes behind them; None where `..` leads above the root."""
    kept: list[_Segment] = []
    at, behind_slash, slash = 1, 1, True
    while at < len(uri):
        if uri[at] == "/":
            at += 1
            if not slash:
                behind_slash, slash = at, True
            continue
        parameters = _PARAMETERS.match(uri, at)
        if parameters is not None:
            at = parameters.end()
            continue
        found = _NAME.match(uri, at)
        assert found is not None
        if found[0] == "..":
            if not kept:
                return None
            kept.pop()
            behind_slash = 0
        elif found[0] != ".":
            start = behind_slash or at
            while uri[start] == "/":
                start += 1
            kept.append(_Segment(found[0], start, found.end()))
            slash = False
        at = found.end()
    return kept, slash
