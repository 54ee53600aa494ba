"""Facts to findings: every check that wants a fact is asked about it; one that fails is left out and noted."""

from collections.abc import Iterable, Iterator

from audit403.core.fact import UNJUDGED, Fact, Refusal, UnjudgedRefusal
from audit403.core.family import NotAudited, Site, place_of
from audit403.core.finding import Finding
from audit403.core.place import Place
from audit403.core.registry import Check, load_checks

INTERNAL_ERROR = "internal-error"


class Judges:
    """The checks of each family, loaded when its first site comes."""

    def __init__(self) -> None:
        self.not_audited: list[NotAudited] = []
        self._of_family: dict[str, list[Check]] = {}

    def of(self, family: str) -> list[Check]:
        """The checks that judge a family's facts."""
        known = self._of_family.get(family)
        if known is None:
            known, broken = load_checks(family)
            self._of_family[family] = known
            for plugin in broken:
                missed = NotAudited(plugin.name, f"the plug-in with checks cannot be loaded: {plugin.reason}")
                if missed not in self.not_audited:
                    self.not_audited.append(missed)
        return known


def facts_of(site: Site, not_audited: list[NotAudited], *, alike: bool = False) -> list[Fact]:
    """The facts of a site (`alike`: those that come after); where finding them fails, those found so far, and the
    failure is noted.
    """
    facts: list[Fact] = []
    try:
        facts.extend(site.alike_facts() if alike else site.facts())
    except Exception as error:  # whatever a target holds, the others go on
        not_audited.append(NotAudited(place_of(site), f"{INTERNAL_ERROR}: it could not be explored: {_said(error)}"))
    return facts


def findings_of(facts: Iterable[Fact], site: Site, checks: list[Check], missed: list[NotAudited]) -> Iterator[Finding]:
    """What the checks say about the facts of one site."""
    failed: set[str] = set()
    go_on_as = getattr(site, "go_on_as", None)
    for fact in facts:
        if go_on_as is not None and isinstance(fact, Refusal):
            go_on_as(fact.witness)
        kind = fact.cause if isinstance(fact, Refusal) else fact.kind
        for check in checks:
            if (check.causes and kind not in check.causes) or check.id in failed:
                continue
            try:
                yield from check.judge(fact, site)
            except Exception as error:  # a rule may fail in any way, and the others go on
                failed.add(check.id)
                reason = f"{INTERNAL_ERROR}: the rule {check.id} failed: {_said(error)}"
                missed.append(NotAudited(place_of(site), reason))


def unjudged(facts: Iterable[Fact], findings: Iterable[Finding]) -> Iterator[UnjudgedRefusal]:
    """The refusals of which no finding speaks, each as a fact of its own; `findings` are those of every check."""
    spoken = {place for finding in findings for place in (finding.where, _place_of(finding.fact))}
    for fact in facts:
        if isinstance(fact, Refusal) and fact.where not in spoken:
            yield UnjudgedRefusal(fact.family, UNJUDGED, fact.where, fact)


def _place_of(fact: Fact | None) -> Place | None:
    return None if fact is None else fact.where


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
