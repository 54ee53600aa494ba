import pytest

from audit403.core.edit import AclUserEdit, GroupMemberEdit, ModeEdit
from audit403.evidence.interface import AclEntry, Entry, NotCollected
from audit403.evidence.memory import MemoryEvidence
from audit403.files.identity import identity_of_ids
from audit403.files.remedy import remedies
from audit403.files.resolve import Resolver
from files.worlds import SITE, WWW


def test_the_least_exposure_comes_first_and_each_is_an_edit_that_opens_it() -> None:
    found = remedies(SITE, WWW, "www-data", "/srv/www/index.html", "read")
    assert [remedy.commands for remedy in found] == [
        ("setfacl -m u:www-data:x /home/ann",),
        ("usermod -aG ann www-data",),
        ("chmod o+x /home/ann",),
    ]
    assert [remedy.edits for remedy in found] == [
        (AclUserEdit("/home/ann", 33, 1),),
        (GroupMemberEdit("www-data", "ann"),),
        (ModeEdit("/home/ann", 0o751),),
    ]
    assert [remedy.reload for remedy in found] == [False, True, False]
    for remedy in found:
        world = SITE.with_changes(remedy.edits)
        groups = world.group_ids("www-data", 33)
        assert not isinstance(groups, NotCollected)
        assert Resolver(world, identity_of_ids(33, 33, frozenset(groups))).open("/srv/www/index.html").errno == 0


def test_an_owner_needs_a_bit_of_its_own() -> None:
    found = remedies(SITE, WWW, "www-data", "/srv/mine", "read")
    assert [remedy.commands for remedy in found] == [("chmod u+r /srv/mine",)]


def test_nobody_joins_roots_group() -> None:
    commands = [remedy.commands for remedy in remedies(SITE, WWW, "www-data", "/srv/root-only", "read")]
    assert commands == [("setfacl -m u:www-data:r /srv/root-only",), ("chmod o+r /srv/root-only",)]


def test_a_named_user_keeps_what_the_class_granted_and_a_wider_mask_is_said() -> None:
    masked = Entry("d", 0o744, 0, 0, acl=(AclEntry("user", 7, 1), AclEntry("mask", None, 4)), group_bits=5)
    world = MemoryEvidence({"/": Entry("d", 0o755, 0, 0), "/d": masked, "/d/f": Entry("f", 0o644, 0, 0)})
    found = remedies(world, WWW, None, "/d/f", "read")
    assert found[0].commands == ("setfacl -m u:33:rx /d",)
    assert found[0].opens_to == "33, and whom the ACL's mask cut off"


@pytest.mark.parametrize("path", ["/srv/loop", "/srv/none", "/srv/mine/x", "/srv/dark", "/srv", "/srv/esc\x1b[31m"])
def test_there_is_none_where_permissions_do_not_help_or_no_command_can_be_shown(path: str) -> None:
    assert remedies(SITE, WWW, "www-data", path, "read") == ()


def test_a_protected_link_is_given_to_the_owner_of_its_directory() -> None:
    assert remedies(SITE, WWW, "www-data", "/tmp/link", "list")[0].commands == ("chown -h root /tmp/link",)
