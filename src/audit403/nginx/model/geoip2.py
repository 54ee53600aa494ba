"""`geoip2 file { $name [default=x] [source=$v] path… }` of the packaged geoip2 module.

Truth: the module's own documentation and source (ngx_http_geoip2_module.c).
"""

from collections.abc import Iterable
from typing import NamedTuple

from audit403.nginx.model.template import Template, compile_template
from audit403.nginx.read.tree import Directive


class GeoIp2Database(NamedTuple):
    """One variable out of a MaxMind database: `path` walks the record, `source` gives the address (or the client)."""

    directive: Directive
    file: str
    default: str | None
    source: Template | None
    path: tuple[str, ...]


def compile_geoip2(block: Directive, entries: Iterable[Directive]) -> dict[str, GeoIp2Database]:
    """The variables that one geoip2 block defines, by name; metadata and reload lines define none that decide."""
    found: dict[str, GeoIp2Database] = {}
    file = block.args[0] if block.args else ""
    for line in entries:
        if not line.name.startswith("$"):
            continue
        default: str | None = None
        source: Template | None = None
        path: list[str] = []
        for argument in line.args:
            if not path and argument.startswith("default="):
                default = argument[8:]
            elif not path and argument.startswith("source="):
                source = compile_template(argument[7:])
            else:
                path.append(argument)
        found[line.name[1:].lower()] = GeoIp2Database(line, file, default, source, tuple(path))
    return found
