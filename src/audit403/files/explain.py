"""Every component of a path as a person wants to see it: what namei(1) lists, and which of them refuse whom.

The walk is the resolver's own, made with every permission granted so that it goes on behind the first refusal.
"""

from audit403.core.named_tuple import NamedTuple
from audit403.evidence.interface import Entry, Evidence
from audit403.files.identity import Identity
from audit403.files.permission import EXECUTE, READ, permitted
from audit403.files.resolve import NEED_READ, NEED_SEARCH, Resolution, Resolver, Standing

ACCESS_READ, ACCESS_LIST, ACCESS_SEARCH = "read", "list", "search"
ACCESS_WRITE = "write"
"""To make and delete entries of a directory; only fixes ask for it."""
ACCESSES = (ACCESS_READ, ACCESS_LIST, ACCESS_SEARCH)

_BITS = {NEED_READ: READ, NEED_SEARCH: EXECUTE}
_LETTERS = "rwxrwxrwx"


class Component(NamedTuple):
    """One component: `depth` is the number of links it lies behind, `entry` None where nothing is known to be there.

    `need` is what the walk or the access wants of it (a `NEED_` name, None: nothing), `refuses` whether that is denied.
    """

    depth: int
    path: str
    name: str
    entry: Entry | None
    need: str | None
    refuses: bool


def resolve(resolver: Resolver, path: str, access: str) -> Resolution:
    """The answer to one of the ACCESSES."""
    if access == ACCESS_READ:
        return resolver.open(path)
    if access == ACCESS_WRITE:
        return resolver.may_write_directory(path)
    return resolver.list(path) if access == ACCESS_LIST else resolver.search(path)


def components(evidence: Evidence, identity: Identity, path: str, access: str) -> tuple[Component, ...]:
    """The components that a walk along `path` meets, in its order, the root first."""
    walk = _RecordingResolver(evidence, identity)
    end = walk.stat(path)
    wanted = NEED_SEARCH if access == ACCESS_SEARCH else NEED_READ
    found = []
    for depth, path_there, entry in walk.visits:
        needs = [NEED_SEARCH] if path_there in walk.searched else []
        if path_there == end.path and not end.errno:
            needs.append(wanted)
        refused = [need for need in needs if entry is not None and not permitted(entry, identity, _BITS[need])]
        if end.blocker is not None and path_there == end.path:
            refused.append(end.blocker.need)
        need = next(iter(refused or needs), None)
        name = path_there.rpartition("/")[2] or "/"
        found.append(Component(depth, path_there, name, entry, need, bool(refused)))
    return tuple(found)


def mode_text(entry: Entry) -> str:
    """The type and mode as `ls -l` writes them, `+` for an ACL."""
    kind = "-" if entry.kind == "f" else entry.kind
    letters = [letter if entry.mode & 1 << 8 - index else "-" for index, letter in enumerate(_LETTERS)]
    for place, bit, letter in ((2, 0o4000, "s"), (5, 0o2000, "s"), (8, 0o1000, "t")):
        if entry.mode & bit:
            letters[place] = letter if letters[place] == "x" else letter.upper()
    return kind + "".join(letters) + ("+" if entry.group_bits is not None else "")


class _RecordingResolver(Resolver):
    """Walks with the identity's uid and root's capabilities, and notes what it meets."""

    def __init__(self, evidence: Evidence, identity: Identity) -> None:
        super().__init__(evidence, identity._replace(dac_override=True, dac_read_search=True))
        root = evidence.entry("/")
        self.visits: list[tuple[int, str, Entry | None]] = [(0, "/", root if isinstance(root, Entry) else None)]
        self.searched: set[str] = set()
        self._depth = 0

    def _child(self, directory: Resolution, name: str) -> Resolution:
        child = super()._child(directory, name)
        self.visits.append((self._depth, child.path, child.entry))
        return child

    def _refused_search(self, at: Resolution) -> Resolution | None:
        self.searched.add(at.path)
        return super()._refused_search(at)

    def _follow(self, directory: Resolution, link: Resolution, links: int, trailing: bool) -> Standing:
        self._depth += 1
        end = super()._follow(directory, link, links, trailing)
        self._depth -= 1
        return end
