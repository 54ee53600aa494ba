import os
import pwd

import pytest

from audit403.evidence.interface import ABSENT, NotCollected, User
from audit403.evidence.local import LocalEvidence
from audit403.evidence.memory import MemoryEvidence
from audit403.files.identity import Identity, identity_of
from files.worlds import SITE


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may call initgroups(3)")
@pytest.mark.parametrize("group", [None, "root", "daemon"])
def test_the_groups_are_those_that_initgroups_gives(group: str | None) -> None:
    evidence = LocalEvidence()
    for account in pwd.getpwall():
        identity = identity_of(evidence, account.pw_name, group)
        assert isinstance(identity, Identity)
        assert (identity.uid, sorted(identity.groups)) == (account.pw_uid, _initgroups(account.pw_name, identity.gid))


def _initgroups(user: str, gid: int) -> list[int]:
    receiving, sending = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.initgroups(user, gid)
            os.write(sending, " ".join(str(group) for group in os.getgroups()).encode())
        finally:
            os._exit(0)
    os.close(sending)
    with os.fdopen(receiving) as pipe:
        groups = pipe.read()
    os.waitpid(pid, 0)
    return sorted({int(group) for group in groups.split()})


def test_a_given_group_takes_the_place_of_the_users_own() -> None:
    assert identity_of(SITE, "www-data", "ann") == Identity(33, 1000, frozenset({1000}))


def test_only_root_has_capabilities() -> None:
    assert identity_of(SITE, "root") == Identity(0, 0, frozenset({0}), True, True, True)


def test_what_is_not_there_or_not_known_is_said() -> None:
    assert identity_of(SITE, "bob") == ABSENT
    assert identity_of(SITE, "ann", "staff") == ABSENT
    assert isinstance(identity_of(MemoryEvidence({}, users=None), "ann"), NotCollected)
    no_groups = MemoryEvidence({}, users=[User("ann", 1, 1)], groups=None)
    assert isinstance(identity_of(no_groups, "ann"), NotCollected)
