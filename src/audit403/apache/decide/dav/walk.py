"""mod_dav_fs's walk through a tree, and what is done on the way.

Truth: dav_fs_walker in modules/dav/fs/repos.c. It looks at entries themselves: links are passed over. In which order
readdir(3) gives the names is not known; where the first error that is met decides, and two are possible, it is open.
"""

from collections.abc import Callable
from errno import ENOENT

from audit403.apache.decide.dav.outcome import Resource
from audit403.core.decision import REASON_STATE, Missing
from audit403.core.named_tuple import NamedTuple
from audit403.core.open_question import Undecided
from audit403.evidence.interface import DIRECTORY, FILE
from audit403.files.changing_tree import ChangingTree

_DEEPEST, _LONGEST = 200, 20_000
_HIDDEN_NAME, _HIDDEN_PREFIX = ".DAV", ".davfs.tmp"

Visit = Callable[[Resource, bool], int]
"""Looks at a resource; True: a directory again, after what is in it. 0 to go on, or the status that ends the walk."""


class Walk(NamedTuple):
    """How to walk: with what mod_dav_fs keeps for itself (`hidden`), coming back (`postfix`), past what is gone."""

    tree: ChangingTree
    visit: Visit
    hidden: bool = False
    postfix: bool = False
    tolerant: bool = False


def walk(how: Walk, resource: Resource, depth: int, level: int = 0) -> int:
    """0, or the status that ended the walk."""
    status = how.visit(resource, False)
    if status or depth == 0 or not resource.is_collection:
        return status
    opened = how.tree.opendir(resource.path)
    if opened.errno:
        return 404
    ends: set[int] = set()
    for name in how.tree.names(opened.path):
        how.tree.walked += 1
        if level > _DEEPEST or how.tree.walked > _LONGEST:
            raise Undecided(Missing(REASON_STATE, "the end of a walk through very many directories"))
        if not how.hidden and (name == _HIDDEN_NAME or name.startswith(_HIDDEN_PREFIX)):
            continue
        ends.add(_member(how, resource, name, depth, level))
    ends.discard(0)
    if len(ends) > 1:
        raise Undecided(Missing(REASON_STATE, f"the order of the names in {resource.path}"))
    if ends:
        return ends.pop()
    return how.visit(resource, True) if how.postfix else 0


def _member(how: Walk, resource: Resource, name: str, depth: int, level: int) -> int:
    path = f"{resource.path.rstrip('/')}/{name}"
    found = how.tree.lstat(path)
    if found.errno or found.entry is None:
        return 0 if how.tolerant and found.errno == ENOENT else 404
    inner = Resource(f"{resource.uri.rstrip('/')}/{name}", path, found.entry, found.path)
    if found.entry.kind == DIRECTORY:
        return walk(how, inner, depth - 1, level + 1)
    return how.visit(inner, False) if found.entry.kind == FILE else 0
