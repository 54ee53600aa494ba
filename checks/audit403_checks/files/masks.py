"""Entries of ACLs that the mask takes back: acl(5), and acl_permission_check() of the kernel, which ignores an ACL
whose mask is empty.
"""

from audit403.evidence.interface import Entry
from audit403.files.identity import Identity
from audit403.files.permission import permitted

_MASK = 0o070


def is_cut_by_mask(entry: Entry, identity: Identity, bits: int) -> bool:
    """Whether an ACL grants the bits, and nothing but its mask takes them away."""
    if entry.group_bits is None or permitted(entry, identity, bits):
        return False
    return permitted(entry._replace(mode=entry.mode | _MASK), identity, bits)
