"""Whether an identity has read, write or execute permission on one entry, as Linux decides it.

The order is that of acl_permission_check() and generic_permission() in fs/namei.c and of posix_acl_permission() in
fs/posix_acl.c: the classes exclude one another, and an ACL counts only while the mode's group digit is not 0.
"""

from audit403.evidence.interface import DIRECTORY, Entry
from audit403.files.identity import Identity

READ, WRITE, EXECUTE = 4, 2, 1

OWNER_CLASS = "owner"
NAMED_USER_CLASS = "named user"
GROUP_CLASS = "group"
OTHER_CLASS = "other"


def permitted(entry: Entry, identity: Identity, bits: int) -> bool:
    """Whether `identity` has all of `bits` on `entry`; on a directory EXECUTE means search."""
    mode = entry.mode
    if entry.uid == identity.uid:
        granted = mode >> 6 & bits == bits
    elif entry.group_bits is not None and mode & 0o070:
        granted = _acl_permits(entry, entry.group_bits, identity, bits)
    elif entry.gid == identity.gid or entry.gid in identity.groups:
        granted = mode >> 3 & bits == bits
    else:
        granted = mode & bits == bits
    return granted or _capable(entry, identity, bits)


def class_of(entry: Entry, identity: Identity) -> str:
    """The class whose bits count for `identity`, one of the `_CLASS` names."""
    if entry.uid == identity.uid:
        return OWNER_CLASS
    acl = entry.acl if entry.group_bits is not None and entry.mode & 0o070 else ()
    if any(named.tag == "user" and named.id == identity.uid for named in acl):
        return NAMED_USER_CLASS
    if in_group(entry.gid, identity) or any(named.tag == "group" and in_group(named.id, identity) for named in acl):
        return GROUP_CLASS
    return OTHER_CLASS


def granted_bits(entry: Entry, identity: Identity) -> int:
    """The union of what `identity` has on `entry`, capabilities left out."""
    plain = Identity(identity.uid, identity.gid, identity.groups)
    return sum(bit for bit in (READ, WRITE, EXECUTE) if permitted(entry, plain, bit))


def in_group(gid: int | None, identity: Identity) -> bool:
    """Whether `gid` is the identity's group or one of its supplementary groups."""
    return gid == identity.gid or gid in identity.groups


def _acl_permits(entry: Entry, group_bits: int, identity: Identity, bits: int) -> bool:
    # With an ACL the mode's group digit is the mask.
    within_mask = entry.mode >> 3 & bits == bits
    groups = [group_bits] if in_group(entry.gid, identity) else []
    for named in entry.acl:
        if named.tag == "user":
            if named.id == identity.uid:
                return within_mask and named.bits & bits == bits
        elif named.tag == "group" and in_group(named.id, identity):
            groups.append(named.bits)
    if groups:
        # One group must grant all the bits; two that grant a part each do not add up.
        return within_mask and any(granted & bits == bits for granted in groups)
    return entry.mode & bits == bits


def _capable(entry: Entry, identity: Identity, bits: int) -> bool:
    if entry.kind == DIRECTORY:
        return identity.dac_override or (identity.dac_read_search and not bits & WRITE)
    if identity.dac_read_search and bits == READ:
        return True
    return identity.dac_override and (not bits & EXECUTE or entry.mode & 0o111 != 0)
