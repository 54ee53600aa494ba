"""What heads the report about a host: the servers that were found, with their configuration and whom they run as."""

from typing import TYPE_CHECKING

from audit403.evidence.interface import Group, User
from audit403.report.terminal import Style, safe

if TYPE_CHECKING:
    from audit403.engine.host_audit import HostReport, OnHost
    from audit403.evidence.collected import Collected


def servers_text(report: "HostReport", style: Style) -> str:
    """One line a server, under the name of the host."""
    collected = report.collected
    name = collected.basics.hostname if collected.basics is not None else ""
    title = report.host if name in ("", report.host) else f"{report.host} ({name})"
    lines = [style.paint(safe(title), "bold")]
    lines += [f"  {safe(_server(one, collected))}" for one in report.servers]
    return "\n".join(lines) + "\n\n"


def _server(one: "OnHost", collected: "Collected") -> str:
    site, instance = one.found.site, one.instance
    text = f"{one.found.family}  {site.main}"
    if instance is None:
        return f"{text}  (named, whatever runs)"
    workers = instance.workers
    if not workers:
        return f"{text}  (process {instance.master.pid if instance.master else '?'}, no worker was seen)"
    worker = workers[0]
    names = [_name(collected.groups.get(gid), gid) for gid in (worker.gid, *sorted(worker.groups - {worker.gid}))]
    more = f", groups {', '.join(names[1:])}" if names[1:] else ""
    who = f"{_name(collected.users.get(worker.uid), worker.uid)}:{names[0]}"
    count = f"{len(workers)} worker{'s' if len(workers) > 1 else ''}"
    return f"{text}  ({count} of process {worker.parent}, as {who}{more})"


def _name(account: object, number: int) -> str:
    return account.name if isinstance(account, User | Group) else str(number)
