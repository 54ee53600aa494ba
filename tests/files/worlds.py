"""A small site in memory, for the tests that ask about words and not about the kernel."""

from audit403.evidence.interface import Entry, Group, NotCollected, User
from audit403.evidence.memory import MemoryEvidence
from audit403.files.identity import identity_of_ids

WWW = identity_of_ids(33, 33, frozenset({33}))

SITE = MemoryEvidence(
    {
        "/": Entry("d", 0o755, 0, 0),
        "/home": Entry("d", 0o755, 0, 0),
        "/home/ann": Entry("d", 0o750, 1000, 1000),
        "/home/ann/my site": Entry("d", 0o755, 1000, 1000),
        "/home/ann/my site/index.html": Entry("f", 0o644, 1000, 1000),
        "/srv": Entry("d", 0o755, 0, 0),
        "/srv/www": Entry("l", 0o777, 0, 0, target="../home/ann/my site"),
        "/srv/mine": Entry("f", 0o044, 33, 0),
        "/srv/loop": Entry("l", 0o777, 0, 0, target="loop"),
        "/srv/dark": NotCollected("Permission denied"),
        "/srv/root-only": Entry("f", 0o640, 0, 0),
        "/srv/esc\x1b[31m": Entry("f", 0o600, 0, 0),
        "/tmp": Entry("d", 0o1777, 0, 0),
        "/tmp/link": Entry("l", 0o777, 1000, 1000, target="/srv"),
    },
    users=[User("root", 0, 0), User("www-data", 33, 33), User("ann", 1000, 1000)],
    groups=[Group("root", 0, ()), Group("www-data", 33, ()), Group("ann", 1000, ())],
    protected_symlinks=True,
)
