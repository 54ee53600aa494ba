"""A rule about methods refuses one that clients of this place need: HEAD, a preflight, a form, WebDAV."""

import re
from collections.abc import Iterator
from itertools import islice

from audit403.core.decision import REFUSED, Decision, Step
from audit403.core.edit import TextEdit
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, NOTE, UNSAFE, WARNING, Finding, Fix
from audit403.core.place import Because, Span
from audit403.core.registry import check
from audit403.core.request import Request
from audit403.explore.ordinary import quoted
from audit403.nginx.explore.subject import Subject
from audit403.nginx.model.context import Context
from audit403.nginx.model.location import Location
from audit403_checks.methods import MOST_PLACES, PREFLIGHT, listed
from audit403_checks.nginx.clients import around, list_of, looks_at_client, who_is_let_in
from audit403_checks.nginx.methods import announced, bodies_expected, dav_methods, interface_in, places
from audit403_checks.nginx.subjects import own_refusal_of
from audit403_checks.support import finding_of

_NAME = "nginx/method-refused"


@check(WARNING, "limit-except", "return")
def method_refused(fact: Fact, site: Site) -> Iterator[Finding]:
    """GET is answered here and the other method is not; that only reading is meant shows in nothing needing more."""
    found = own_refusal_of(fact)
    if found is None or not any(_is_about_methods(step) for step in found[0].decision.trace):
        return
    refusal, subject = found
    yield from _preflights(site, refusal, subject)
    got = site.decide(refusal.witness._replace(method="GET"))
    if got.verdict != REFUSED or got.where != refusal.where:
        yield from _beside_get(site, refusal, subject, got)


def _beside_get(site: Site, refusal: Refusal, subject: Subject, got: Decision) -> Iterator[Finding]:
    """What is needed where GET is answered, the worst first."""
    offered = _offered(site, refusal, subject)
    if offered is not None:
        yield offered
        return
    if _is_refused(site, refusal, "HEAD"):
        message = f"{_label(subject)} answers GET and refuses HEAD, with which monitors and link checkers ask"
        yield _finding(site, refusal, subject, WARNING, message, "HEAD")
    if got.handed_to is None or not _is_refused_to_all(site, refusal, subject, "POST"):
        yield from _other_methods(site, refusal, subject, got)
        return
    reason = bodies_expected(subject, refusal.witness.target, got)
    what = reason[0] if reason else "it goes to another program"
    message = f"{_label(subject)} refuses POST, and {what}"
    chain = (Because(reason[1].span, "is for requests with a body"),) if reason and reason[1] is not None else ()
    yield _finding(site, refusal, subject, WARNING if reason else NOTE, message, "POST", chain)


def _offered(site: Site, refusal: Refusal, subject: Subject) -> Finding | None:
    """What `dav_methods` lists, here or in a location that the rule holds for too, and everybody is refused."""
    for place in islice(places(subject), MOST_PLACES):
        offers = dict(dav_methods(place))
        for target in _targets(refusal, subject, place) if offers else ():
            about = refusal._replace(witness=refusal.witness._replace(target=target))
            methods = [method for method in offers if _is_refused_to_all(site, about, subject, method)]
            if not methods:
                continue
            names, them = listed(methods), "it" if len(methods) == 1 else "them"
            message = f"`dav_methods` offers {names} and {_label(subject)} refuses {them} to everybody"
            offer = (Because(offers[methods[0]].span, f"offers {names}"),)
            asked = about.witness._replace(method=methods[0])
            return _finding(site, refusal, subject, ERROR, message, methods[0], offer, asked, methods)
    return None


def _other_methods(site: Site, refusal: Refusal, subject: Subject, got: Decision) -> Iterator[Finding]:
    """POST goes through and what else a REST interface knows does not: only a program's name shows that it is one."""
    if got.handed_to is None:
        return
    refused = [method for method in ("PUT", "PATCH", "DELETE") if _is_refused(site, refusal, method)]
    if len(refused) == 3 and _is_refused_to_all(site, refusal, subject, "PUT"):
        message = f"{_label(subject)} hands GET and POST on and refuses {', '.join(refused)}"
        name = interface_in(site, subject)
        asked = refusal.witness._replace(method="PUT", target=f"/{name}")
        if name is not None and site.decide(asked).where == refusal.where:
            message = f"/{name} gets GET and POST, and is refused {', '.join(refused)}"
            yield _finding(site, refusal, subject, WARNING, message, "PUT", (), asked, refused)
        else:
            yield _finding(site, refusal, subject, NOTE, message, "PUT", methods=refused)


def _preflights(site: Site, refusal: Refusal, subject: Subject) -> Iterator[Finding]:
    """Where CORS headers announce more than simple requests, browsers ask with OPTIONS first."""
    seen: set[int] = set()
    for location in places(subject):
        header = announced(location)
        if header is None or id(header) in seen or len(seen) >= MOST_PLACES:
            continue
        seen.add(id(header))
        for target in _targets(refusal, subject, location):
            headers = (*refusal.witness.headers, *PREFLIGHT)
            asked = refusal.witness._replace(method="OPTIONS", target=target, headers=headers)
            decision = site.decide(asked)
            if decision.verdict == REFUSED and any(_is_about_methods(step) for step in decision.trace):
                if decision.where != refusal.where:
                    break  # a rule of its own refuses there
                message = f"{target} is for other sites' pages too and refuses OPTIONS: no preflight gets through"
                chain = (Because(header.span, "is for preflights"),)
                yield _finding(site, refusal, subject, ERROR, message, "OPTIONS", chain, asked)
                return


def _targets(refusal: Refusal, subject: Subject, context: Context) -> Iterator[str]:
    if context is (subject.context or subject.server):
        yield refusal.witness.target
    elif isinstance(context, Location) and context.regex is None and context.name.startswith("/"):
        yield quoted(context.name)


def _is_about_methods(step: Step) -> bool:
    return step.field in ("method", "value:$request_method")


def _is_refused(site: Site, refusal: Refusal, method: str) -> bool:
    decision = site.decide(refusal.witness._replace(method=method))
    return decision.verdict == REFUSED and decision.where == refusal.where


def _is_refused_to_all(site: Site, refusal: Refusal, subject: Subject, method: str) -> bool:
    """Whether there is nobody whose request with this method is taken."""
    if not _is_refused(site, refusal, method):
        return False
    if refusal.cause == "limit-except" and not any(rule.permits for rule in list_of(refusal, subject)):
        return True
    if refusal.cause == "return" and not looks_at_client(refusal.decision):
        return True
    asked = refusal.witness._replace(method=method)
    return not who_is_let_in(site, asked, around(site, refusal, subject), refusal.where).let_in


def _label(subject: Subject) -> str:
    location = subject.location
    return f"`{location.label()}`" if location is not None else subject.server.first_name() or "this server"


def _finding(
    site: Site,
    refusal: Refusal,
    subject: Subject,
    severity: str,
    message: str,
    method: str,
    chain: tuple[Because, ...] = (),
    request: Request | None = None,
    methods: list[str] | None = None,
) -> Finding:
    request = refusal.witness._replace(method=method) if request is None else request
    decision = site.decide(request)
    fix = _fix(site, subject, decision, methods or [method]) if severity != NOTE else _LEFT_TO_A_PERSON
    finding = finding_of(_NAME, severity, message, refusal, (fix,), anchor=f"{_label(subject)} {method}")
    who = listed(methods or [method]) + " requests"
    return finding._replace(request=request, who=who, because=(*chain, *decision.because), log=decision.log)


_LEFT_TO_A_PERSON = Fix("list the methods that the program needs, if it needs more", MANUAL)


def _fix(site: Site, subject: Subject, decision: Decision, methods: list[str]) -> Fix:
    names = listed(methods)
    step = next((step for step in reversed(decision.trace) if _is_about_methods(step)), None)
    where = None if step is None else step.where
    location = subject.location
    summary = f"let {names} through"
    if step is not None and step.phase == "location" and location is not None and location.limit_except is not None:
        directive = location.limit_except.directive
        assert directive is not None
        end = directive.arg_span(len(directive.args) - 1).end
        return Fix(summary, UNSAFE, (TextEdit(directive.source.path, end, end, "".join(f" {one}" for one in methods)),))
    if isinstance(where, Span):
        edit = _widened(site.source(where.file) or b"", where, methods)
        if edit is not None:
            return Fix(summary, UNSAFE, (edit,))
    from audit403_checks.nginx.past_tests import mapped_too, maps_of

    for definition in maps_of(site, decision, "$request_method"):
        got = definition.table.exact.get("GET")
        lines = tuple(edit for one in methods for edit in mapped_too(definition, one, got))
        if lines:
            return Fix(f"{summary} in the map", UNSAFE, (lines[0]._replace(text="".join(edit.text for edit in lines)),))
    return Fix(f"{summary}: change the rule about methods", MANUAL)


_FIRST_OF_SEVERAL = re.compile(rb"(?<=\()(?=[A-Z]+[|)])")
_ONLY_ONE = re.compile(rb"(!=|!~\*?)\s*[\"']?\^?([A-Z]+)\$?[\"']?(?=\s*\))")


def _widened(data: bytes, where: Span, methods: list[str]) -> TextEdit | None:
    """The condition of an `if` with more methods in it."""
    head = data[where.start : where.end]
    if b"!" not in head:
        return None
    names = "|".join(methods)
    several = _FIRST_OF_SEVERAL.search(head, head.find(b"!"))
    if several is not None:
        at = where.start + several.end()
        return TextEdit(where.file, at, at, f"{names}|")
    one = _ONLY_ONE.search(head)
    if one is None:
        return None
    start, end = where.start + one.start(), where.start + one.end()
    return TextEdit(where.file, start, end, f"!~ ^({one[2].decode()}|{names})$")
