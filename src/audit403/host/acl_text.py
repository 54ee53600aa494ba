"""What `getfacl -n -p -s` prints, as ACLs of the record. Truth: getfacl(1), acl(5)."""

import re
from collections.abc import Iterator

from audit403.core.named_tuple import NamedTuple
from audit403.evidence.acl import in_kernel_order
from audit403.evidence.interface import AclEntry

_ESCAPE = re.compile(rb"\\([0-7]{3}|\\)")
_BITS = {"r": 4, "w": 2, "x": 1, "-": 0}


class Acl(NamedTuple):
    """The entries of users and groups by number, with the mask at the end, and what the owning group is granted."""

    named: tuple[AclEntry, ...]
    group_bits: int | None
    has_mask: bool


def acls_of(text: bytes) -> Iterator[tuple[str, Acl]]:
    """The ACL of each file. Raises ValueError for what getfacl does not print."""
    for block in text.split(b"\n\n"):
        lines = block.strip(b"\n").split(b"\n")
        if not lines[0].startswith(b"# file: "):
            if block.strip():
                raise ValueError("not a line of getfacl's")
            continue
        name = _ESCAPE.sub(_unescaped, lines[0][len(b"# file: ") :])
        yield name.decode("utf-8", "surrogateescape"), _acl(line.decode("ascii", "replace") for line in lines[1:])


def _unescaped(found: re.Match[bytes]) -> bytes:
    return found[1] if found[1] == b"\\" else bytes([int(found[1], 8) & 0xFF])


def _acl(lines: Iterator[str]) -> Acl:
    named: list[AclEntry] = []
    group_bits: int | None = None
    mask: AclEntry | None = None
    for line in lines:
        if line.startswith(("#", "default:")) or not line:
            continue
        tag, number, letters = line.split("\t")[0].split("#")[0].strip().split(":")
        bits = sum(_BITS[letter] for letter in letters)
        if tag == "mask":
            mask = AclEntry("mask", None, bits)
        elif tag in ("user", "group") and number:
            named.append(AclEntry(tag, int(number), bits))
        elif tag == "group":
            group_bits = bits
    return Acl(in_kernel_order([*named, *([] if mask is None else [mask])]), group_bits, mask is not None)
