"""From the paths of a command line to sites: each main configuration once, however many of its files were named."""

import os
import sys
from collections.abc import Iterable, Iterator

from audit403.core.errors import BadUsage
from audit403.core.family import Family, NotAudited, Options, Site, first_file
from audit403.core.named_tuple import NamedTuple
from audit403.core.plugins import FAMILIES, entry_points, load
from audit403.engine.judge import INTERNAL_ERROR
from audit403.engine.selection import require_known
from audit403.engine.settings import Settings, SettingsFinder
from audit403.engine.tree_choice import AUTO, NONE, choose_tree
from audit403.evidence.interface import DIRECTORY, FILE, LINK, Absent, Entry, Evidence, NotCollected

STDIN = "-"
GZIP = b"\x1f\x8b"
"""What a snapshot begins with."""
MOST_STDIN = 64 * 1024 * 1024
_NOT_RECOGNISED = "it was not recognised as"
"""How a family says that a file is nothing to it."""


class Reading(NamedTuple):
    """How the command line wants configurations read; None leaves it to the settings."""

    tree: str | None = None
    prefix: str | None = None
    skip_unrecognised: bool = False
    """Whether a file that was named is passed over, as in a folder, where it is no configuration."""


class FoundSite:
    """A site with its family and settings; `only`: the findings wanted are those that touch these files (None: all).

    `elsewhere` says that its files lie on another machine.
    """

    __slots__ = ("elsewhere", "family", "only", "settings", "site")

    def __init__(
        self, family: str, site: Site, settings: Settings, only: set[str] | None = None, *, elsewhere: bool = False
    ) -> None:
        self.elsewhere = elsewhere
        self.family = family
        self.site = site
        self.settings = settings
        self.only = only


class Targets:
    """Finds the sites behind the targets; what cannot be looked at is in `not_audited`."""

    def __init__(self, evidence: Evidence, reading: Reading, finder: SettingsFinder) -> None:
        self.evidence = evidence
        self.reading = reading
        self.finder = finder
        self.not_audited: list[NotAudited] = []
        self.faults: list[str] = []
        self._known_settings: set[Settings] = set()
        self._found: dict[object, FoundSite] = {}
        self._by_file: dict[str, list[FoundSite]] | None = None

    def sites(self, targets: Iterable[str]) -> list[FoundSite]:
        """The sites of all targets, in the order in which they were found."""
        families = self._families()
        for target in dict.fromkeys(targets):
            if target == STDIN:
                self._add_stdin(families)
                continue
            path = os.path.abspath(target)
            kind = self._kind(target, path)
            if kind == FILE and self._is_snapshot(path):
                self._add_snapshot(path)
            elif kind == FILE:
                self._add_file(path, families)
            elif kind == DIRECTORY:
                self._add_folder(target, path, families)
        return list(self._found.values())

    def _is_snapshot(self, path: str) -> bool:
        data = self.evidence.read(path)
        return isinstance(data, bytes) and data.startswith(GZIP)

    def _add_snapshot(self, path: str) -> None:
        """The servers of the host that a snapshot was taken of."""
        from audit403.engine.host_audit import ServersOn
        from audit403.evidence.snapshot import SnapshotError, opened_snapshot

        try:
            host, evidence = opened_snapshot(path)
        except SnapshotError as error:
            self.not_audited.append(NotAudited(path, str(error)))
            return
        settings = self._settings(path, os.getcwd())
        if settings is None:
            return
        servers = ServersOn(host, evidence, settings)
        for number, one in enumerate(servers.running()):
            self._found[(path, number)] = one.found
        self.not_audited += servers.not_audited()

    def _families(self) -> list[Family]:
        families = []
        for name, value in entry_points(FAMILIES).items():
            try:
                family = load(value)
                if getattr(family, "explores", True):
                    families.append(family)
            except Exception as error:  # a plug-in may fail in any way, and the others go on
                reason = f"the plug-in cannot be loaded: {type(error).__name__}: {error}"
                self.not_audited.append(NotAudited(name, reason))
        return families

    def _kind(self, target: str, path: str) -> str | None:
        """FILE or DIRECTORY; None, with a note, for what is neither."""
        entry = self.evidence.entry(path)
        if isinstance(entry, Entry) and entry.kind == DIRECTORY:
            return DIRECTORY
        if isinstance(entry, Entry) and entry.kind == LINK and os.path.isdir(path):
            return DIRECTORY
        data = self.evidence.read(path)
        if isinstance(data, bytes):
            return FILE
        if isinstance(data, Absent):
            self.not_audited.append(NotAudited(target, "there is no such file or folder"))
        else:
            reason = data.reason if isinstance(data, NotCollected) else data.message
            self.not_audited.append(NotAudited(target, f"it cannot be read: {reason}"))
        return None

    def _settings(self, target: str, path: str) -> Settings | None:
        """The settings for a path; None, with a note, where they cannot be used."""
        try:
            settings = self.finder.nearest(path)
            if settings not in self._known_settings:
                require_known((*settings.select, *settings.ignore), settings.file)
                self._known_settings.add(settings)
        except BadUsage as error:
            self.not_audited.append(NotAudited(target, f"its settings cannot be used: {error}"))
            if str(error) not in self.faults:
                self.faults.append(str(error))
            return None
        return settings

    def _add_folder(self, target: str, path: str, families: list[Family]) -> None:
        settings = self._settings(target, path)
        if settings is None:
            return
        count = 0
        for family in families:
            for site in self._find(family, path, settings):
                count += 1
                first = first_file(site) or path
                own = self._settings(first, first)
                if own is None:
                    continue
                if _of_reading(own) != _of_reading(settings):
                    again = self._find(family, first_file(site) or path, own)
                    self._add_all(family, again, own, None)
                else:
                    self._add_all(family, [site], own, None)
        if not count and not any(missed.target == path for missed in self.not_audited):
            names = ", ".join(family.name for family in families)
            self.not_audited.append(NotAudited(target, f"nothing in it was recognised as configuration ({names})"))

    def _add_file(self, path: str, families: list[Family]) -> None:
        if self._found:
            known = self._index().get(os.path.realpath(path))
            if known:
                for found in known:
                    self._also(found, path)
                return
        settings = self._settings(path, path)
        if settings is None:
            return
        before = len(self.not_audited)
        taken = False
        for family in families:
            for site in self._find(family, path, settings):
                taken = True
                whole = not site.main.startswith("/") or site.main == path
                self._add_all(family, [site], settings, None if whole else _names_of(site, path))
        mine = self.not_audited[before:]
        if taken or self.reading.skip_unrecognised:  # that it is nothing to the other families is no news
            self.not_audited[before:] = [missed for missed in mine if missed.reason.startswith(INTERNAL_ERROR)]
            return
        told = [missed for missed in mine if not missed.reason.startswith(_NOT_RECOGNISED)]
        nothing = NotAudited(path, f"{_NOT_RECOGNISED} configuration ({', '.join(one.name for one in families)})")
        self.not_audited[before:] = told or [nothing]

    def _add_stdin(self, families: list[Family]) -> None:
        try:
            data = read_standard_input()
        except BadUsage as error:
            self.not_audited.append(NotAudited("standard input", str(error)))
            return
        if not data.strip():  # what was to print it has failed
            self.not_audited.append(NotAudited("standard input", "it is empty"))
            return
        settings = self._settings("standard input", os.getcwd())
        if settings is None:
            return
        for family in families:
            try:
                site = family.read_text(data, self.evidence, self._options(settings))
            except Exception as error:  # whatever a target holds, the others go on
                self._failed("standard input", error)
                continue
            if site is not None:
                self._add_all(family, [site], settings, None)
                return  # one text is one server's: the next family would only find faults with its syntax

    def _find(self, family: Family, path: str, settings: Settings) -> Iterator[Site]:
        try:
            for found in family.find([path], self.evidence, self._options(settings)):
                if isinstance(found, NotAudited):
                    self.not_audited.append(found)
                else:
                    yield found
        except Exception as error:  # whatever a target holds, the others go on
            self._failed(path, error)

    def _failed(self, target: str, error: Exception) -> None:
        reason = f"{INTERNAL_ERROR}: it could not be read: {type(error).__name__}: {error}"
        self.not_audited.append(NotAudited(target, reason))

    def _options(self, settings: Settings) -> Options:
        tree = self.reading.tree or settings.tree
        prefix = self.reading.prefix or settings.prefix
        return Options(prefix, settings.paths, NONE if tree == AUTO else tree, visitors=settings.visitors)

    def _add_all(self, family: Family, sites: Iterable[Site], settings: Settings, only: set[str] | None) -> None:
        for site in sites:
            key = (family.name, site.main if site.main.startswith("/") else site.files)
            known = self._found.get(key)
            if known is not None:
                known.only = None if known.only is None or only is None else known.only | only
                continue
            tree = choose_tree(self.reading.tree or settings.tree, site, self.evidence)
            if tree != site.options.tree:
                site = site.with_tree(tree)
            self._found[key] = FoundSite(family.name, site, settings, only)
            self._by_file = None

    def _also(self, found: FoundSite, path: str) -> None:
        if found.only is not None:
            found.only = None if found.site.main == path else found.only | _names_of(found.site, path)

    def _index(self) -> dict[str, list[FoundSite]]:
        """The sites by the real paths of their files."""
        if self._by_file is None:
            self._by_file = {}
            for found in self._found.values():
                for file in found.site.files:
                    self._by_file.setdefault(os.path.realpath(file), []).append(found)
        return self._by_file


def read_standard_input() -> bytes:
    """What comes on standard input. Raises BadUsage when it is closed, or more than anybody means to send."""
    if sys.stdin is None:
        raise BadUsage("it is closed")
    data = sys.stdin.buffer.read(MOST_STDIN + 1)
    if len(data) > MOST_STDIN:
        raise BadUsage(f"it is larger than {MOST_STDIN:,} bytes")
    return data


def _names_of(site: Site, path: str) -> set[str]:
    """The names under which a site has the file."""
    real = os.path.realpath(path)
    return {file for file in site.files if file == path or os.path.realpath(file) == real}


def _of_reading(settings: Settings) -> tuple[object, ...]:
    """What of the settings makes a site another one."""
    return settings.prefix, settings.paths, settings.visitors
