"""A location never gets the requests that it is there for: a pattern comes first and refuses them."""

from collections.abc import Iterator

from audit403.core.decision import REFUSED
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, WARNING, Finding, Fix
from audit403.core.place import Because
from audit403.core.registry import check
from audit403.explore.ordinary import CHALLENGE
from audit403.explore.subject import PURPOSE_EXCEPTION, PURPOSE_PAGE, PURPOSE_PROBE, WAY_INDEX, WAY_TRY_FILES, Hit
from audit403.nginx.model.location import Location
from audit403_checks.nginx.sent_on import EVERYBODY, detours, is_for_another, is_to_serve
from audit403_checks.nginx.subjects import refusal_of
from audit403_checks.support import finding_of, insert_before, remove, replace, statement

_NAME = "nginx/location-behind-refusal"
_WELL_KNOWN = "/.well-known"


@check(WARNING, "access-rule", "return")
def location_behind_refusal(fact: Fact, site: Site) -> Iterator[Finding]:
    """Of patterns the first that matches counts, and any of them before a plain prefix, but none behind `^~`."""
    found = refusal_of(fact)
    if found is None or found[0].who != EVERYBODY or found[1].location is None:
        return
    refusal, subject = found
    refusing = found[1].location
    if refusing.regex is None and not refusing.no_regex:
        return
    seen: set[int] = set()
    # What the pattern itself names as its exception is told where that is told.
    excepted = {hit.request.target for hit in subject.hits if hit.purpose == PURPOSE_EXCEPTION}
    for hit in subject.hits:
        meant = hit.meant
        if meant is None or id(meant) in seen or hit.request.target in excepted:
            continue
        if not _is_for(site, refusal, hit, meant) or not is_to_serve(meant):
            continue
        seen.add(id(meant))
        target = hit.request.target
        message = f"`{meant.label()}` never gets {target}: `{refusing.label()}` is looked at first, and refuses it"
        ways = detours(fact, site, WAY_INDEX, WAY_TRY_FILES)
        down = any(is_for_another(subject, one.sent.to.partition("?")[0]) for one in ways)
        decision = refusal.decision if hit.request == refusal.witness else site.decide(hit.request)
        severity = ERROR if down else WARNING
        fixes = tuple(_fixes(refusing, meant))
        finding = finding_of(_NAME, severity, message, refusal, fixes, anchor=meant.label(), hit=(hit, decision))
        span = meant.span()
        chain = () if span is None else (Because(span, "is there for it, and behind the other"),)
        yield finding._replace(because=(*finding.because, *chain))


def _is_for(site: Site, refusal: Refusal, hit: Hit, meant: Location) -> bool:
    """Whether the location is for the very request: its own name, or what only its pattern was made for."""
    if hit.way is not None or (hit.request.target.startswith(_WELL_KNOWN) and _takes_challenges(site, refusal)):
        return False
    if "return" in meant.own and "/." in hit.request.target and not hit.request.target.startswith(_WELL_KNOWN):
        return False  # what hidden files are answered with is all one
    return hit.purpose == (PURPOSE_PAGE if meant.regex is None else PURPOSE_PROBE)


def _takes_challenges(site: Site, refusal: Refusal) -> bool:
    """Whether certificates cannot be renewed either, which is another rule's."""
    decision = site.decide(refusal.witness._replace(method="GET", target=CHALLENGE))
    return decision.verdict == REFUSED and decision.where == refusal.where


def _fixes(refusing: Location, meant: Location) -> Iterator[Fix]:
    if refusing.no_regex:
        from audit403_checks.nginx.nesting import put_inside

        edits = put_inside(refusing, meant)
        if edits:
            yield Fix(f"put `{meant.label()}` into `{refusing.label()}`", UNSAFE, edits)
        yield Fix(f"put it into `{refusing.label()}`, or leave out the `^~` there", MANUAL)
        return
    if meant.directive is None or refusing.directive is None or meant.parent is not refusing.parent:
        yield Fix("let the location be looked at first", MANUAL)
        return
    if meant.regex is not None:
        edits = (insert_before(refusing.directive, statement(meant.directive)), remove(meant.directive))
        yield Fix(f"put `{meant.label()}` before `{refusing.label()}`", UNSAFE, edits)
        return
    modifier = "^~" if meant.name.endswith("/") else "="
    span = meant.directive.arg_span(len(meant.directive.args) - 1)
    first = meant.directive.arg_span(0)
    edit = replace(first._replace(end=span.end), f"{modifier} {meant.name}")
    yield Fix(f"write `location {modifier} {meant.name}`, which comes before every pattern", UNSAFE, (edit,))
