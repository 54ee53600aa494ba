"""The audit of one host: what runs there, with which configuration, and what that refuses with the tree as it is.

The same steps for a live host and for a snapshot of one: a live host is asked for what its record lacks, a snapshot
says that it was not collected.
"""

from collections.abc import Iterable, Iterator, Sequence
from posixpath import dirname

from audit403.core.errors import BadUsage
from audit403.core.family import Family, NotAudited, Options, Site
from audit403.core.instance import WORKERS, Instance, is_apart, process_of
from audit403.core.named_tuple import NamedTuple
from audit403.core.plugins import FAMILIES, entry_points, load
from audit403.engine.audit import Asked, Report, finder_of, judged
from audit403.engine.judge import INTERNAL_ERROR, Judges
from audit403.engine.settings import Settings
from audit403.engine.targets import FoundSite
from audit403.evidence.collected import Collected, CollectedEvidence
from audit403.evidence.interface import Absent, Entry, NotCollected, reason_of
from audit403.evidence.links import real_path
from audit403.evidence.machine import Machine, Process
from audit403.host.collector import HostCollector
from audit403.host.transport import HostError, Transport

_TOO_WIDE = frozenset(("/", "/etc", "/usr", "/usr/local", "/usr/local/etc", "/opt", "/home", "/root", "/srv", "/var"))
"""Folders that are no server's own: a configuration that lies right in one is taken alone."""
_OWN_ROOT = "it has a root of its own, as in a container, which only root may look into: run with --sudo"
NO_SERVER = "no server that audit403 knows runs there"
NOTHING_RUNS = f"{NO_SERVER}: name a configuration with --root to audit it all the same"

_judges = Judges()
"""The checks, looked for once in a process: one of a fleet audits many hosts."""


class OnHost(NamedTuple):
    """A server of a host with what it reads; `instance` is None for a configuration that was named.

    `names` is the record that has the names of its accounts: a server in a container has accounts of its own.
    """

    found: FoundSite
    instance: Instance | None
    names: Collected


class HostReport(NamedTuple):
    """What the audit of one host found, and the record that it was found in."""

    host: str
    servers: tuple[OnHost, ...]
    report: Report
    collected: Collected


def running_families() -> list[Family]:
    """The families that know their processes."""
    families = [load(value) for value in entry_points(FAMILIES).values()]
    return [family for family in families if hasattr(family, "running")]


def collect(transport: Transport, prefix: str = "") -> HostCollector:
    """Look at a host for the first time: its name, its accounts and what runs there. Raises HostError."""
    collector = HostCollector(transport, Collected(), prefix)
    collector.first_look(running_families())
    return collector


def audit_host(host: str, evidence: CollectedEvidence, asked: Asked, configs: Sequence[str] = ()) -> HostReport:
    """Audit a host that was looked at; `configs` are main configurations in the place of those that run.

    Raises HostError where the host goes away.
    """
    servers = ServersOn(host, evidence, finder_of(asked).nearest("."))
    found = tuple(servers.named(configs) if configs else servers.running())
    report = judged([one.found for one in found], asked, servers.not_audited(), judges=_judges)
    if evidence.collector is not None and evidence.collector.failed is not None:
        raise evidence.collector.failed
    return HostReport(host, found, report, evidence.collected)


class ServersOn:
    """The servers of a host with their configurations; what could not be looked at is in `missed`."""

    def __init__(self, host: str, evidence: CollectedEvidence, settings: Settings) -> None:
        self.evidence = evidence
        self.settings = settings
        self.missed: list[NotAudited] = []
        self._host = host

    def not_audited(self) -> list[NotAudited]:
        """What could not be looked at, and what the host cannot tell: complete when its servers have been read."""
        collected = self.evidence.collected
        gaps = {gap: None for record in (collected, *collected.views.values()) for gap in sorted(record.gaps.items())}
        return [*(NotAudited(self._host, f"{what}: {why}") for what, why in gaps), *self.missed]

    def running(self) -> Iterator[OnHost]:
        """Those that run."""
        machine = self.evidence.machine()
        if not isinstance(machine, Machine):
            self.missed.append(NotAudited(self._host, f"what runs there is not known: {machine.reason}"))
            return
        count = 0
        for family in running_families():
            for instance in _distinct(family.running(machine)):
                count += 1
                yield from self._on_host(family, instance, machine)
        if not count:
            self.missed.append(NotAudited(self._host, NOTHING_RUNS))
        self.missed += [NotAudited(self._host, f"{what}: {right}") for what, right in machine.not_seen]

    def named(self, configs: Sequence[str]) -> Iterator[OnHost]:
        """Those of the configurations that were named: as they run where they do."""
        for main in configs:
            if not main.startswith("/"):
                raise BadUsage(f"--root takes the whole path of a configuration on the host, not {main}.")
            running = self._running_with(main)
            for family, instance, machine in running:
                yield from self._on_host(family, instance, machine)
            if running:
                continue
            self._take(main, self.evidence)
            entry = self.evidence.entry(main)
            if isinstance(entry, Absent | NotCollected):
                self.missed.append(NotAudited(main, f"it cannot be read: {reason_of(entry)}"))
                continue
            taken, refused = [], []
            for family in running_families():
                for site in family.find([main], self.evidence, Options()):
                    if isinstance(site, NotAudited):
                        refused.append(site)
                    else:
                        found = FoundSite(family.name, site, self.settings, elsewhere=True)
                        taken.append(OnHost(found, None, self.evidence.collected))
                        self._list(site, self.evidence)
            self.missed += [] if taken else refused  # that it is nothing to the other families is no news
            yield from taken

    def _running_with(self, main: str) -> list[tuple[Family, Instance, Machine]]:
        """The servers that run with a file of the host's own: only they show who serves, and what that sees."""
        machine = self.evidence.machine()
        if not isinstance(machine, Machine):
            return []
        running = ((family, one) for family in running_families() for one in _distinct(family.running(machine)))
        return [(family, one, machine) for family, one in running if self._runs_with(one, main, machine)]

    def _runs_with(self, instance: Instance, main: str, machine: Machine) -> bool:
        return instance.main == main and not self._has_own_root(instance, machine)

    def _has_own_root(self, instance: Instance, machine: Machine) -> bool:
        """Whether a server sees another root: a container's, or one that it was started in (chroot(8)), which has its
        configuration as well. httpd goes into its ChrootDir when it has read that.
        """
        root = process_of(instance).root
        if is_apart(instance, machine) or root in (None, "/") or instance.main is None:
            return is_apart(instance, machine)
        return isinstance(self.evidence.entry(f"{root}{instance.main}"), Entry)

    def _on_host(self, family: Family, instance: Instance, machine: Machine) -> Iterator[OnHost]:
        evidence = self._seen_by(family, instance, machine)
        site = None if evidence is None else self._running(family, instance, evidence)
        if site is not None and evidence is not None:
            yield OnHost(FoundSite(family.name, site, self.settings, elsewhere=True), instance, evidence.collected)

    def _seen_by(self, family: Family, instance: Instance, machine: Machine) -> CollectedEvidence | None:
        """The world that a server sees; None where it has a root of its own into which the login may not look."""
        if not self._has_own_root(instance, machine):
            return self.evidence
        process = process_of(instance)
        if machine.login.uid != 0:
            self.missed.append(NotAudited(f"{family.name} (process {process.pid})", _OWN_ROOT))
            return None
        login = machine.login._replace(mounts=process.mounts, mount_namespace=process.mount_namespace)
        return self.evidence.seen_from(f"/proc/{process.pid}/root", machine._replace(login=login))

    def _running(self, family: Family, instance: Instance, evidence: CollectedEvidence) -> Site | None:
        worker = instance.workers[0] if instance.workers and instance.known_by == WORKERS else None
        if worker is not None and evidence is not self.evidence:
            worker = worker._replace(root="/")
        if instance.main is None:
            name = f"{family.name} (process {process_of(instance).pid})"
            self.missed.append(NotAudited(name, f"its configuration is not known: {instance.lacking}"))
            return None
        for text in instance.unread:
            self.missed.append(NotAudited(instance.main, f"it was started with {text}, which is not looked at"))
        self._take(instance.main, evidence)
        data = evidence.read(instance.main)
        if not isinstance(data, bytes):
            self.missed.append(NotAudited(instance.main, f"it cannot be read: {reason_of(data)}"))
            return None
        options = Options(instance.prefix, (), "here", worker, instance.words)
        try:
            site = family.read(instance.main, evidence, options)
        except HostError:
            raise
        except Exception as error:  # whatever a host holds, its other servers go on
            reason = f"{INTERNAL_ERROR}: it could not be read: {type(error).__name__}: {error}"
            self.missed.append(NotAudited(instance.main, reason))
            return None
        self._list(site, evidence)
        if worker is not None:
            self._ask_kernel(site, worker, evidence)
        return site

    def _list(self, site: Site, evidence: CollectedEvidence) -> None:
        """List what a site serves, in one stream."""
        if evidence.collector is not None:
            evidence.collector.take_trees(site.docroots())

    def _ask_kernel(self, site: Site, worker: Process, evidence: CollectedEvidence) -> None:
        """Have the kernel say what a worker may not use, where the login may become that worker."""
        collector, machine = evidence.collector, evidence.machine()
        if collector is None or not isinstance(machine, Machine) or machine.login.uid != 0:
            return
        if worker.is_mapped or worker.mounts is None:
            return
        from audit403.files.mounts import world_of

        world = world_of(evidence, worker)
        real = (real_path(world, root) for root in site.docroots())
        answer = collector.ask_kernel(worker, [root for root in real if isinstance(root, str)])
        for record in {id(one): one for one in (self.evidence.collected, evidence.collected)}.values():
            if answer is not None and record.machine is not None:
                record.machine = record.machine._replace(kernel=(*record.machine.kernel, answer))

    def _take(self, main: str, evidence: CollectedEvidence) -> None:
        """Take the folder of a configuration along, before each file of it is asked for by itself."""
        folder = dirname(main)
        if evidence.collector is not None and folder not in _TOO_WIDE:
            evidence.collector.take_folders([folder])


def _distinct(instances: Iterable[Instance]) -> list[Instance]:
    """Servers that read the same in the same way and run as the same are audited once."""
    found: dict[object, Instance] = {}
    for one in instances:
        worker = one.workers[0] if one.workers else one.master
        who = None if worker is None else (worker.uid, worker.gid, worker.groups, worker.root, worker.mounts)
        found.setdefault((one.main, one.prefix, one.words, who), one)
    return list(found.values())
