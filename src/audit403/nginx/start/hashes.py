"""Hash tables that nginx builds at its start and cannot when a name is too long for a bucket.

Truth: ngx_hash_init in src/core/ngx_hash.c; the sizes are those of 64-bit machines with cache lines of 64 bytes.
"""

from functools import partial

from audit403.nginx.model.faulty import NAME
from audit403.nginx.model.numbers import parse_number
from audit403.nginx.read.tree import Directive
from audit403.nginx.start.check import Start
from audit403.nginx.start.level import HTTP, SERVER, Level

_POINTER = 8
_LINE = 64
_LARGEST = 65536 - _LINE
SURELY_FITS = 46
"""Names of so many bytes fit the smallest bucket."""


def check_hash(start: Start, level: Level, name: str, entries: list[tuple[str, Directive, int]]) -> None:
    """Say which of the names (with their places) does not fit a table's buckets."""
    if not entries:
        return
    bucket = _size(level, f"{name}_bucket_size", _LINE)
    most = _size(level, f"{name}_max_size", 1)
    fault = ""
    if most == 0:
        fault = f"could not build {name}, you should increase {name}_max_size: 0"
    elif bucket > _LARGEST:
        fault = f"could not build {name}, too large {name}_bucket_size: {bucket}"
    if fault:
        start.refuse(entries[0][1], fault, entries[0][2], dropped=False)
        return
    for text, directive, word in entries:
        if len(text) > SURELY_FITS or not text.isascii() or bucket < _LINE:
            length = len(text.encode("utf-8", "surrogateescape"))
            if bucket < 2 * _POINTER + _aligned(length + 2, _POINTER):
                message = f"could not build {name}, you should increase {name}_bucket_size: {bucket}"
                start.refuse(directive, message, word, dropped=False)
                return


def _size(level: Level, name: str, default: int) -> int:
    directive = level.find(name)
    number = None if directive is None else parse_number(directive.args[0])
    if number is None:
        return default
    return _aligned(number, _LINE) if name.endswith("_bucket_size") else number


def _aligned(number: int, to: int) -> int:
    return -(-number // to) * to


def table_size(start: Start, level: Level, directive: Directive) -> None:
    """The size of a table that is always built: `variables_hash_max_size` and its like."""
    name = directive.name
    if name in level.given:
        start.duplicate(directive)
        return
    level.given[name] = directive
    number = parse_number(directive.args[0])
    table, _, what = name.partition("_hash_")
    if number is None:
        start.refuse(directive, f'"{name}" directive invalid number', 0)
    elif number == 0:
        start.refuse(directive, f"could not build {table}_hash, you should increase {name}: 0", 0)
    elif what == "bucket_size" and _aligned(number, _LINE) > _LARGEST:
        message = f"could not build {table}_hash, too large {name}: {_aligned(number, _LINE)}"
        start.refuse(directive, message, 0)


def types_of_answers(start: Start, level: Level, directive: Directive) -> None:
    """`gzip_types` and its like: tables whose size nothing changes."""
    level.note(directive.name, directive)
    if any(len(text) > SURELY_FITS for text in directive.args) and "*" not in directive.args:
        if level.kind == HTTP:
            start.at_end.append(partial(_types_at_end, start, level, directive))
        else:
            _too_long(start, directive)


def _types_at_end(start: Start, level: Level, directive: Directive) -> None:
    """At the http level they count where a server has none of its own."""
    if any(directive.name not in server.noted for server in level.below if server.kind == SERVER):
        _too_long(start, directive)


def _too_long(start: Start, directive: Directive) -> None:
    word = next((word for word, text in enumerate(directive.args) if len(text) > SURELY_FITS), NAME)
    message = "could not build test_types_hash, you should increase test_types_hash_bucket_size: 64"
    start.refuse(directive, message, word)
