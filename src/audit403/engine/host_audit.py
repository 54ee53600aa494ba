"""The audit of one host: what runs there, with which configuration, and what that refuses with the tree as it is.

The same steps for a live host and for a snapshot of one: a live host is asked for what its record lacks, a snapshot
says that it was not collected.
"""

from collections.abc import Iterable, Sequence
from posixpath import dirname
from secrets import token_hex

from audit403.core.errors import BadUsage
from audit403.core.family import Family, NotAudited, Options, Site
from audit403.core.instance import Instance
from audit403.core.named_tuple import NamedTuple
from audit403.core.plugins import FAMILIES, entry_points, load
from audit403.engine.audit import Asked, Report, finder_of, judged
from audit403.engine.settings import Settings
from audit403.engine.targets import FoundSite
from audit403.evidence.collected import Collected, CollectedEvidence
from audit403.evidence.interface import Absent
from audit403.evidence.machine import Machine
from audit403.host.collector import HostCollector
from audit403.host.discover_script import discover_script
from audit403.host.read_machine import machine_of
from audit403.host.transport import HostError, Transport, output_of

_TOO_WIDE = frozenset(
    ("/", "/etc", "/usr", "/usr/local", "/usr/local/etc", "/opt", "/home", "/root", "/srv", "/tmp", "/var")
)
"""Folders that are no server's own: a configuration that lies right in one is taken alone."""
NOTHING_RUNS = "no server that audit403 knows runs there: name a configuration with --root to audit it all the same"


class OnHost(NamedTuple):
    """A server of a host with what it reads; `instance` is None for a configuration that was named."""

    found: FoundSite
    instance: Instance | None


class HostReport(NamedTuple):
    """What the audit of one host found, and the record that it was found in."""

    host: str
    servers: tuple[OnHost, ...]
    report: Report
    collected: Collected


def collect(transport: Transport, prefix: str = "") -> HostCollector:
    """Look at a host for the first time: its name, its accounts and what runs there. Raises HostError."""
    collector = HostCollector(transport, Collected(), prefix)
    collector.basics()
    families = running_families()
    names = dict.fromkeys(name for family in families for name in family.process_names)
    texts = dict.fromkeys(text for family in families for text in family.build_texts)
    script = discover_script(token_hex(8), tuple(names), tuple(texts))
    try:
        collector.collected.machine = machine_of(output_of(transport, script, prefix=prefix), tuple(names))
    except ValueError as error:
        raise HostError(f"{transport.label}: what runs there cannot be made out: {error}") from error
    return collector


def audit_host(host: str, evidence: CollectedEvidence, asked: Asked, configs: Sequence[str] = ()) -> HostReport:
    """Audit a host that was looked at, live or in a snapshot; `configs` are main configurations in the place of those
    that run. Raises HostError where the host goes away.
    """
    missed: list[NotAudited] = []
    servers = servers_on(evidence, asked, configs, missed)
    if not servers and not missed:
        missed.append(NotAudited(host, NOTHING_RUNS))
    collected = evidence.collected
    missed += [NotAudited(host, f"{what}: {reason}") for what, reason in sorted(collected.gaps.items())]
    report = judged([one.found for one in servers], asked, missed)
    if evidence.collector is not None and evidence.collector.failed is not None:
        raise evidence.collector.failed
    return HostReport(host, tuple(servers), report, collected)


def servers_on(
    evidence: CollectedEvidence, asked: Asked, configs: Sequence[str], missed: list[NotAudited]
) -> list[OnHost]:
    """The servers of a host, each with its configuration read; what could not be read is added to `missed`."""
    settings = finder_of(asked).nearest(".")
    machine = evidence.machine()
    found: list[OnHost] = []
    for family in running_families():
        if configs:
            found += _configured(family, configs, evidence, asked, settings)
        elif isinstance(machine, Machine):
            for instance in _distinct(family.running(machine)):
                site = _running(family, instance, evidence, asked, missed)
                if site is not None:
                    found.append(OnHost(FoundSite(family.name, site, settings, None), instance))
    if not configs and isinstance(machine, Machine):
        missed += [NotAudited(what, f"it was not seen: {right}") for what, right in machine.not_seen]
    return found


def running_families() -> list[Family]:
    """The families that know their processes."""
    return [load(value) for value in entry_points(FAMILIES).values() if hasattr(load(value), "running")]


def _distinct(instances: Iterable[Instance]) -> list[Instance]:
    """Servers that read the same in the same way and run as the same are audited once."""
    found: dict[object, Instance] = {}
    for one in instances:
        worker = one.workers[0] if one.workers else one.master
        who = None if worker is None else (worker.uid, worker.gid, worker.groups, worker.root, worker.mounts)
        found.setdefault((one.main, one.prefix, one.words, who), one)
    return list(found.values())


def _running(
    family: Family, instance: Instance, evidence: CollectedEvidence, asked: Asked, missed: list[NotAudited]
) -> Site | None:
    master = instance.master or instance.workers[0]
    name = f"{family.name} (process {master.pid})"
    if instance.main is None:
        missed.append(NotAudited(name, f"its configuration is not known: {instance.lacking}"))
        return None
    return _read(family, instance.main, evidence, Options(instance.prefix, (), "here", instance.words), missed)


def _configured(
    family: Family, configs: Sequence[str], evidence: CollectedEvidence, asked: Asked, settings: Settings
) -> list[OnHost]:
    found = []
    for main in configs:
        if not main.startswith("/"):
            raise BadUsage(f"--root takes the whole path of a configuration on the host, not {main}.")
        _take(evidence, main)
        sites = family.find([main], evidence, Options(asked.prefix, (), "here"))
        read = [FoundSite(family.name, site, settings, None) for site in sites if not isinstance(site, NotAudited)]
        found += [OnHost(one, None) for one in read]
    return found


def _read(
    family: Family, main: str, evidence: CollectedEvidence, options: Options, missed: list[NotAudited]
) -> Site | None:
    _take(evidence, main)
    data = evidence.read(main)
    if not isinstance(data, bytes):
        reason = "there is no such file" if isinstance(data, Absent) else getattr(data, "reason", "it cannot be read")
        missed.append(NotAudited(main, reason))
        return None
    try:
        site = family.read(main, evidence, options)
    except HostError:
        raise
    except Exception as error:  # whatever a host holds, the other servers go on
        missed.append(NotAudited(main, f"internal-error: it could not be read: {type(error).__name__}: {error}"))
        return None
    collector = evidence.collector
    if collector is not None:
        collector.take_ways(site.docroots())
    return site


def _take(evidence: CollectedEvidence, main: str) -> None:
    """Take the folder of a configuration along, before each file of it is asked for by itself."""
    folder = dirname(main)
    if evidence.collector is not None and folder not in _TOO_WIDE:
        evidence.collector.take_folders([folder])
