"""POSIX access ACLs as Linux stores them in the extended attribute `system.posix_acl_access`.

The layout is that of include/uapi/linux/posix_acl_xattr.h: a version, then tag, permissions and id of each entry.
"""

from audit403.evidence.interface import AclEntry

ACCESS_ATTRIBUTE = "system.posix_acl_access"

_VERSION = 2
_USER, _GROUP_OBJ, _GROUP, _MASK = 0x02, 0x04, 0x08, 0x10
_TAGS = {_USER: "user", _GROUP: "group", _MASK: "mask"}


def parse_acl(attribute: bytes) -> tuple[tuple[AclEntry, ...], int] | None:
    """The named entries and the mask, and what the owning group is granted; None when the bytes are no such ACL."""
    from struct import iter_unpack  # few files have an ACL

    if len(attribute) < 4 or (len(attribute) - 4) % 8 or int.from_bytes(attribute[:4], "little") != _VERSION:
        return None
    entries = []
    group_bits = None
    for tag, bits, identifier in iter_unpack("<HHI", attribute[4:]):
        if tag == _GROUP_OBJ:
            group_bits = bits
        elif tag in _TAGS:
            entries.append(AclEntry(_TAGS[tag], None if tag == _MASK else identifier, bits))
    return None if group_bits is None else (tuple(entries), group_bits)


def mask_of(entries: tuple[AclEntry, ...], group_bits: int) -> int:
    """The mask that setfacl calculates: the union of every entry that the mask applies to."""
    mask = group_bits
    for entry in entries:
        if entry.tag != "mask":
            mask |= entry.bits
    return mask


def in_kernel_order(entries: list[AclEntry]) -> tuple[AclEntry, ...]:
    """Users by uid, then groups by gid, then the mask, as the kernel keeps them."""
    order = ("user", "group", "mask")
    return tuple(sorted(entries, key=lambda entry: (order.index(entry.tag), entry.id or 0)))
