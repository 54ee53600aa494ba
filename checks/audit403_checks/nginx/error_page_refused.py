"""The page that `error_page` names is itself refused."""

from collections.abc import Iterator

from audit403.core.decision import REFUSED, Step
from audit403.core.fact import Fact, IdleDirective, Refusal
from audit403.core.family import Site
from audit403.core.finding import MANUAL, UNSAFE, WARNING, Finding, Fix
from audit403.core.place import Because, Place, Span
from audit403.core.registry import check
from audit403.explore.subject import WAY_ERROR_PAGE
from audit403.nginx.decide.evaluator import REFUSED_TOO
from audit403.nginx.explore.subject import Subject
from audit403_checks.nginx.sent_on import EVERYBODY, Detour, detours, is_made_to_refuse, is_plain, own_location
from audit403_checks.nginx.subjects import refusal_of
from audit403_checks.support import finding_of, insert_after, replace

_NAME = "nginx/error-page-refused"


@check(WARNING, "access-rule", "limit-except", "return", "error-page-loop")
def error_page_refused(fact: Fact, site: Site) -> Iterator[Finding]:
    """An error page is asked for like any other address, rules and all: one that is refused is never shown."""
    if isinstance(fact, IdleDirective):
        yield _loop(fact)
        return
    yield from _other_errors(fact, site)
    found = refusal_of(fact)
    if found is not None and found[0].who.startswith(EVERYBODY):
        yield from _own_page(site, *found)


def _loop(fact: IdleDirective) -> Finding:
    subject = fact.subject
    request = subject.hits[0].request if isinstance(subject, Subject) else None
    fix = Fix("let the page through where it is refused, or take `recursive_error_pages` out", MANUAL)
    name = subject.server.first_name() if isinstance(subject, Subject) else ""
    return Finding(
        _NAME, WARNING, fact.message, fact.where, fact.because, request, None, 500, fixes=(fix,), anchor=name, fact=fact
    )


def _other_errors(fact: Fact, site: Site) -> Iterator[Finding]:
    """The page for 404 is refused, so that what is missing is answered with 403."""
    seen: set[Place | None] = set()
    for detour in detours(fact, site, WAY_ERROR_PAGE):
        refusal, subject, hit, decision, sent = detour
        where = sent.step.where
        if where in seen or refusal.who != EVERYBODY or is_made_to_refuse(detour):
            continue
        seen.add(where)
        place = "the server block" if subject.location is None else f"`{subject.location.label()}`"
        message = f"the page for {sent.step.value}, {sent.to}, is refused by {place}: visitors get 403 instead"
        finding = finding_of(
            _NAME, WARNING, message, refusal, (_for_nginx_only(detour),), anchor=sent.to, hit=(hit, decision)
        )
        yield finding._replace(because=detour.chain(f"sends {hit.request.target} on to {sent.to}"))


def _for_nginx_only(detour: Detour) -> Fix:
    """`internal` where it said `deny all`: closed to clients, open to error_page."""
    location = detour.subject.location
    denies = [] if location is None else [one for one in location.sequence if one.name in ("allow", "deny")]
    if len(denies) == 1 and denies[0].args == ["all"] and detour.decision.cause == "access-rule":
        summary = f"write `internal` for `deny all`: only nginx itself then comes to {detour.sent.to}"
        return Fix(summary, UNSAFE, (replace(denies[0].span, "internal;"),))
    return own_location(detour, "internal; ")


def _own_page(site: Site, refusal: Refusal, subject: Subject) -> Iterator[Finding]:
    """The page for 403 is refused by what it is the page for, so that nobody ever sees it."""
    steps = refusal.decision.trace
    refused = next((step for step in steps if step.operator == REFUSED_TOO), None)
    sent = next((step for step in steps if step.phase == "error_page" and step.value == "403"), None)
    if refused is None or sent is None or not isinstance(sent.where, Span) or refused.where != refusal.where:
        return
    uri = _target(steps, sent)
    direct = refusal.witness._replace(target=uri, method="GET")
    message = f"nobody sees {uri}: what answers 403 refuses the page for 403 too, and nginx sends its own"
    finding = finding_of(_NAME, WARNING, message, refusal, (), anchor=uri)
    decision = site.decide(direct)
    if decision.verdict == REFUSED:
        finding = finding._replace(request=direct, log=decision.log)
    because = (Because(sent.where, f"names {uri}"), *refusal.because[:1])
    yield finding._replace(where=sent.where, because=because, fixes=(_exception(refusal, subject, uri),))


def _target(steps: tuple[Step, ...], sent: Step) -> str:
    after = steps[steps.index(sent) :]
    return next((step.value or "" for step in after if step.phase == "redirect"), "")


def _exception(refusal: Refusal, subject: Subject, uri: str) -> Fix:
    """A location of its own for the page, which only nginx itself comes to."""
    server = subject.server
    if uri in server.tree.exact or refusal.cause != "access-rule" or not is_plain(uri) or not server.sequence:
        return Fix(f"let {uri} through wherever it is refused", MANUAL)
    beside = next(iter(server.own.get("error_page", ())), server.sequence[-1])
    edit = insert_after(beside, f"location = {uri} {{ internal; allow all; }}")
    return Fix(f"let {uri} through for nginx itself", UNSAFE, (edit,))
