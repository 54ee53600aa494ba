"""Files are for a group that the worker's account has and its process has not."""

from collections.abc import Iterator
from typing import Any

from audit403.core.edit import GroupMemberEdit, ReloadEdit, TextEdit
from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, UNSAFE, Finding, Fix
from audit403.core.registry import check
from audit403.evidence.interface import Entry
from audit403_checks.files.behind import BITS, GROUP
from audit403_checks.files.blocked import about_first, blocked_finding
from audit403_checks.files.groups import CONFIGURED, JOINED, Lost, lost_group
from audit403_checks.files.judged import Judged, judged
from audit403_checks.files.remedies import Served, fixes_for, served, worker_of


@check(ERROR, "ancestor-not-searchable", "file-unreadable", "directory-unreadable")
def group_not_in_effect(fact: Fact, site: Site) -> Iterator[Finding]:
    """Only where the account, the unit or the account's own group says that the worker was to have it."""
    found = served(site)
    if found is None:
        return
    for one in judged(fact, site, GROUP):
        entry = found.evaluator.files().resolver.evidence.entry(one.blocked[0].path)
        lost = lost_group(site, entry, BITS[one.access]) if isinstance(entry, Entry) else None
        if lost is None:
            continue
        reason = _reason(site, found, lost)
        fixes = (*_fixes(site, found, one.refusal.family, lost), *_others(site, one))
        message = f"{one.message}: {reason}"
        yield blocked_finding(GROUP, site, one._replace(message=message), reason=reason, fixes=fixes)


def _reason(site: Site, found: Served, lost: Lost) -> str:
    user, group = worker_of(site), lost.group.name
    if lost.how == JOINED:
        return f"{user} is in the group {group}, and the server took its groups before that"
    if lost.how == CONFIGURED:
        resolver = found.evaluator.files().resolver
        configured = resolver.evidence.group(resolver.identity.gid)
        name = getattr(configured, "name", None) or str(resolver.identity.gid)
        return f"the server is configured to run as {user} with the group {name}, and so without {user}'s own, {group}"
    return f"the unit gives the group {group} to the master (SupplementaryGroups=), and workers take those of {user}"


def _fixes(site: Site, found: Served, family: str, lost: Lost) -> Iterator[Fix]:
    user, group = worker_of(site), lost.group.name
    if lost.how == JOINED:
        yield Fix("reload the server", UNSAFE, (), (_reload(found, family),), (ReloadEdit(user),))
    elif lost.how == CONFIGURED:
        edit = _own_group(site, family, found.model.worker, group)
        if edit is not None:
            yield Fix(f"let {user} have its own group, then reload the server", UNSAFE, (edit,))
    else:
        from audit403.files.remedy import quote

        commands = (f"usermod -aG {quote(group)} {quote(user)}", _reload(found, family))
        yield Fix(
            f"let {user} join the group, then reload the server", UNSAFE, (), commands, (GroupMemberEdit(user, group),)
        )


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


def _reload(found: Served, family: str) -> str:
    """A restart where the master is not root, and so cannot give its workers other groups than it has."""
    worker = found.evaluator.worker
    if worker is not None and worker.unit is not None:
        from audit403.files.remedy import quote
        from audit403.files.running import is_from_root

        verb = "reload" if is_from_root(found.evaluator.evidence, worker) else "restart"
        return f"systemctl {verb} {quote(worker.unit)}"
    return "nginx -s reload" if family == "nginx" else "apachectl graceful"


def _others(site: Site, one: Judged) -> tuple[Fix, ...]:
    about, _ = about_first(site, one)
    return fixes_for(site, about, one.access, [blocked.path for blocked in one.blocked])
