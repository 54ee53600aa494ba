"""Who asks: the ids, groups and capabilities that the kernel holds against an entry (credentials(7), capabilities(7)).

A server's worker has what initgroups(3) gives the configured user together with the configured group.
"""

from audit403.core.named_tuple import NamedTuple
from audit403.evidence.interface import Absent, Evidence, Group, NotCollected, User


class Identity(NamedTuple):
    """One process's file-system credentials; the last three are its effective capabilities."""

    uid: int
    gid: int
    groups: frozenset[int]
    dac_override: bool = False
    dac_read_search: bool = False
    fowner: bool = False


def identity_of_ids(uid: int, gid: int, groups: frozenset[int]) -> Identity:
    """The identity with these ids; only root has capabilities."""
    root = uid == 0
    return Identity(uid, gid, groups, root, root, root)


def identity_of(evidence: Evidence, user: str, group: str | None = None) -> Identity | NotCollected | Absent:
    """The identity after initgroups(user, gid of `group` or of the user's own) and setuid(user)."""
    account = evidence.user(user)
    if not isinstance(account, User):
        return account
    gid = account.gid
    if group is not None:
        found = evidence.group(group)
        if not isinstance(found, Group):
            return found
        gid = found.gid
    gids = evidence.group_ids(account.name, gid)
    if isinstance(gids, NotCollected):
        return gids
    return identity_of_ids(account.uid, gid, frozenset(gids))


def numbered(evidence: Evidence, name: str, *, is_group: bool = False) -> str:
    """The name behind `#number`, as httpd's User and Group take it; what is none stays as it is."""
    if not name.startswith("#") or not name[1:].isdigit():
        return name
    number = int(name[1:])
    found = evidence.group(number) if is_group else evidence.user(number)
    return found.name if isinstance(found, User | Group) else name
