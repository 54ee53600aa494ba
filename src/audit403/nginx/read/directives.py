"""Which directives nginx knows, where each may stand and how many arguments it takes.

The table is that of crossplane's analyzer, completed by ours (`newer`) with what it lacks; a directive's entry is a
list of nginx's own bit masks (src/core/ngx_conf_file.h, as crossplane names them).
"""

import sys
from importlib import import_module
from importlib.machinery import PathFinder
from types import ModuleType

from audit403.nginx.read.newer import LUA_AND_JAVASCRIPT, NGINX, OTHER_MODULES, OTHER_NAMES

NOARGS, TAKE7, BLOCK, FLAG, ANY, ONE_OR_MORE, TWO_OR_MORE = 0x1, 0x80, 0x100, 0x200, 0x400, 0x800, 0x1000

#: The contexts by name, with crossplane's bits for them.
MAIN, EVENTS = 0x00040000, 0x00080000
MAIL, MAIL_SERVER = 0x00100000, 0x00200000
STREAM, STREAM_SERVER, STREAM_UPSTREAM = 0x00400000, 0x00800000, 0x01000000
HTTP, SERVER, LOCATION, UPSTREAM = 0x02000000, 0x04000000, 0x08000000, 0x10000000
SERVER_IF, LOCATION_IF, LIMIT_EXCEPT = 0x20000000, 0x40000000, 0x80000000
CONTEXTS = {
    "main": MAIN,
    "events": EVENTS,
    "mail": MAIL,
    "mail-server": MAIL_SERVER,
    "stream": STREAM,
    "stream-server": STREAM_SERVER,
    "stream-upstream": STREAM_UPSTREAM,
    "http": HTTP,
    "server": SERVER,
    "location": LOCATION,
    "upstream": UPSTREAM,
    "server-if": SERVER_IF,
    "location-if": LOCATION_IF,
    "limit_except": LIMIT_EXCEPT,
}

#: The directive of a module of which nothing more is known.
ANYWHERE = [0xFFFC0000 | ANY, 0xFFFC0000 | ANY | BLOCK]

_table: dict[str, list[int]] = {}


def masks(name: str) -> list[int] | None:
    """The ways in which a directive can be used; None for one that is not known."""
    if not _table:
        _fill(_table)
    known = _table.get(name)
    if known is None and (name in OTHER_NAMES or name.startswith(OTHER_MODULES)):
        return ANYWHERE
    return known


def takes(name: str, args: list[str], block: bool) -> bool | None:
    """Whether nginx would take these arguments somewhere; None for a directive that is not known."""
    known = masks(name)
    if known is None:
        return None
    return any(fits(mask, args, block) for mask in known)


def fits(mask: int, args: list[str], block: bool) -> bool:
    """Whether a statement has the form that the mask asks for: a block or none, and that many arguments."""
    if bool(mask & BLOCK) != block:
        return False
    count = len(args)
    if mask & ANY:
        return True
    if mask & FLAG:
        return count == 1 and args[0].lower() in ("on", "off")
    if mask & ONE_OR_MORE:
        return count >= 1
    if mask & TWO_OR_MORE:
        return count >= 2
    return count <= 7 and bool(mask >> count & 1)


def _fill(table: dict[str, list[int]]) -> None:
    for name, known in _crossplane_table().items():
        table[name] = list(known)
    table.pop("include", None)
    for rows in (NGINX, LUA_AND_JAVASCRIPT):
        for contexts, arguments, names in rows:
            mask = _form(arguments)
            for context in contexts.split():
                mask |= CONTEXTS[context]
            for name in names.split():
                table.setdefault(name, []).append(mask)


def _form(arguments: str) -> int:
    counts = arguments.removesuffix("{")
    block = BLOCK if counts != arguments else 0
    words = {"flag": FLAG, "any": ANY, "1+": ONE_OR_MORE, "2+": TWO_OR_MORE}
    return block | (words.get(counts) or sum(1 << int(digit) for digit in counts))


def _crossplane_table() -> dict[str, list[int]]:
    """The analyzer's table alone: importing the whole of crossplane takes ten times as long."""
    spec = PathFinder.find_spec("crossplane")
    if spec is None or spec.submodule_search_locations is None:
        return {}
    alias = "audit403.nginx.read._crossplane"
    package = ModuleType(alias)
    package.__path__ = list(spec.submodule_search_locations)
    sys.modules[alias] = package
    try:
        table: dict[str, list[int]] = import_module(alias + ".analyzer").DIRECTIVES
    except (ImportError, AttributeError):
        return {}
    return table
