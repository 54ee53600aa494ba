"""Blocks that hold data: map, geo, split_clients, charset_map and types.

Truth: src/http/modules/ngx_http_map_module.c, _geo_, _split_clients_ and _charset_filter_; the same modules of stream.
"""

from audit403.core.withheld import is_filled
from audit403.nginx.model.faulty import NAME
from audit403.nginx.model.geo import Geo
from audit403.nginx.model.hostnames import HostnameTable, is_invalid
from audit403.nginx.model.split_clients import percentage
from audit403.nginx.read.tree import Directive
from audit403.nginx.start.check import Start
from audit403.nginx.start.hashes import check_hash
from audit403.nginx.start.level import Level

_WHOLE = 10_000
_HEXADECIMAL = frozenset("0123456789abcdefABCDEF")


def map_(start: Start, level: Level, directive: Directive) -> None:
    """`map $source $name { … }`."""
    if not start.text(directive, 0, dropped=False) or not start.define(directive, 1):
        return
    hostnames = False
    default: Directive | None = None
    names: HostnameTable[Directive] = HostnameTable()
    plain: list[tuple[str, Directive, int]] = []
    for line in start.expand(directive):
        if not line.args and line.name in ("hostnames", "volatile"):
            hostnames = hostnames or line.name == "hostnames"
            continue
        if len(line.args) != 1 or not start.text(line, 0):
            continue
        key = line.name
        if key == "default":
            if default is not None:
                start.refuse(line, "duplicate default map parameter", NAME)
            default = default or line
        elif key.startswith("~"):
            caseless = key.startswith("~*")
            start.regex(line, NAME, key[2:] if caseless else key[1:], caseless)
        else:
            name = key[1:] if key.startswith("\\") else key
            if hostnames and is_invalid(name):
                start.refuse(line, f'invalid hostname or wildcard "{name}"', NAME)
            elif not (names.add(name, line) if hostnames else names.add_exact(name, line)):
                # Keys that were left out of the record look the same.
                if not is_filled(name):
                    start.refuse(line, f'conflicting parameter "{name}"', NAME)
            elif not hostnames or not (name.startswith(".") or "*" in name):
                plain.append((name, line, NAME))
    check_hash(start, level, "map_hash", plain)


def geo(start: Start, level: Level, directive: Directive) -> None:
    """`geo [$address] $name { … }`."""
    if not directive.args[0].startswith("$"):
        start.refuse(directive, f'invalid variable name "{directive.args[0]}"', 0, dropped=False)
        return
    if len(directive.args) == 2:
        start.use_alone(directive, 0)
    if start.define(directive, len(directive.args) - 1):
        for line, message, word in Geo(directive, start.expand(directive)).problems:
            start.refuse(line, message, word)


def split_clients(start: Start, level: Level, directive: Directive) -> None:
    """`split_clients "value" $name { … }`."""
    if not start.text(directive, 0, dropped=False) or not start.define(directive, 1):
        return
    total = 0
    for line in start.expand(directive):
        share = _WHOLE if line.name == "*" else percentage(line.name)
        if share is None:
            start.refuse(line, f'invalid percent value "{line.name}"', NAME)
            continue
        total = _WHOLE if line.name == "*" else total + share
        if total > _WHOLE:
            start.refuse(line, "percent total is greater than 100%", NAME)
            return


def charset_map(start: Start, level: Level, directive: Directive) -> None:
    """`charset_map from to { … }`."""
    source, target = (word.lower() for word in directive.args)
    if source == target:
        words = f'"{directive.args[0]}" and "{directive.args[1]}"'
        start.refuse(directive, f'"charset_map" between the same charsets {words}', dropped=False)
        return
    key = "charset_map " + " ".join(sorted((source, target)))
    if key in level.given:
        words = f'"{directive.args[0]}" and "{directive.args[1]}"'
        start.refuse(directive, f'duplicate "charset_map" between {words}', dropped=False)
        return
    level.given[key] = directive
    for line in start.expand(directive):
        if len(line.args) != 1:
            continue
        if not _is_byte(line.name):
            start.refuse(line, f'invalid value "{line.name}"', NAME)
        elif not (_is_utf8(line.args[0]) if target == "utf-8" else _is_byte(line.args[0])):
            start.refuse(line, f'invalid value "{line.args[0]}"', 0)


def _is_byte(text: str) -> bool:
    return bool(text) and _HEXADECIMAL.issuperset(text) and int(text, 16) <= 255


def _is_utf8(text: str) -> bool:
    return not len(text) % 2 and _HEXADECIMAL.issuperset(text)


def geoip2(start: Start, level: Level, directive: Directive) -> None:
    """`geoip2 file { $name … }`."""
    for line in start.expand(directive):
        if line.name.startswith("$"):
            start.space.variables.define(line.name[1:].lower())
