"""A pattern that refuses takes ordinary addresses along: its dot is any character, or it has no end."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, WARNING, Finding, Fix
from audit403.core.registry import check
from audit403.explore.subject import PURPOSE_FILE
from audit403_checks.apache.refusing_pattern import refusing_pattern
from audit403_checks.apache.subjects import refusal_of
from audit403_checks.patterns import taken_along, told
from audit403_checks.support import finding_of

_EVERYBODY = "every client"


@check(ERROR, "rewrite-rule", "redirect-status", "require", "access-compat")
def pattern_takes_along(fact: Fact, site: Site) -> Iterator[Finding]:
    """An error where a page or picture of the tree is hit, a warning where addresses are that most sites have."""
    found = refusal_of(fact)
    if found is None or not found[0].who.startswith(_EVERYBODY):
        return
    refusal, subject = found
    place = refusing_pattern(refusal, subject)
    if place is None:
        return
    taken = taken_along(place.pattern, subject.hits, lambda hit: place.text_of(site, hit))
    taken = [one for one in taken if site.decide(one.hit.request).where == refusal.where]
    if not taken:
        return
    first, meant = taken[0], taken[0].accident.meant
    severity = ERROR if first.hit.purpose == PURPOSE_FILE else WARNING
    edits = place.rewritten(site, meant)
    fix = Fix(f"write the pattern as {meant}", UNSAFE if edits else MANUAL, edits)
    hit = (first.hit, site.decide(first.hit.request))
    message = told(place.label, taken)
    yield finding_of("apache/pattern-takes-along", severity, message, refusal, (fix,), anchor=place.label, hit=hit)
