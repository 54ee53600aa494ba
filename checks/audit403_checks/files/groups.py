"""Groups that the worker's account has, or was to have, and its process has not.

Truth: ngx_worker_process_init and unixd_setup_child call initgroups(user, the configured group) in each child: what the
master had is dropped, and so is the account's own group where another one is configured.
"""

from audit403.core.family import Site
from audit403.core.named_tuple import NamedTuple
from audit403.evidence.interface import Entry, Group, NotCollected, User
from audit403.evidence.machine import Machine
from audit403.files.permission import in_group, permitted
from audit403_checks.files.remedies import Served, served

JOINED, CONFIGURED, OF_UNIT = "joined", "configured", "unit"


class Lost(NamedTuple):
    """A group that would let the worker in. `how` it was lost: the account is listed in it since the server took its
    groups, the configuration gives another one in its place, or the unit gives it to a master that drops it.
    """

    group: Group
    how: str


def lost_group(site: Site, entry: Entry, bits: int) -> Lost | None:
    """The group that the worker was to have, and that the entry lets in; None where there is none."""
    found = served(site)
    if found is None:
        return None
    resolver = found.evaluator.files().resolver
    evidence, identity = resolver.evidence, resolver.identity
    gids = [entry.gid, *(one.id for one in entry.acl if one.tag == "group" and one.id is not None)]
    for gid in gids:
        if gid == 0 or in_group(gid, identity):
            continue
        if not permitted(entry, identity._replace(groups=identity.groups | {gid}), bits):
            continue
        group = evidence.group(gid)
        if isinstance(group, Group):
            how = _how_lost(found, group)
            if how is not None:
                return Lost(group, how)
    return None


def _how_lost(site: Served, group: Group) -> str | None:
    resolver = site.evaluator.files().resolver
    evidence, identity = resolver.evidence, resolver.identity
    account = evidence.user(identity.uid)
    if not isinstance(account, User):
        return None
    given = evidence.group_ids(account.name, identity.gid)
    if not isinstance(given, NotCollected) and group.gid in given:
        return JOINED
    if account.gid == group.gid:
        return CONFIGURED
    return OF_UNIT if group.name in unit_groups(site) else None


def unit_groups(site: Served) -> tuple[str, ...]:
    """The SupplementaryGroups= of the unit that the worker belongs to."""
    worker, machine = site.evaluator.worker, site.evaluator.evidence.machine()
    if worker is None or not isinstance(machine, Machine):
        return ()
    units = (one for one in machine.units if one.name == worker.unit)
    words = (value for one in units for name, value in one.properties if name == "SupplementaryGroups")
    return tuple(word for text in words for word in text.split())
