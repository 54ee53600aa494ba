"""A world in memory that has the names of each directory by their entries, as a listed tree has them; random trees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit403.evidence.forwarding import Forwarding
from audit403.evidence.interface import DIRECTORY, FILE, LINK, Absent, AclEntry, Entry, NotCollected, Unreadable
from audit403.evidence.links import join
from audit403.evidence.overlay import Overlay

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

    from audit403.core.edit import Edit
    from audit403.evidence.interface import Evidence

NAMES = (
    *("a", "b", "ab", "admin", "uploads", "html", "PHP", "index.html", "INDEX.php", "home.HTM", "default.x", "x."),
    *("a.php", "b.php", "A.PHP", "a.php~", ".ht", ".htaccess", ".git", ".well-known", ".x.png", "a.png", "b.png"),
    *("c.jpeg", "d.jpg", "e.tar.gz", "f.gz", "a b.js", "é.png", "\udcff.png", "n\na.png", "r\r.png", "secret.key"),
    *("a-1.png", "a-2.png", "a-3.png", "a-4.png", "wp-config.php", "README", "LICENSE", "x.html", "y.html", "..."),
)


class InGroups(Forwarding):
    """The same world, in another form."""

    def __init__(self, inner: Evidence, random: random.Random) -> None:
        super().__init__(inner)
        self._random = random

    def with_changes(self, edits: Iterable[Edit]) -> Evidence:
        return Overlay(self, edits)

    def groups(self, directory: str) -> tuple[tuple[Entry, bytes], ...] | None:
        names = self.names(directory)
        if isinstance(names, Absent | NotCollected | Unreadable) or (not names and self._random.random() < 0.5):
            return None
        found: dict[Entry, list[bytes]] = {}
        for name in names:
            entry = self.entry(join(directory, name))
            if not isinstance(entry, Entry) or entry.acl:
                return None
            found.setdefault(entry._replace(target=None), []).append(name.encode("utf-8", "surrogateescape"))
        groups = [*found.items()]
        self._random.shuffle(groups)
        for _, joined in groups:
            self._random.shuffle(joined)
        return tuple((entry, b"\0%b\0" % b"\0".join(joined)) for entry, joined in groups)


def random_entries(random: random.Random, count: int) -> dict[str, Entry]:
    """Entries by their paths below a docroot."""
    directories, found = [""], {}
    for _ in range(count):
        above = random.choice(directories[-6:] if random.random() < 0.7 else directories)
        path = above + random.choice(NAMES)
        if path in found:
            continue
        owner, group = random.choice((0, 0, 0, 33)), random.choice((0, 0, 33))
        kind = random.choices((DIRECTORY, FILE, LINK, "p"), (30, 60, 8, 2))[0]
        if kind == DIRECTORY:
            found[path] = Entry(kind, random.choice((0o755, 0o755, 0o755, 0o750, 0o711, 0o744)), owner, group)
            directories.append(path + "/")
        elif kind == LINK:
            target = random.choice(
                (".", "..", "/w/admin", "/w/uploads", "a.png", "nowhere", "/w", "a", "/w/a/b", "a/a")
            )
            found[path] = Entry(kind, 0o777, owner, group, target)
        else:
            acl = ((AclEntry("user", 33, 4),), 4) if random.random() < 0.02 else ((), None)
            found[path] = Entry(kind, random.choice((0o644, 0o644, 0o644, 0o600, 0o640)), owner, group, None, *acl)
    return found
