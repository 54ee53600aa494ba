"""A pattern that refuses names an exception, and refuses that too."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import MANUAL, UNSAFE, WARNING, Finding, Fix
from audit403.core.registry import check
from audit403.nginx.explore.subject import PURPOSE_EXCEPTION
from audit403.nginx.model.location import Location
from audit403_checks.nginx.patterns import rewritten
from audit403_checks.nginx.sent_on import EVERYBODY
from audit403_checks.support import finding_of, refusal_of

_NAME = "nginx/exception-refused"
_CHALLENGES = "/.well-known"


@check(WARNING, "access-rule", "return")
def exception_refused(fact: Fact, site: Site) -> Iterator[Finding]:
    """A look-ahead looks at where it stands: before the slash, or anywhere at all in a pattern without `^`."""
    found = refusal_of(fact)
    if found is None or not found[0].who.startswith(EVERYBODY) or found[1].location is None:
        return
    refusal, subject = found
    location = found[1].location
    hits = [hit for hit in subject.hits if hit.purpose == PURPOSE_EXCEPTION and hit.way is None]
    hit = next((one for one in hits if not one.request.target.startswith(_CHALLENGES)), None)
    if hit is None:
        return
    decision = refusal.decision if hit.request == refusal.witness else site.decide(hit.request)
    message = f"`{location.label()}` names an exception and refuses it all the same: {hit.request.target}"
    fixes = (*_fixes(location), Fix("let the look-ahead stand where the exception's text begins", MANUAL))
    yield finding_of(_NAME, WARNING, message, refusal, fixes, anchor=location.label(), hit=(hit, decision))


def _fixes(location: Location) -> Iterator[Fix]:
    """The pattern with its look-ahead where it can hold."""
    pattern = location.name
    meant = []
    if pattern.startswith("(?!") and ")/" in pattern:
        look_ahead, _, rest = pattern.partition(")/")
        if "(" not in look_ahead[1:]:
            meant.append(f"/{look_ahead}){rest}")
    if "/(?!/" in pattern:
        meant.append(pattern.replace("/(?!/", "/(?!"))
    if not pattern.startswith("^"):
        meant.append(f"^{pattern}")
    for one in meant:
        edits = rewritten(location, one)
        if edits:
            yield Fix(f"write the pattern as {one}", UNSAFE, edits)
