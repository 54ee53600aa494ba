"""What heads the report about a host: the servers that were found, with their configuration and whom they run as."""

from typing import TYPE_CHECKING

from audit403.core.instance import CONFIGURED, process_of
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
    master = instance.master
    if master is not None and master.uid != 0 and not master.is_mapped:
        starter = _name(names.users.get(master.uid), master.uid)
        more.append(f"  started by {starter}, not by root: it serves as that user, whatever its configuration names")
    if not instance.workers:
        return [f"{text}  (process {process.pid}, no worker was seen)", *more]
    count = f"{len(instance.workers)} worker{'s' if len(instance.workers) > 1 else ''}"
    if instance.known_by == CONFIGURED:
        return [f"{text}  ({count} of process {process.parent}, each as its configuration says)", *more]
    groups = [_name(names.groups.get(gid), gid) for gid in (process.gid, *sorted(process.groups - {process.gid}))]
    others = f", groups {', '.join(groups[1:])}" if groups[1:] else ""
    who = f"{_name(names.users.get(process.uid), process.uid)}:{groups[0]}"
    more += [
        f"  the kernel was not asked, modes and mounts alone were judged: {why}"
        for why in _not_asked(host, process.pid)
    ]
    return [f"{text}  ({count} of process {process.parent}, as {who}{others})", *more]


def _not_asked(host: "Collected", pid: int) -> list[str]:
    answers = () if host.machine is None else host.machine.kernel
    return [answer.lacking for answer in answers if answer.pid == pid and answer.lacking is not None]


def _name(account: object, number: int) -> str:
    return account.name if isinstance(account, User | Group) else str(number)
