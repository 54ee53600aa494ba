"""`map $source $name { … }`.

Truth: src/http/modules/ngx_http_map_module.c.
"""

from collections.abc import Iterable

from audit403.core.named_tuple import NamedTuple
from audit403.core.withheld import is_filled
from audit403.http.regex import Regex, compile_regex
from audit403.nginx.model.hostnames import HostnameTable
from audit403.nginx.model.template import Template, checked_template
from audit403.nginx.read.tree import Directive


class MapEntry(NamedTuple):
    """One line of a map: its key as written, its value, and where it stands (None: the implied empty default)."""

    key: str
    value: Template
    directive: Directive | None


class Map(NamedTuple):
    """One map: `table` for plain names, `regexes` in order, `default` when nothing matches.

    `filled` is a key of which a part was left out of the record, or empty.
    """

    directive: Directive
    source: Template
    hostnames: bool
    volatile: bool
    table: HostnameTable[MapEntry]
    regexes: tuple[tuple[Regex, MapEntry], ...]
    default: MapEntry
    filled: str = ""


def compile_map(directive: Directive, entries: Iterable[Directive]) -> Map:
    """Compile one map block; `entries` are its lines with includes in place. Raises ValueError as nginx would."""
    hostnames = volatile = False
    table: HostnameTable[MapEntry] = HostnameTable()
    regexes: list[tuple[Regex, MapEntry]] = []
    default = MapEntry("default", checked_template(""), None)
    filled = ""
    for line in entries:
        if len(line.args) != 1:
            # `hostnames` gives wildcards their meaning in the lines below it.
            hostnames = hostnames or line.name == "hostnames"
            volatile = volatile or line.name == "volatile"
            continue
        key = line.name
        filled = key if is_filled(key) else filled
        entry = MapEntry(key, checked_template(line.args[0]), line)
        if key == "default":
            default = entry
        elif key.startswith("~"):
            regexes.append((compile_regex(key[2:] if key.startswith("~*") else key[1:], key.startswith("~*")), entry))
        else:
            plain = key[1:] if key.startswith("\\") else key
            _ = table.add(plain, entry) if hostnames else table.add_exact(plain, entry)
    source = checked_template(directive.args[0] if directive.args else "")
    return Map(directive, source, hostnames, volatile, table, tuple(regexes), default, filled)
