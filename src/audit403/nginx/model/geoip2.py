"""`geoip2 file { $name [default=x] [source=$v] path… }` of the packaged geoip2 module.

Truth: ngx_http_geoip2_add_variable in the module's ngx_http_geoip2_module.c (3.4).
"""

from collections.abc import Iterable

from audit403.core.named_tuple import NamedTuple
from audit403.nginx.model.address import Network, parse_network
from audit403.nginx.model.template import Template, checked_template
from audit403.nginx.read.tree import Directive

METADATA = "metadata"


class GeoIp2Database(NamedTuple):
    """One variable out of a MaxMind database: `path` walks the record, `source` gives the address (or the client).

    `metadata` names a fact about the file instead.
    """

    directive: Directive
    file: str
    default: str | None
    source: Template | None
    path: tuple[str, ...]
    metadata: str | None


class GeoIp2Proxies(NamedTuple):
    """`geoip2_proxy` and `geoip2_proxy_recursive`: behind these X-Forwarded-For names the client."""

    networks: tuple[Network, ...]
    recursive: bool


def compile_geoip2(block: Directive, entries: Iterable[Directive], prefix: str) -> dict[str, GeoIp2Database]:
    """The variables that one geoip2 block defines, by name; a relative file starts at the prefix."""
    found: dict[str, GeoIp2Database] = {}
    file = block.args[0] if block.args else ""
    if not file.startswith("/"):
        file = f"{prefix.rstrip('/')}/{file}"
    for line in entries:
        if line.name.startswith("$"):
            found[line.name[1:].lower()] = _compile_line(line, file)
    return found


def _compile_line(line: Directive, file: str) -> GeoIp2Database:
    default: str | None = None
    source: Template | None = None
    path = list(line.args)
    while path and "=" in path[0]:
        key, _, value = path.pop(0).partition("=")
        if key == "default":
            default = value
        elif key == "source":
            source = checked_template(value)
    metadata = path[1] if len(path) > 1 and path[0] == METADATA else None
    return GeoIp2Database(line, file, default, source, tuple(path), metadata)


def compile_geoip2_proxies(own: dict[str, list[Directive]]) -> GeoIp2Proxies:
    """What the http level says about proxies."""
    texts = [directive.args[0] for directive in own.get("geoip2_proxy", ()) if directive.args]
    networks = [network for network in map(parse_network, texts) if network is not None]
    flags = own.get("geoip2_proxy_recursive", ())
    return GeoIp2Proxies(tuple(networks), any(flag.args[:1] == ["on"] for flag in flags))
