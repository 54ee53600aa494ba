"""The unit of systemd that the worker belongs to: its settings, and the commands that act on it."""

from audit403.evidence.machine import Machine
from audit403_checks.files.remedies import Served


def unit_settings(site: Served) -> dict[str, str]:
    """What `systemctl show` says of it; empty where no unit was seen."""
    worker, machine = site.evaluator.worker, site.evaluator.evidence.machine()
    if worker is None or not isinstance(machine, Machine):
        return {}
    return {name: value for one in machine.units if one.name == worker.unit for name, value in one.properties}


def reload_of(site: Served, family: str) -> str:
    """The command that gives workers new groups: a restart where the master is not root, and so cannot give any."""
    worker = site.evaluator.worker
    if worker is not None and worker.unit is not None:
        from audit403.files.remedy import quote
        from audit403.files.running import is_from_root

        verb = "reload" if is_from_root(site.evaluator.evidence, worker) else "restart"
        return f"systemctl {verb} {quote(worker.unit)}"
    return "nginx -s reload" if family == "nginx" else "apachectl graceful"


def with_settings(unit: str, *lines: str) -> tuple[str, ...]:
    """The commands that give a unit other settings, in a file beside those of its package."""
    from audit403.files.remedy import quote

    folder = f"/etc/systemd/system/{unit}.d"
    written = " ".join(quote(line) for line in ("[Service]", *lines))
    return (
        f"mkdir -p {quote(folder)}",
        f"printf '%s\\n' {written} > {quote(f'{folder}/audit403.conf')}",
        "systemctl daemon-reload",
        f"systemctl restart {quote(unit)}",
    )
