"""One audit of files and folders: targets, sites, facts, findings, ignores, replayed fixes, in one report."""

import os
from collections.abc import Iterable, Sequence

from audit403.core.fact import Fact, Refusal
from audit403.core.family import NotAudited, Site, first_file, place_of
from audit403.core.finding import NOTE, SEVERITIES, Finding
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Span
from audit403.engine.fingerprint import fingerprints
from audit403.engine.ignores import Ignores, places_of
from audit403.engine.judge import Judges, facts_of, findings_of, unjudged
from audit403.engine.selection import DELIBERATE, OWN_FAMILY, Selection, require_known
from audit403.engine.settings import NO_SETTINGS, Settings, SettingsFinder
from audit403.engine.targets import FoundSite, Reading, Targets
from audit403.evidence.interface import Evidence


class Asked(NamedTuple):
    """What the command line asks for; None leaves it to the settings, and `settings` is a file to take as those."""

    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    strict: bool | None = None
    fail_on: str | None = None
    tree: str | None = None
    prefix: str | None = None
    settings: str | None = None
    no_settings: bool = False
    skip_unrecognised: bool = False
    allow_public: bool = False


class Judged(NamedTuple):
    """A finding of a report: its site, its fingerprint, and whether it makes the run fail.

    `elsewhere` says that its files lie on another machine, where nothing is written.
    """

    finding: Finding
    site: Site | None
    fingerprint: str
    fails: bool
    elsewhere: bool = False


class Report(NamedTuple):
    """What an audit found, and what it could not look at."""

    findings: tuple[Judged, ...]
    ignored: int
    not_audited: tuple[NotAudited, ...]
    sites: tuple[Site, ...]
    faults: tuple[str, ...] = ()
    """A sentence for each file of settings that cannot be used; what it is about is in `not_audited`."""

    def fails(self) -> bool:
        """Whether a finding is at or above `fail-on`."""
        return any(judged.fails for judged in self.findings)


def audit(targets: Sequence[str], asked: Asked = Asked(), evidence: Evidence | None = None) -> Report:  # noqa: B008
    """Audit files and folders (`-`: standard input)."""
    if evidence is None:
        from audit403.evidence.local import LocalEvidence

        evidence = LocalEvidence()
    require_known((*(asked.select or ()), *asked.ignore))
    found = Targets(evidence, Reading(asked.tree, asked.prefix, asked.skip_unrecognised), finder_of(asked))
    sites = found.sites(targets)
    return judged(sites, asked, found.not_audited, found.faults)


def finder_of(asked: Asked) -> SettingsFinder:
    """What finds the settings that were asked for."""
    return SettingsFinder(asked.settings and os.path.abspath(asked.settings), asked.no_settings)


def judged(
    sites: Sequence[FoundSite],
    asked: Asked,
    missed: Iterable[NotAudited] = (),
    faults: Iterable[str] = (),
    judges: Judges | None = None,
) -> Report:
    """The report about some sites; `missed` and `faults` are what finding them could not look at or use.

    `judges` are those of a run before, where checks need not be looked for again.
    """
    return _Run(asked, sites, judges or Judges()).report(missed, faults)


class _Run:
    def __init__(self, asked: Asked, found: Sequence[FoundSite], judges: Judges) -> None:
        self.asked = asked
        self.found = found
        self.judges = judges
        self.ignores = Ignores()
        self.not_audited: list[NotAudited] = []
        self.kept: list[tuple[Finding, Site | None, Settings]] = []

    def report(self, missed: Iterable[NotAudited], faults: Iterable[str]) -> Report:
        found = self.found
        read: set[str] = set()
        for one in sorted(found, key=_place_in_order):
            if not one.site.main.startswith("/") and first_file(one.site) in read:
                continue  # a file for which surroundings were assumed turned out to be a part of another site
            self._judge(one)
            read.update(one.site.files)
        self._judge_ignores([one.settings for one in found])
        kept = sorted(self.kept, key=lambda entry: _position(entry[0]))
        prints = fingerprints((finding, site) for finding, site, _ in kept)
        elsewhere = {id(one.site) for one in found if one.elsewhere}
        every_judged = tuple(
            Judged(finding, site, made, self._fails(finding, settings), id(site) in elsewhere)
            for (finding, site, settings), made in zip(kept, prints, strict=True)
        )
        every = (*missed, *self.judges.not_audited, *self.not_audited)
        sites = tuple(one.site for one in found)
        return Report(every_judged, self.ignores.ignored, tuple(dict.fromkeys(every)), sites, tuple(faults))

    def _judge(self, found: FoundSite) -> None:
        site, settings = found.site, found.settings
        selection = self._selection(settings)
        facts = facts_of(site, self.not_audited)
        strict = self._is_strict(settings)
        if strict:
            facts += facts_of(site, self.not_audited, alike=True)
        made = self._findings(found, facts, selection, strict)
        if made and not strict:
            more = facts_of(site, self.not_audited, alike=True)
            made += self._findings(found, more, selection, strict)
            facts += more
        findings = [finding for finding in dict.fromkeys(made) if found.only is None or _touches(finding, found.only)]
        findings = self.ignores.kept(findings, site, settings)
        if not strict:
            findings = [finding for finding in findings if finding.severity != NOTE]
        if any(finding.fixes or finding.fix for finding in findings):
            from audit403.engine.replay import Replay

            findings = self._settled(Replay(site, facts, allow_public=self.asked.allow_public), findings)
        self.kept += [(finding, site, settings) for finding in findings]
        self.not_audited += site.not_audited
        self.not_audited += site.not_explored()

    def _findings(self, found: FoundSite, facts: list[Fact], selection: Selection, strict: bool) -> list[Finding]:
        """What the selected checks say; with `strict` also about refusals of which no check at all says anything."""
        if not facts:
            return []
        checks = self.judges.of(found.family)
        selected = [check for check in checks if selection.takes(check.id)]
        if not strict or not selection.takes(DELIBERATE):
            return list(findings_of(facts, found.site, selected, self.not_audited))
        every = list(findings_of(facts, found.site, checks, self.not_audited))
        left = list(unjudged(facts, every))
        own = self.judges.of(OWN_FAMILY)
        every += findings_of(left, found.site, own, self.not_audited)
        return [finding for finding in every if selection.takes(finding.rule)]

    def _settled(self, replay: object, findings: list[Finding]) -> list[Finding]:
        from audit403.engine.replay import Replay

        assert isinstance(replay, Replay)
        try:
            return replay.settle(findings)
        except Exception as error:  # an evaluator that fails in a changed world leaves the findings as they are
            reason = f"internal-error: the fixes could not be tried out: {type(error).__name__}: {error}"
            self.not_audited.append(NotAudited(place_of(replay.site), reason))
            return [finding._replace(fix=None, fixes=()) for finding in findings]

    def _judge_ignores(self, every: list[Settings]) -> None:
        settings = every[0] if every else NO_SETTINGS
        selection = self._selection(settings)
        faults = list(self.ignores.unused(selection))
        if not faults or not selection.takes(f"{OWN_FAMILY}/unused-ignore"):
            return
        checks = self.judges.of(OWN_FAMILY)
        for fault in faults:
            site = next((site for site in self._sites() if _has(site, fault.where)), None)
            for finding in findings_of([fault], site, checks, self.not_audited):  # type: ignore[arg-type]
                self.kept.append((finding, site, settings))

    def _sites(self) -> Iterable[Site]:
        return [found.site for found in self.found]

    def _selection(self, settings: Settings) -> Selection:
        select = settings.select if self.asked.select is None else self.asked.select
        return Selection(select, (*settings.ignore, *self.asked.ignore))

    def _is_strict(self, settings: Settings) -> bool:
        return settings.strict if self.asked.strict is None else self.asked.strict

    def _fails(self, finding: Finding, settings: Settings) -> bool:
        least = self.asked.fail_on or settings.fail_on
        return SEVERITIES.index(finding.severity) <= SEVERITIES.index(least)


def _place_in_order(found: FoundSite) -> tuple[bool, list[str]]:
    """Main configurations first, then the files for which surroundings are assumed, those of outer folders first."""
    path = first_file(found.site) or ""
    return not found.site.main.startswith("/"), path.split("/")[:-1]


def _touches(finding: Finding, files: set[str]) -> bool:
    """Whether a finding speaks of one of the files, or its request passes through one."""
    places = places_of(finding)
    fact = finding.fact
    if isinstance(fact, Refusal):
        places += [step.where for step in fact.decision.trace if step.where is not None]
    return any(isinstance(place, Span) and place.file in files for place in places)


def _has(site: Site, place: object) -> bool:
    return isinstance(place, Span) and place.file in site.files


def _position(finding: Finding) -> tuple[str, int, int, str, str]:
    where = finding.where
    if isinstance(where, Span):
        return where.file, where.line, where.column, finding.rule, finding.message
    path = getattr(where, "path", None) or f"{getattr(where, 'bucket', '')} {getattr(where, 'statement', '')}"
    return path, 0, 0, finding.rule, finding.message
