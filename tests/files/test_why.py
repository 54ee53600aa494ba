"""Which class counts, in words."""

from __future__ import annotations

import pytest

from audit403.evidence.interface import AclEntry, Entry, Group, User
from audit403.evidence.memory import MemoryEvidence
from audit403.files.identity import Identity
from audit403.files.permission import EXECUTE, READ
from audit403.files.why import why

WORLD = MemoryEvidence(
    {},
    {},
    [User("root", 0, 0), User("www", 33, 33), User("ann", 1000, 1000)],
    [Group("root", 0, ()), Group("www", 33, ()), Group("ann", 1000, ()), Group("web", 50, ())],
    complete=True,
    protected_symlinks=False,
)
WWW = Identity(33, 33, frozenset({33, 50}))


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (Entry("f", 0o600, 1000, 1000), "only ann may read this, not www"),
        (Entry("f", 0o640, 1000, 1000), "only ann and the group ann may read this; www is not in it"),
        (Entry("f", 0o044, 33, 33), "www is the owner, whose bits count and do not let it read this"),
        (Entry("f", 0o604, 1000, 50), "the group web counts for www and may not read this"),
        (Entry("f", 0o000, 0, 0), "its mode lets nobody read this"),
        (
            Entry("f", 0o610, 0, 0, acl=(AclEntry("user", 33, READ), AclEntry("mask", None, 1)), group_bits=0),
            "the ACL lets www read this, and its mask takes that away",
        ),
        (
            Entry("f", 0o644, 0, 0, acl=(AclEntry("user", 33, 0), AclEntry("mask", None, 4)), group_bits=4),
            "the ACL has an entry for www that does not let it read this",
        ),
        (
            Entry("f", 0o644, 0, 0, acl=(AclEntry("group", 50, 0), AclEntry("mask", None, 4)), group_bits=4),
            "the group web counts for www and may not read this",
        ),
    ],
)
def test_the_class_that_counts(entry: Entry, words: str) -> None:
    assert why(WORLD, entry, WWW, "www", READ) == words


def test_directories_are_searched() -> None:
    assert why(WORLD, Entry("d", 0o700, 1000, 1000), WWW, "www", EXECUTE) == "only ann may search this, not www"
