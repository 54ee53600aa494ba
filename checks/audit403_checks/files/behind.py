"""What stands behind a missing permission, where the mode alone does not tell: the rule that says it, by its name."""

from audit403.core.family import Site
from audit403.evidence.interface import Entry
from audit403.files.permission import EXECUTE, READ
from audit403_checks.files.remedies import served

GROUP = "files/group-not-in-effect"
MASK = "files/acl-mask-voids-entry"

BITS = {"search": EXECUTE, "read": READ}


def behind(site: Site, path: str, access: str) -> str | None:
    """The rule that explains best why an entry refuses; None where it is its mode, owner or ACL as they stand."""
    found = served(site)
    if found is None:
        return None
    from audit403_checks.files.groups import lost_group
    from audit403_checks.files.masks import is_cut_by_mask

    resolver = found.evaluator.files().resolver
    entry = resolver.evidence.entry(path)
    if not isinstance(entry, Entry):
        return None
    bits = BITS[access]
    if is_cut_by_mask(entry, resolver.identity, bits):
        return MASK
    return GROUP if lost_group(site, entry, bits) is not None else None
