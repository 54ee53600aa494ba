"""A pattern that refuses takes ordinary addresses along: its dot is any character, or it has no end."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, WARNING, Finding, Fix
from audit403.core.registry import check
from audit403.explore.subject import PURPOSE_FILE
from audit403.nginx.model.location import Location
from audit403_checks.nginx.sent_on import EVERYBODY
from audit403_checks.nginx.subjects import refusal_of
from audit403_checks.nginx.written_patterns import rewritten
from audit403_checks.patterns import Accident, taken_along, told
from audit403_checks.support import finding_of


@check(ERROR, "access-rule", "return")
def pattern_takes_along(fact: Fact, site: Site) -> Iterator[Finding]:
    """An error where a page or picture of the tree is hit, a warning where addresses are that most sites have."""
    found = refusal_of(fact)
    if found is None or not found[0].who.startswith(EVERYBODY) or found[1].location is None:
        return
    refusal, subject = found
    location = found[1].location
    taken = taken_along(location.regex, subject.hits, lambda hit: hit.request.target.partition("?")[0])
    if not taken:
        return
    first = taken[0]
    message = told(location.label(), taken)
    severity = ERROR if first.hit.purpose == PURPOSE_FILE else WARNING
    decision = refusal.decision if first.hit.request == refusal.witness else site.decide(first.hit.request)
    name = "nginx/pattern-takes-along"
    hit = (first.hit, decision)
    fixes = (_fix(location, first.accident),)
    yield finding_of(name, severity, message, refusal, fixes, anchor=location.label(), hit=hit)


def _fix(location: Location, how: Accident) -> Fix:
    edits = rewritten(location, how.meant)
    return Fix(f"write the pattern as {how.meant}", UNSAFE if edits else MANUAL, edits)
