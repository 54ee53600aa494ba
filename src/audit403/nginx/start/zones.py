"""Shared memory: limits, caches and TLS sessions declare zones, and use them by name.

Truth: ngx_shared_memory_add and ngx_init_cycle in src/core/ngx_cycle.c; the modules' set handlers.
"""

from audit403.nginx.model.faulty import NAME
from audit403.nginx.model.numbers import parse_number, parse_offset, parse_size, parse_time
from audit403.nginx.read.tree import Directive
from audit403.nginx.start.check import Start
from audit403.nginx.start.level import STREAM, STREAM_SERVER, Level
from audit403.nginx.start.values import check_path

PAGE = 4096
_LEAST = 8 * PAGE
_LEAST_CACHE = 2 * PAGE
_MOST_CONNECTIONS = 65535
_MOST_LEVELS = 3
UPSTREAM_TAG = "upstream"
_CACHE_NUMBERS = ("loader_files", "manager_files")
_CACHE_TIMES = ("loader_sleep", "loader_threshold", "manager_sleep", "manager_threshold")


class Zone:
    """One zone; `declared` where the directive that gives it a meaning was seen."""

    __slots__ = ("declared", "directive", "said", "size", "tag", "word")

    def __init__(self, directive: Directive, word: int, size: int, tag: str) -> None:
        self.directive = directive
        self.word = word
        self.size = size
        self.tag = tag
        self.declared: Directive | None = None
        self.said = False


def share(start: Start, directive: Directive, word: int, name: str, size: int, tag: str) -> Zone | None:
    """The zone of this name, made where there is none; None where nginx refuses."""
    zone = start.zones.get(name)
    if zone is None:
        zone = start.zones[name] = Zone(directive, word, size, tag)
        return zone
    if zone.tag != tag:
        message = f'the shared memory zone "{name}" is already declared for a different use'
        start.refuse(directive, message, word)
        return None
    zone.size = zone.size or size
    if size and size != zone.size:
        message = f'the size {size} of shared memory zone "{name}" conflicts with already declared size {zone.size}'
        start.refuse(directive, message, word)
        return None
    return zone


def check_zones(start: Start) -> None:
    """Zones that are used and that nothing gives a size."""
    if not start.complete:
        return
    for name, zone in start.zones.items():
        if zone.said or zone.size:
            continue
        kind = zone.directive.name
        if kind.endswith("_cache"):
            start.refuse(zone.directive, f'"{kind}" zone "{name}" is unknown', zone.word)
        else:
            start.refuse(zone.directive, f'zero size shared memory zone "{name}"', zone.word)


def _family(level: Level) -> str:
    return "stream " if level.kind in (STREAM, STREAM_SERVER) else ""


def limit_req(start: Start, level: Level, directive: Directive) -> None:
    """`limit_req zone=name [burst=] [delay=|nodelay]`."""
    zone: Zone | None = None
    for word, text in enumerate(directive.args):
        key, equals, value = text.partition("=")
        if equals and key == "zone":
            zone = share(start, directive, word, value, 0, "limit_req")
            if zone is None:
                return
        elif equals and key in ("burst", "delay"):
            if not parse_number(value):
                start.refuse(directive, f'invalid {key} value "{text}"', word)
                return
        elif text != "nodelay":
            start.refuse(directive, f'invalid parameter "{text}"', word)
            return
    if zone is None:
        start.refuse(directive, '"limit_req" must have "zone" parameter')
        return
    _limit_once(start, level, directive, zone)


def _limit_once(start: Start, level: Level, directive: Directive, zone: Zone) -> None:
    for other in level.noted.get(directive.name, ()):
        if _zone_of(start, other) is zone:
            start.duplicate(directive)
            return
    level.note(directive.name, directive)


def _zone_of(start: Start, directive: Directive) -> Zone | None:
    name = directive.args[0]
    if directive.name == "limit_req":
        name = [text[5:] for text in directive.args if text.startswith("zone=")][-1]
    return start.zones.get(name)


def limit_conn(start: Start, level: Level, directive: Directive) -> None:
    """`limit_conn name number`."""
    name, text = directive.args
    zone = share(start, directive, 0, name, 0, f"{_family(level)}limit_conn")
    if zone is None:
        return
    if any(_zone_of(start, other) is zone for other in level.noted.get("limit_conn", ())):
        start.duplicate(directive)
        return
    number = parse_number(text)
    if not number:
        start.refuse(directive, f'invalid number of connections "{text}"', 1)
    elif number > _MOST_CONNECTIONS:
        start.refuse(directive, "connection limit must be less 65536", 1)
    else:
        level.note("limit_conn", directive)


def limit_zone(start: Start, level: Level, directive: Directive) -> None:
    """`limit_req_zone key zone=name:size rate=` and `limit_conn_zone key zone=name:size`."""
    kind = directive.name.removesuffix("_zone")
    if not start.text(directive, 0):
        return
    name, size, place = "", 0, 0
    for word, text in enumerate(directive.args[1:], 1):
        if text.startswith("zone="):
            name, colon, written = text[5:].partition(":")
            wanted = parse_size(written) if colon else None
            if wanted is None:
                start.refuse(directive, f'invalid zone size "{text}"', word)
                return
            if wanted < _LEAST:
                start.refuse(directive, f'zone "{text}" is too small', word)
                return
            size, place = wanted, word
        elif kind == "limit_req" and text.startswith("rate="):
            if not parse_number(text[5:-3] if text.endswith(("r/s", "r/m")) else text[5:]):
                start.refuse(directive, f'invalid rate "{text}"', word)
                return
        elif not (kind == "limit_req" and text == "sync"):
            start.refuse(directive, f'invalid parameter "{text}"', word)
            return
    if not name:
        start.refuse(directive, f'"{directive.name}" must have "zone" parameter')
        return
    zone = share(start, directive, place, name, size, f"{_family(level)}{kind}")
    if zone is not None and zone.declared is not None:
        key = zone.declared.args[0]
        start.refuse(directive, f'{directive.name} "{name}" is already bound to key "{key}"', place)
    elif zone is not None:
        zone.declared = directive


def cache_path(start: Start, level: Level, directive: Directive) -> None:
    """`proxy_cache_path` and its like."""
    name, size, place = "", 0, NAME
    for word, text in enumerate(directive.args[1:], 1):
        key, equals, value = text.partition("=")
        said = ""
        if equals and key == "keys_zone":
            name, colon, written = value.partition(":")
            wanted = parse_size(written) if colon else None
            if wanted is None:
                said = f'invalid keys zone size "{text}"'
            elif wanted < _LEAST_CACHE:
                said = f'keys zone "{text}" is too small'
            size, place = wanted or 0, word
        else:
            said = _cache_parameter(text, key, value) if equals else f'invalid parameter "{text}"'
        if said:
            start.refuse(directive, said, word)
            return
    if not name or not size:
        start.refuse(directive, f'"{directive.name}" must have "keys_zone" parameter')
        return
    if not _own_path(start, directive):
        return
    zone = share(start, directive, place, name, size, directive.name.removesuffix("_path"))
    if zone is not None and zone.declared is not None:
        start.refuse(directive, f'duplicate zone "{name}"', place)
    elif zone is not None:
        zone.declared = directive


def _own_path(start: Start, directive: Directive) -> bool:
    """Nothing else lies in the directory of a cache; temporary files may share one with the same levels."""
    path = directive.args[0].removesuffix("/")
    if not path.startswith("/") and start.configuration.prefix is not None:
        path = f"{start.configuration.prefix.rstrip('/')}/{path}"
    earlier = start.paths.setdefault(path, directive)
    if earlier is directive:
        return True
    where = f"{earlier.source.path}:{earlier.line}"
    if "_cache_path" in directive.name + earlier.name:
        start.refuse(directive, f'the same path name "{path}" used in {where} and', 0)
        return False
    if directive.args[1:] != earlier.args[1:]:
        start.refuse(directive, f'the same path name "{path}" in {where} has the different levels than', 0)
        return False
    return True


def temporary_path(start: Start, level: Level, directive: Directive) -> None:
    """`client_body_temp_path` and its like."""
    name = directive.name
    if name in level.given:
        start.duplicate(directive)
        return
    level.given[name] = directive
    said = check_path(name, directive.args)
    if said is not None:
        start.refuse(directive, said[1], said[0])
        return
    _own_path(start, directive)


def _cache_parameter(text: str, key: str, value: str) -> str:
    if key == "levels":
        parts = value.split(":")
        fits = len(parts) <= _MOST_LEVELS and all(part in ("1", "2") for part in parts)
        return "" if fits else f'invalid "levels" "{text}"'
    if key == "use_temp_path":
        message = f'invalid use_temp_path value "{text}", it must be "on" or "off"'
        return "" if value in ("on", "off") else message
    if key == "inactive":
        return "" if parse_time(value, seconds=True) is not None else f'invalid inactive value "{text}"'
    if key in ("max_size", "min_free"):
        return "" if parse_offset(value) is not None else f'invalid {key} value "{text}"'
    if key in _CACHE_NUMBERS:
        return "" if parse_number(value) is not None else f'invalid {key} value "{text}"'
    if key in _CACHE_TIMES:
        return "" if parse_time(value, seconds=False) is not None else f'invalid {key} value "{text}"'
    return "" if key.startswith("purger") else f'invalid parameter "{text}"'


def cache(start: Start, level: Level, directive: Directive) -> None:
    """`proxy_cache name` and its like."""
    if _on_or_off(start, level, directive, "_cache", "_store") and start.text(directive, 0):
        name = directive.args[0]
        if "$" not in name:
            share(start, directive, 0, name, 0, directive.name)


def store(start: Start, level: Level, directive: Directive) -> None:
    """`proxy_store path` and its like."""
    if _on_or_off(start, level, directive, "_store", "_cache") and directive.args[0] != "on":
        start.text(directive, 0)


def _on_or_off(start: Start, level: Level, directive: Directive, own: str, other: str) -> bool:
    """Whether it is set first here and not switched off; a cache and a store exclude each other."""
    name = directive.name
    if name in level.given:
        start.duplicate(directive)
        return False
    level.given[name] = directive
    if directive.args[0] == "off":
        return False
    opposite = name.removesuffix(own) + other
    earlier = level.given.get(opposite)
    if earlier is not None and earlier.args[0] != "off":
        start.refuse(directive, f'"{name}" directive is incompatible with "{opposite}"')
        return False
    return True


def session_cache(start: Start, level: Level, directive: Directive) -> None:
    """`ssl_session_cache`."""
    for word, text in enumerate(directive.args):
        if text in ("off", "none", "builtin"):
            continue
        if text.startswith("builtin:") and parse_number(text[8:]) is not None:
            continue
        if not text.startswith("shared:"):
            start.refuse(directive, f'invalid session cache "{text}"', word)
            return
        if not _shared_cache(start, level, directive, word, "session cache", "ssl_session_cache"):
            return


def ocsp_cache(start: Start, level: Level, directive: Directive) -> None:
    """`ssl_ocsp_cache`."""
    if directive.name in level.given:
        start.duplicate(directive)
        return
    level.given[directive.name] = directive
    text = directive.args[0]
    if text.startswith("shared:"):
        _shared_cache(start, level, directive, 0, "OCSP cache", "ssl_ocsp_cache")
    elif text != "off":
        start.refuse(directive, f'invalid OCSP cache "{text}"', 0)


def _shared_cache(start: Start, level: Level, directive: Directive, word: int, what: str, tag: str) -> bool:
    text = directive.args[word]
    name, colon, written = text[7:].partition(":")
    size = parse_size(written) if colon and name else None
    if size is None:
        start.refuse(directive, f'invalid {what} "{text}"', word)
        return False
    if size < _LEAST:
        start.refuse(directive, f'{what} "{text}" is too small', word)
        return False
    return share(start, directive, word, name, size, f"{_family(level)}{tag}") is not None
