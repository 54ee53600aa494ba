"""Texts that a variable never has, however the request looks: what nginx makes of it on the way rules them out.

Truth: ngx_http_validate_host (lower case, no port, no dot at the end), ngx_http_parse_request_line (methods in
capitals, `HTTP/1.1`), ngx_sock_ntop (addresses as inet_ntop writes them), ngx_http_variable_scheme and _https, and
ngx_ssl_get_protocol. What a browser never sends counts as well: a Referer without its scheme.
"""

import re

from audit403.core.named_tuple import NamedTuple
from audit403.http.regex import Regex
from audit403.nginx.model.address import parse_address
from audit403.nginx.model.model import Model

_ADDRESSES = ("remote_addr", "realip_remote_addr")
_PATHS = ("uri", "document_uri", "request_uri")
_FEW = {
    "scheme": ("http", "https"),
    "https": ("on", ""),
    "is_args": ("?", ""),
    "server_protocol": ("HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/3.0", "HTTP/0.9"),
    "ssl_protocol": ("TLSv1.3", "TLSv1.2", "TLSv1.1", "TLSv1", "SSLv3", "SSLv2", ""),
    "ssl_session_reused": ("r", ".", ""),
}
_MOST_SHOWN = 6
_HOST_NAME = re.compile(r"\^\(?[\w-]+(\\?\.[\w-]+)+\)?(?![^$/]*:)")
_FIXED_START = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


class Never(NamedTuple):
    """Why a variable never has a text, and the text that was meant, where that is plain."""

    reason: str
    meant: str | None = None


def never_equal(model: Model, name: str, text: str) -> Never | None:
    """Why `$name` is never this text; None where it may be."""
    if name in _ADDRESSES:
        return _of_address(name, text)
    if name == "host":
        return _of_host(text)
    if name == "request_method" and text != text.upper():
        return Never("methods are in capitals", text.upper())
    if name in _PATHS and not text.startswith("/"):
        return Never(f"${name} begins with a slash", f"/{text}" if text else None)
    if name == "http_host" and "/" in text:
        return Never("a Host header has no scheme and no path", text.partition("//")[2].strip("/") or None)
    known = _FEW.get(name)
    if known is not None and text not in known:
        near = next((one for one in known if one and one.lower().startswith(text.lower()) and text), None)
        return Never(f"${name} is {_either([one for one in known if one])}{' or empty' if '' in known else ''}", near)
    return _of_table(model, name, text)


def never_matches(name: str, regex: Regex) -> Never | None:
    """Why `$name` never matches a pattern that begins with what the variable never begins with."""
    pattern = regex.pattern
    if "|" in pattern or not pattern.startswith("^") or len(pattern) < 2:
        return None
    if name in _PATHS and pattern[1] in _FIXED_START and pattern[2:3] not in ("?", "*", "{"):
        return Never(f"${name} begins with a slash", f"^/{pattern[1:]}")
    if name == "host" and pattern[1:5] == "http":
        return Never("$host is a name, without a scheme")
    if name == "http_referer" and _HOST_NAME.match(pattern):
        return Never("a Referer begins with http:// or https://")
    return None


def _of_address(name: str, text: str) -> Never | None:
    if text == "unix:":
        return None
    address = parse_address(text)
    if address is None:
        what = "is one address and no network" if "/" in text else "is an address"
        return Never(f"${name} {what}")
    written = address.text()
    return None if written == text else Never(f"${name} has that address as {written}", written)


def _of_host(text: str) -> Never | None:
    if "//" in text:
        return Never("$host is a name, without a scheme", text.partition("//")[2].strip("/").lower() or None)
    if "/" in text:
        return Never("$host is a name, without a path", text.partition("/")[0].lower() or None)
    name, colon, port = text.rpartition(":")
    if colon and port.isdigit() and not text.endswith("]"):
        return Never("$host comes without the port", name.lower())
    if text != text.lower():
        return Never("$host is in lower case", text.lower())
    return Never("$host has no dot at its end", text[:-1]) if text.endswith(".") else None


def _of_table(model: Model, name: str, text: str) -> Never | None:
    """A value that no line of the variable's map or geo block gives."""
    if name in model.assigned:
        return None
    definition, geo = model.maps.get(name), model.geos.get(name)
    values: dict[str | None, None] = {}
    if definition is not None:
        from audit403.nginx.explore.tables import entries_of

        values = dict.fromkeys(entry.value.literal for entry in entries_of(definition))
    elif geo is not None:
        lines = list(geo.entries())
        # The empty default is among them, though a line of its own may stand for it.
        named = any(line.directive is not None and line.directive.name == "default" for line in lines)
        values = dict.fromkeys(line.value for line in lines if line.directive is not None or not named)
    if not values or None in values or text in values:
        return None
    kind = "map" if definition is not None else "geo block"
    shown = [value for value in values if value]
    return (
        Never(f"the {kind} of ${name} gives {_either(shown)}{' or nothing' if '' in values else ''}") if shown else None
    )


def _either(words: list[str]) -> str:
    if len(words) > _MOST_SHOWN:
        return ", ".join([*words[:_MOST_SHOWN], "…"])
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last
