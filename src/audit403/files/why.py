"""Why one entry refuses an identity, in words: which class counts, and who would be let in.

`ls -l` shows nine letters and not which three of them count; most of what is wrong with permissions is in that.
"""

from audit403.evidence.interface import Entry, Evidence, Group, User
from audit403.files.identity import Identity
from audit403.files.permission import (
    EXECUTE,
    GROUP_CLASS,
    NAMED_USER_CLASS,
    OTHER_CLASS,
    OWNER_CLASS,
    READ,
    WRITE,
    class_of,
    in_group,
)

_VERBS = {READ: "read", WRITE: "write", EXECUTE: "search"}


def why(evidence: Evidence, entry: Entry, identity: Identity, user: str, bits: int) -> str:
    """The reason that `identity`, whose name is `user`, does not get `bits` (one of them) on an entry."""
    verb = _VERBS.get(bits, "use")
    counting = class_of(entry, identity)
    if counting == OWNER_CLASS:
        return f"{user} is the owner, whose bits count and do not let it {verb} this"
    group = _group_name(evidence, entry.gid)
    if counting == NAMED_USER_CLASS:
        named = next(one for one in entry.acl if one.tag == "user" and one.id == identity.uid)
        if named.bits & bits == bits:
            return f"the ACL lets {user} {verb} this, and its mask takes that away"
        return f"the ACL has an entry for {user} that does not let it {verb} this"
    if counting == GROUP_CLASS:
        return f"the group {_counting_group(evidence, entry, identity)} counts for {user} and may not {verb} this"
    if counting == OTHER_CLASS and entry.mode >> 3 & bits == bits and entry.gid:
        return f"only {_owner_name(evidence, entry.uid)} and the group {group} may {verb} this; {user} is not in it"
    if entry.mode >> 6 & bits != bits:
        return f"its mode lets nobody {verb} this"
    return f"only {_owner_name(evidence, entry.uid)} may {verb} this, not {user}"


def _counting_group(evidence: Evidence, entry: Entry, identity: Identity) -> str:
    gids = [entry.gid, *(one.id for one in entry.acl if one.tag == "group" and one.id is not None)]
    return _group_name(evidence, next((gid for gid in gids if in_group(gid, identity)), entry.gid))


def _owner_name(evidence: Evidence, uid: int) -> str:
    owner = evidence.user(uid)
    return owner.name if isinstance(owner, User) else str(uid)


def _group_name(evidence: Evidence, gid: int) -> str:
    group = evidence.group(gid)
    return group.name if isinstance(group, Group) else str(gid)
