"""A pattern that refuses names an exception, and refuses that too."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, WARNING, Finding, Fix
from audit403.core.registry import check
from audit403.explore.subject import PURPOSE_EXCEPTION, PURPOSE_FILE, Hit
from audit403.http.regex import InvalidRegex, MatchFailed, compile_regex
from audit403.nginx.explore.subject import Subject
from audit403.nginx.model.location import Location
from audit403_checks.nginx.look_aheads import first_look_ahead
from audit403_checks.nginx.sent_on import EVERYBODY
from audit403_checks.nginx.subjects import refusal_of
from audit403_checks.nginx.written_patterns import rewritten
from audit403_checks.support import finding_of

_NAME = "nginx/exception-refused"
_CHALLENGES = "/.well-known"


@check(ERROR, "access-rule", "return")
def exception_refused(fact: Fact, site: Site) -> Iterator[Finding]:
    """A look-ahead looks at where it stands: before the slash, at any dot, or anywhere in a pattern without `^`.

    An error where a file of the tree is hit.
    """
    found = refusal_of(fact)
    if found is None or not found[0].who.startswith(EVERYBODY) or found[1].location is None:
        return
    refusal, subject = found
    location = found[1].location
    hit = _file_hit(location, subject) or _made_up_hit(subject)
    if hit is None:
        return
    decision = refusal.decision if hit.request == refusal.witness else site.decide(hit.request)
    message = f"`{location.label()}` names an exception and refuses it all the same: {hit.request.target}"
    severity = ERROR if hit.purpose == PURPOSE_FILE else WARNING
    fixes = (*_fixes(location), Fix("let the look-ahead stand where the exception's text begins", MANUAL))
    yield finding_of(_NAME, severity, message, refusal, fixes, anchor=location.label(), hit=(hit, decision))


def _file_hit(location: Location, subject: Subject) -> Hit | None:
    """A file of the tree with one of the endings that the look-ahead names, and another dot before it."""
    found = first_look_ahead(location.name)
    endings = None if found is None else found.of_endings()
    if endings is None or location.regex is None:
        return None
    try:
        excepted = compile_regex(endings, location.regex.caseless)
        for hit in subject.hits:
            if hit.purpose == PURPOSE_FILE and hit.way is None and excepted.matches(hit.request.target):
                return hit
    except (InvalidRegex, MatchFailed):
        return None
    return None


def _made_up_hit(subject: Subject) -> Hit | None:
    hits = (hit for hit in subject.hits if hit.purpose == PURPOSE_EXCEPTION and hit.way is None)
    return next((hit for hit in hits if not hit.request.target.startswith(_CHALLENGES)), None)


def _fixes(location: Location) -> Iterator[Fix]:
    """The pattern with its look-ahead where it can hold."""
    pattern = location.name
    meant = []
    found = first_look_ahead(pattern)
    at_the_end = None if found is None else found.at_the_end()
    if at_the_end is not None:
        meant.append(at_the_end)
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
