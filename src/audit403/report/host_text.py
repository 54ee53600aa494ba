"""What heads the report about a host: the servers that were found, with their configuration and whom they run as."""

from typing import TYPE_CHECKING

from audit403.core.instance import process_of
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
    lines += [f"  {safe(line)}" for one in report.servers for line in _server(one, collected)]
    return "\n".join(lines) + "\n\n"


def _server(one: "OnHost", host: "Collected") -> list[str]:
    site, instance, names = one.found.site, one.instance, one.names
    text = f"{one.found.family}  {site.main}"
    if instance is None:
        return [f"{text}  (named, whatever runs)"]
    process = process_of(instance)
    apart = [f"  its files and accounts are those below /proc/{process.pid}/root: what mends them is run there"]
    more = [] if names is host else apart
    if not instance.workers:
        return [f"{text}  (process {process.pid}, no worker was seen)", *more]
    groups = [_name(names.groups.get(gid), gid) for gid in (process.gid, *sorted(process.groups - {process.gid}))]
    others = f", groups {', '.join(groups[1:])}" if groups[1:] else ""
    who = f"{_name(names.users.get(process.uid), process.uid)}:{groups[0]}"
    count = f"{len(instance.workers)} worker{'s' if len(instance.workers) > 1 else ''}"
    return [f"{text}  ({count} of process {process.parent}, as {who}{others})", *more]


def _name(account: object, number: int) -> str:
    return account.name if isinstance(account, User | Group) else str(number)
