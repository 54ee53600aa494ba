from audit403.evidence.interface import ABSENT, Entry, Group, NotCollected, Unreadable, User
from audit403.evidence.memory import MemoryEvidence

ENTRIES = {
    "/": Entry("d", 0o755, 0, 0),
    "/srv": Entry("d", 0o755, 0, 0),
    "/srv/b": Entry("f", 0o644, 0, 0),
    "/srv/a": Entry("l", 0o777, 0, 0, target="../srv/./b"),
    "/srv/abs": Entry("l", 0o777, 0, 0, target="/srv/a"),
    "/srv/loop": Entry("l", 0o777, 0, 0, target="loop"),
    "/srv/through-file": Entry("l", 0o777, 0, 0, target="b/x"),
}


def test_a_complete_world_knows_what_is_absent() -> None:
    world = MemoryEvidence(ENTRIES, {"/srv/b": b"text"})
    assert world.entry("/srv/none") == ABSENT
    assert world.names("/srv") == ("a", "abs", "b", "loop", "through-file")
    assert world.read("/srv/abs") == b"text"
    assert world.read("/srv/through-file") == ABSENT
    assert isinstance(world.read("/srv/loop"), Unreadable)
    assert isinstance(world.read("/srv"), Unreadable)


def test_a_partial_world_says_that_it_does_not_know() -> None:
    world = MemoryEvidence(ENTRIES, complete=False, listed=["/srv"])
    assert isinstance(world.entry("/etc"), NotCollected)
    assert isinstance(world.names("/"), NotCollected)
    assert world.entry("/srv/none") == ABSENT
    assert isinstance(world.read("/srv/b"), NotCollected)


def test_groups_are_those_that_list_the_user() -> None:
    groups = [Group("a", 10, ("u", "v")), Group("b", 11, ("v",)), Group("c", 9, ("u",))]
    world = MemoryEvidence({}, users=[User("u", 1, 5)], groups=groups)
    assert world.group_ids("u", 5) == (5, 9, 10)
    assert (world.user(1), world.user("u"), world.user("w")) == (User("u", 1, 5), User("u", 1, 5), ABSENT)
    assert (world.group("b"), world.group(12)) == (groups[1], ABSENT)
    unknown = MemoryEvidence({}, users=None, groups=None)
    assert isinstance(unknown.user("u"), NotCollected)
    assert isinstance(unknown.group(1), NotCollected)
    assert isinstance(unknown.group_ids("u", 5), NotCollected)
