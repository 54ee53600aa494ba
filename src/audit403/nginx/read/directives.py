"""Which directives nginx knows, where each may stand and how many arguments it takes.

The table is that of crossplane's analyzer, completed by ours (`newer`) with what it lacks; a directive's entry is a
list of nginx's own bit masks (src/core/ngx_conf_file.h, as crossplane names them).
"""

import importlib.util
import sys
from types import ModuleType

from audit403.nginx.read.newer import NEWER

NOARGS, TAKE7, BLOCK, FLAG, ANY, ONE_OR_MORE, TWO_OR_MORE = 0x1, 0x80, 0x100, 0x200, 0x400, 0x800, 0x1000

_table: dict[str, list[int]] = {}


def masks(name: str) -> list[int] | None:
    """The ways in which a directive can be used; None for one that is not known."""
    if not _table:
        _table.update(_crossplane_table())
        _table.update(NEWER)
    return _table.get(name)


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


def _crossplane_table() -> dict[str, list[int]]:
    """The analyzer's table alone: importing the whole of crossplane takes ten times as long."""
    spec = importlib.util.find_spec("crossplane")
    if spec is None or spec.submodule_search_locations is None:
        return {}
    alias = "audit403.nginx.read._crossplane"
    package = ModuleType(alias)
    package.__path__ = list(spec.submodule_search_locations)
    sys.modules[alias] = package
    try:
        table: dict[str, list[int]] = importlib.import_module(alias + ".analyzer").DIRECTIVES
    except (ImportError, AttributeError):
        return {}
    return table
