"""An ACL lets the server's worker in, and its mask takes that back: what a chmod after the setfacl leaves."""

from collections.abc import Iterator

from audit403.core.edit import ModeEdit
from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding, Fix
from audit403.core.registry import check
from audit403.evidence.interface import Entry
from audit403_checks.files.behind import BITS, MASK
from audit403_checks.files.blocked import about_first, blocked_finding
from audit403_checks.files.judged import Judged, judged
from audit403_checks.files.remedies import fix_for_all, fixes_for, served


@check(ERROR, "ancestor-not-searchable", "file-unreadable", "directory-unreadable")
def acl_mask_voids_entry(fact: Fact, site: Site) -> Iterator[Finding]:
    """Whoever wrote the entry meant it; the mask, which the group's digit of chmod sets, was hardly meant."""
    for one in judged(fact, site, MASK):
        reason = "its ACL grants this, and the ACL's mask takes it away"
        message = f"{one.message}: {reason}"
        yield blocked_finding(
            MASK, site, one._replace(message=message), reason=reason, fixes=(*_wider(site, one), *_others(site, one))
        )


def _wider(site: Site, judged: Judged) -> Iterator[Fix]:
    """The mask with what is missing; the fewest commands, and what other entries of the ACL say counts again too."""
    found, path = served(site), judged.blocked[0].path
    entry = None if found is None else found.evaluator.files().resolver.evidence.entry(path)
    if found is None or not isinstance(entry, Entry) or not path.isprintable():
        return
    from audit403.files.remedy import letters, quote

    mask = entry.mode >> 3 & 7 | BITS[judged.access]
    command = f"setfacl -m {quote(f'm::{letters(mask)}')} {quote(path)}"
    edit = ModeEdit(path, entry.mode | mask << 3)
    yield fix_for_all(found, [one.path for one in judged.blocked], "let what its ACL grants count again", command, edit)


def _others(site: Site, judged: Judged) -> tuple[Fix, ...]:
    about, _ = about_first(site, judged)
    return fixes_for(site, about, judged.access, [one.path for one in judged.blocked])
