"""Entries of ACLs that the mask takes back: acl(5), and acl_permission_check() of the kernel, which ignores an ACL
whose mask is empty.
"""

from audit403.core.edit import ModeEdit
from audit403.core.finding import Fix
from audit403.evidence.interface import Entry
from audit403.files.identity import Identity
from audit403.files.permission import permitted
from audit403_checks.files.behind import BITS, MASK, Behind, Question
from audit403_checks.files.remedies import fix_for_all

_MASK = 0o070


def is_cut_by_mask(entry: Entry, identity: Identity, bits: int) -> bool:
    """Whether an ACL grants the bits, and nothing but its mask takes them away."""
    if entry.group_bits is None or permitted(entry, identity, bits):
        return False
    return permitted(entry._replace(mode=entry.mode | _MASK), identity, bits)


def behind(question: Question) -> Behind | None:
    """The mask, where it is that. Its fix lets the other entries of the ACL count again, too."""
    if question.entry is None:
        return None
    bits, mode = BITS[question.access], question.entry.mode
    if not is_cut_by_mask(question.entry, question.served.evaluator.files().resolver.identity, bits):
        return None

    def wider(paths: list[str]) -> tuple[Fix, ...]:
        from audit403.files.remedy import letters, quote

        if not paths[0].isprintable():
            return ()
        mask = mode >> 3 & 7 | bits
        command = f"setfacl -m {quote(f'm::{letters(mask)}')} {quote(paths[0])}"
        summary = "let what its ACL grants count again"
        return (fix_for_all(question.served, paths, summary, command, ModeEdit(paths[0], mode | mask << 3)),)

    return Behind(MASK, "its ACL grants this, and the ACL's mask takes it away", wider)
