"""The rules that a reader of acl(5) gets wrong, one by one; that they are the kernel's is the oracle's to prove."""

import pytest

from audit403.evidence.interface import AclEntry, Entry
from audit403.files.identity import Identity
from audit403.files.permission import EXECUTE, READ, WRITE, class_of, granted_bits, permitted

WWW = Identity(33, 33, frozenset({33, 44}))


def with_acl(mode: int, group_bits: int, *named: AclEntry) -> Entry:
    return Entry("f", mode, 0, 0, acl=(*named, AclEntry("mask", None, mode >> 3 & 7)), group_bits=group_bits)


@pytest.mark.parametrize(
    ("entry", "expected", "kind"),
    [
        (Entry("f", 0o044, 33, 33), False, "owner"),
        (Entry("f", 0o604, 0, 33), False, "group"),
        (Entry("f", 0o604, 0, 44), False, "group"),
        (Entry("f", 0o640, 0, 44), True, "group"),
        (Entry("f", 0o644, 0, 0), True, "other"),
        (with_acl(0o604, 0, AclEntry("user", 33, 0)), True, "other"),
        (with_acl(0o644, 0, AclEntry("user", 33, 0)), False, "named user"),
        (with_acl(0o614, 0, AclEntry("user", 33, 4)), False, "named user"),
        (with_acl(0o644, 0, AclEntry("group", 44, 0)), False, "group"),
        (with_acl(0o640, 0, AclEntry("group", 33, 0), AclEntry("group", 44, 4)), True, "group"),
        (with_acl(0o670, 0, AclEntry("user", 1, 7)), False, "other"),
    ],
)
def test_one_class_decides(entry: Entry, expected: bool, kind: str) -> None:
    assert permitted(entry, WWW, READ) is expected
    assert class_of(entry, WWW) == kind


def test_two_groups_that_grant_a_part_each_do_not_add_up() -> None:
    entry = with_acl(0o070, 0, AclEntry("group", 33, READ), AclEntry("group", 44, WRITE))
    assert (permitted(entry, WWW, READ), permitted(entry, WWW, WRITE), permitted(entry, WWW, READ | WRITE)) == (
        True,
        True,
        False,
    )
    assert granted_bits(entry, WWW) == READ | WRITE


@pytest.mark.parametrize(
    ("kind", "mode", "bits", "override", "read_search"),
    [
        ("f", 0o000, READ, True, True),
        ("f", 0o000, READ | WRITE, True, False),
        ("f", 0o000, EXECUTE, False, False),
        ("f", 0o001, EXECUTE, True, True),
        ("f", 0o001, EXECUTE | READ, True, False),
        ("d", 0o000, EXECUTE | READ, True, True),
        ("d", 0o000, EXECUTE | WRITE, True, False),
    ],
)
def test_capabilities(kind: str, mode: int, bits: int, override: bool, read_search: bool) -> None:
    entry = Entry(kind, mode, 0, 0)
    assert permitted(entry, WWW._replace(dac_override=True), bits) is override
    assert permitted(entry, WWW._replace(dac_read_search=True), bits) is read_search
