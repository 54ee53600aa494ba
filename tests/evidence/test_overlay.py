import pytest

from audit403.core.edit import (
    AclUserEdit,
    CreateFileEdit,
    GroupMemberEdit,
    ModeEdit,
    OwnerEdit,
    RemoveEdit,
    TextEdit,
)
from audit403.evidence.interface import ABSENT, AclEntry, Entry, Group, NotCollected, User
from audit403.evidence.memory import MemoryEvidence
from audit403.evidence.overlay import ImpossibleEdit

WORLD = MemoryEvidence(
    {
        "/": Entry("d", 0o755, 0, 0),
        "/srv": Entry("d", 0o750, 0, 0),
        "/srv/f": Entry("f", 0o6755, 1, 1, size=10),
        "/srv/l": Entry("l", 0o777, 0, 0, target="f"),
        "/srv/d": Entry("d", 0o755, 0, 0),
        "/srv/d/g": Entry("f", 0o644, 0, 0),
        "/dark": NotCollected("Permission denied"),
    },
    {"/srv/f": b"0123456789"},
    users=[User("www", 33, 33)],
    groups=[Group("www", 33, ()), Group("site", 50, ("x",))],
)


def test_setfacl_calculates_the_mask_and_chmod_sets_it() -> None:
    opened = WORLD.with_changes([AclUserEdit("/srv", 33, 1)])
    assert opened.entry("/srv") == Entry(
        "d", 0o750, 0, 0, acl=(AclEntry("user", 33, 1), AclEntry("mask", None, 5)), group_bits=5
    )
    closed = opened.with_changes([ModeEdit("/srv", 0o700)]).entry("/srv")
    assert isinstance(closed, Entry)
    assert (closed.mode, closed.group_bits, closed.acl[-1]) == (0o700, 5, AclEntry("mask", None, 0))
    assert WORLD.entry("/srv") == Entry("d", 0o750, 0, 0)


def test_chmod_follows_a_link_and_chown_changes_the_link_itself() -> None:
    changed = WORLD.with_changes([ModeEdit("/srv/l", 0o600), OwnerEdit("/srv/l", 7, None)])
    file, link = changed.entry("/srv/f"), changed.entry("/srv/l")
    assert isinstance(file, Entry)
    assert isinstance(link, Entry)
    assert (file.mode, file.uid, link.mode, link.uid, link.gid) == (0o600, 1, 0o777, 7, 0)


@pytest.mark.parametrize(("before", "after"), [(0o6755, 0o755), (0o6745, 0o2745), (0o1644, 0o1644)])
def test_chown_takes_the_set_id_bits(before: int, after: int) -> None:
    changed = WORLD.with_changes([ModeEdit("/srv/f", before), OwnerEdit("/srv/f", None, 9)]).entry("/srv/f")
    assert isinstance(changed, Entry)
    assert (oct(changed.mode), changed.uid, changed.gid) == (oct(after), 1, 9)


def test_the_offsets_of_text_edits_count_in_the_file_as_it_was() -> None:
    edits = [TextEdit("/srv/l", 8, 10, "é"), TextEdit("/srv/f", 0, 1, ""), TextEdit("/srv/f", 4, 4, "_")]
    changed = WORLD.with_changes(edits)
    assert changed.read("/srv/f") == "123_4567é".encode()
    entry = changed.entry("/srv/f")
    assert isinstance(entry, Entry)
    assert entry.size == 10
    assert WORLD.read("/srv/f") == b"0123456789"


def test_what_is_removed_is_gone_with_all_below_it() -> None:
    changed = WORLD.with_changes([CreateFileEdit("/srv/d/new", b"n", 0o600, 1, 2), RemoveEdit("/srv/d")])
    assert [changed.entry(path) for path in ("/srv/d", "/srv/d/g", "/srv/d/new")] == [ABSENT] * 3
    assert changed.names("/srv") == ("f", "l")
    assert changed.read("/srv/d/new") == ABSENT
    again = changed.with_changes([CreateFileEdit("/srv/d", b"now a file", 0o644, 0, 0)])
    assert (again.names("/srv"), again.read("/srv/d")) == (("d", "f", "l"), b"now a file")
    assert again.entry("/srv/d/g") == ABSENT


def test_joining_a_group_counts_from_the_next_initgroups() -> None:
    changed = WORLD.with_changes([GroupMemberEdit("www", "site")])
    assert changed.group_ids("www", 33) == (33, 50)
    assert changed.group("site") == Group("site", 50, ("x", "www"))
    assert WORLD.group_ids("www", 33) == (33,)


def test_what_is_not_collected_stays_so() -> None:
    changed = WORLD.with_changes([ModeEdit("/dark", 0o777), TextEdit("/dark", 0, 0, "x"), RemoveEdit("/dark/x")])
    assert changed.entry("/dark") == NotCollected("Permission denied")


@pytest.mark.parametrize(
    "edit",
    [
        ModeEdit("/none", 0o755),
        RemoveEdit("/srv/none"),
        RemoveEdit("/"),
        TextEdit("/srv/d", 0, 0, "x"),
        TextEdit("/srv/f", 8, 11, "x"),
        TextEdit("/none", 0, 0, "x"),
        CreateFileEdit("/srv/f", b"", 0o644, 0, 0),
        CreateFileEdit("/none/f", b"", 0o644, 0, 0),
        CreateFileEdit("/srv/f/x", b"", 0o644, 0, 0),
        GroupMemberEdit("www", "nogroup"),
        GroupMemberEdit("nobody", "site"),
    ],
)
def test_an_edit_that_cannot_be_made_is_refused_in_one_sentence(edit: ModeEdit) -> None:
    with pytest.raises(ImpossibleEdit, match=r"^[^\n]+\.$"):
        WORLD.with_changes([edit])


def test_edits_that_overlap_are_refused() -> None:
    with pytest.raises(ImpossibleEdit):
        WORLD.with_changes([TextEdit("/srv/f", 0, 5, "a"), TextEdit("/srv/f", 4, 6, "b")])
