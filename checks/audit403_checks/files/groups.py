"""Groups that the worker's account has, or was to have, and its process has not.

Truth: ngx_worker_process_init and unixd_setup_child call initgroups(user, the configured group) in each child: what the
master had is dropped, and so is the account's own group where another one is configured.
"""

from typing import Any

from audit403.core.edit import GroupMemberEdit, ReloadEdit, TextEdit
from audit403.core.family import Site
from audit403.core.finding import UNSAFE, Fix
from audit403.evidence.interface import Group, NotCollected, User
from audit403.files.permission import in_group, permitted
from audit403_checks.files.behind import BITS, GROUP, Behind, Question
from audit403_checks.files.remedies import Served
from audit403_checks.files.units import reload_of, unit_settings


def behind(question: Question) -> Behind | None:
    """A group that the worker was to have, and that the entry lets in."""
    entry, bits = question.entry, BITS[question.access]
    if entry is None:
        return None
    resolver = question.served.evaluator.files().resolver
    evidence, identity = resolver.evidence, resolver.identity
    for gid in (entry.gid, *(one.id for one in entry.acl if one.tag == "group" and one.id is not None)):
        if gid == 0 or in_group(gid, identity):
            continue
        if permitted(entry, identity._replace(groups=identity.groups | {gid}), bits):
            group = evidence.group(gid)
            found = _lost(question, group) if isinstance(group, Group) else None
            if found is not None:
                return found
    return None


def _lost(question: Question, group: Group) -> Behind | None:
    """Whether it is one: the account is listed in it since the server took its groups, the configuration gives another
    one in its place, or the unit gives it to a master that drops it.
    """
    found, site, family = question.served, question.site, question.family
    resolver = found.evaluator.files().resolver
    account = resolver.evidence.user(resolver.identity.uid)
    if not isinstance(account, User):
        return None
    user, name = account.name, group.name
    given = resolver.evidence.group_ids(user, resolver.identity.gid)
    if not isinstance(given, NotCollected) and group.gid in given:
        reloaded = Fix("reload the server", UNSAFE, (), (reload_of(found, family),), (ReloadEdit(user),))
        reason = f"{user} is in the group {name}, and the server took its groups before that"
        return Behind(GROUP, reason, lambda _: (reloaded,))
    if account.gid == group.gid:
        configured = resolver.evidence.group(resolver.identity.gid)
        other = configured.name if isinstance(configured, Group) else str(resolver.identity.gid)
        edit = _own_group(site, family, found.model.worker, name)
        summary = f"let {user} have its own group, then reload the server"
        fixes = () if edit is None else (Fix(summary, UNSAFE, (edit,)),)
        reason = (
            f"the server is configured to run as {user} with the group {other}, and so without {user}'s own, {name}"
        )
        return Behind(GROUP, reason, lambda _: fixes)
    if name in unit_settings(found).get("SupplementaryGroups", "").split():
        joined = _joining(found, family, user, name)
        reason = (
            f"the unit gives the group {name} to the master (SupplementaryGroups=), and workers take those of {user}"
        )
        return Behind(GROUP, reason, lambda _: (joined,))
    return None


def _joining(found: Served, family: str, user: str, group: str) -> Fix:
    from audit403.files.remedy import quote

    commands = (f"usermod -aG {quote(group)} {quote(user)}", reload_of(found, family))
    summary = f"let {user} join the group, then reload the server"
    return Fix(summary, UNSAFE, (), commands, (GroupMemberEdit(user, group),))


def _own_group(site: Site, family: str, worker: Any, group: str) -> TextEdit | None:
    """The group's name in the configuration, replaced; None where a variable stands in its place."""
    directive, number = (worker.directive, 1) if family == "nginx" else (worker.group_directive, 0)
    if directive is None or len(directive.args) <= number:
        return None
    written = directive.arg_span(number)
    text = (site.source(written.file) or b"")[written.start : written.end]
    if text.decode("utf-8", "surrogateescape").strip("\"'") != worker.group:
        return None
    return TextEdit(written.file, written.start, written.end, group)
