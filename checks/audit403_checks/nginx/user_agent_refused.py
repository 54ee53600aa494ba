"""A rule against robots refuses browsers, health checks, certificate authorities or a search engine that it lets in."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from audit403.core.decision import Decision, Step
from audit403.core.edit import TextEdit
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, WARNING, Finding, Fix
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Because, Span
from audit403.core.registry import check
from audit403.core.request import Request
from audit403.explore.ordinary import quoted
from audit403.nginx.explore.subject import Subject
from audit403.nginx.family import NginxSite
from audit403.nginx.model.map import Map, MapEntry
from audit403.nginx.read.tree import Directive
from audit403_checks.agents import (
    BROWSERS,
    CHECKS,
    ENGINES,
    as_agent,
    authority_hit,
    browser_hit,
    is_refused_here,
    nobody_hit,
    refused_browsers,
    short_name,
)
from audit403_checks.nginx.subjects import own_refusal_of
from audit403_checks.support import finding_of, insert_before, remove, replace, statement

if TYPE_CHECKING:
    from audit403_checks.nginx.past_tests import TestedPattern

_NAME = "nginx/user-agent-refused"
_NOBODY = "audit403"
_PROBES = re.compile(
    r"(?:^|[/_.-])(?:health|healthz|healthcheck|status|metrics|ping|alive|livez|readyz?|liveness|readiness)"
)


class _Hit(NamedTuple):
    """Somebody whom the rule hits and is not to."""

    severity: str
    message: str
    request: Request
    who: str
    fix: Fix
    chain: tuple[Because, ...] = ()


@check(ERROR, "return")
def user_agent_refused(fact: Fact, site: Site) -> Iterator[Finding]:
    """Robots that a rule names are its own affair; whom else its patterns take is asked, one agent after the other."""
    found = own_refusal_of(fact)
    if found is None or not any(_is_about_agents(step) for step in found[0].decision.trace):
        return
    refusal, subject = found
    hit = next(_hits(site, refusal, subject), None)
    if hit is None:
        return
    decision = site.decide(hit.request)
    finding = finding_of(_NAME, hit.severity, hit.message, refusal, (hit.fix,), anchor=hit.who)
    because = (*hit.chain, *decision.because)
    yield finding._replace(request=hit.request, who=hit.who, because=because, log=decision.log)


def _hits(site: Site, refusal: Refusal, subject: Subject) -> Iterator[_Hit]:
    """Who is hit, the worst first."""
    witness = refusal.witness
    refused = refused_browsers(site, refusal)
    is_whole = len(refused) == len(BROWSERS)
    if refused and not (is_whole and (_is_for_some_alone(refusal) or not _takes_agents(site, refusal))):
        yield _Hit(*browser_hit(refusal, refused[0]), _narrowed(site, refusal, refused))
    if is_whole:
        return
    authority = authority_hit(site, refusal)
    if authority is not None:
        yield _Hit(*authority, _excepted(site, refusal, authority.request, "letsencrypt"))
    yield from _named_engines(site, refusal)
    for target in _probes(subject):
        base = witness._replace(target=target, method="GET")
        checks = [agent for agent in CHECKS if is_refused_here(site, refusal, as_agent(base, agent))]
        if checks and not is_refused_here(site, refusal, as_agent(base, BROWSERS[0])):
            message = f"health checks cannot ask {target}: the rule refuses {CHECKS[checks[0]]}"
            request = as_agent(base, checks[0])
            yield _Hit(WARNING, message, request, "health checks", _excepted(site, refusal, request, checks[0]))
            break
    nobody = nobody_hit(site, refusal)
    if nobody is not None:
        yield _Hit(*nobody, _BY_HAND)


_BY_HAND = Fix("let them through: narrow the pattern, or answer them before it is asked", MANUAL)


def _named_engines(site: Site, refusal: Refusal) -> Iterator[_Hit]:
    """A map that names a search engine to let it through, behind a pattern that takes it first."""
    for definition in _maps(site, refusal):
        for index, (_, entry) in enumerate(definition.regexes):
            name = next((name for name in ENGINES if name in entry.key.lower()), None)
            if name is None or entry.directive is None:
                continue
            request = as_agent(refusal.witness, ENGINES[name])
            first = _deciding(site, request, definition)
            if first is None or first.directive is None or not is_refused_here(site, refusal, request):
                continue
            if first.value.source != entry.value.source and first in [one for _, one in definition.regexes[:index]]:
                message = f"`{entry.key}` stands behind `{first.key}`, which takes {short_name(ENGINES[name])} first"
                edits = (insert_before(first.directive, statement(entry.directive)), remove(entry.directive))
                fix = Fix(f"put `{entry.key}` before it", UNSAFE, edits)
                chain = (Because(entry.directive.span, "is never asked about it"),)
                yield _Hit(ERROR, message, request, short_name(ENGINES[name]), fix, chain)
                return


def _maps(site: Site, refusal: Refusal) -> Iterator[Map]:
    if not isinstance(site, NginxSite):
        return
    if any(step.field == "value:$http_user_agent" for step in refusal.decision.trace):
        for definition in site.model.maps.values():
            if definition.source.source == "$http_user_agent":
                yield definition


def _deciding(site: Site, request: Request, definition: Map) -> MapEntry | None:
    """The line of a map that a request comes to."""
    places = {step.where for step in site.decide(request).trace if step.operator == "map"}
    entries = (entry for _, entry in definition.regexes)
    return next((one for one in entries if one.directive is not None and one.directive.span in places), None)


def _is_about_agents(step: Step) -> bool:
    return step.field in ("header:user-agent", "value:$http_user_agent")


def _is_for_some_alone(refusal: Refusal) -> bool:
    """Whether the rule names whom it lets in, and refuses everybody else: an application's own place."""
    for step in refusal.decision.trace:
        if step.field == "header:user-agent" and step.operator in ("differs", "!~", "!~*"):
            return True
        if step.field == "value:$http_user_agent" and step.value == "default":
            return True
    return False


def _takes_agents(site: Site, refusal: Refusal) -> bool:
    """Whether it is the agent for which the request is refused: another passes, or the pattern takes this one."""
    if not is_refused_here(site, refusal, as_agent(refusal.witness, _NOBODY)):
        return True
    reasons = {link.where for link in refusal.decision.because}
    return any(_is_about_agents(step) and step.met and step.where in reasons for step in refusal.decision.trace)


def _probes(subject: Subject) -> Iterator[str]:
    pending = [*subject.server.tree.all()]
    while pending:
        location = pending.pop(0)
        pending += location.tree.all()
        if location.regex is None and location.name.startswith("/") and _PROBES.search(location.name.lower()):
            yield quoted(location.name)


def _narrowed(site: Site, refusal: Refusal, browsers: list[str]) -> Fix:
    """The pattern without what takes browsers."""
    fix = _without_empty(site, refusal)
    if fix.edits:
        return fix
    for tested in _patterns(site, site.decide(as_agent(refusal.witness, browsers[0]))):
        kept = tested.without(BROWSERS)
        if kept is not None:
            return Fix("take what matches browsers out of the pattern", UNSAFE, tested.written(kept))
    for definition in _maps(site, refusal):
        entry = _deciding(site, as_agent(refusal.witness, browsers[0]), definition)
        if entry is not None and entry.directive is not None:
            return _out_of_the_map(entry, entry.directive)
    return _BY_HAND


def _out_of_the_map(entry: MapEntry, line: Directive) -> Fix:
    """A line of a map without what matches browsers, or none."""
    from audit403_checks.alternatives import without

    mark = "~*" if entry.key.startswith("~*") else "~"
    kept = without(entry.key.removeprefix(mark), mark == "~*", BROWSERS)
    edit = remove(line) if kept is None else replace(line.name_span, f'"{mark}{kept}"')
    return Fix(f"take what matches browsers out of `{entry.key}`", UNSAFE, (edit,))


def _excepted(site: Site, refusal: Refusal, request: Request, agent: str) -> Fix:
    """The rule with one agent left out of it."""
    from audit403_checks.nginx.past_tests import mapped_otherwise, mapped_too, maps_of

    decision = site.decide(request)
    word = re.escape(agent.partition("/")[0])
    for definition in maps_of(site, decision, "$http_user_agent"):
        empty = definition.table.exact.get("")
        if not agent and empty is not None:
            edits = mapped_otherwise(empty, definition.default.value.source)
        else:
            edits = mapped_too(definition, f'"~*{word}"', definition.default) if agent else ()
        return Fix("leave them out of the map", UNSAFE, edits) if edits else _BY_HAND
    for tested in _patterns(site, decision):
        if agent:
            return Fix("leave them out of the pattern", UNSAFE, tested.written(tested.except_for(word)))
    return _BY_HAND


def _patterns(site: Site, decision: Decision) -> "Iterator[TestedPattern]":
    """The patterns of User-Agents that took a request."""
    from audit403_checks.nginx.past_tests import TestedPattern

    for step in decision.trace:
        if step.field == "header:user-agent" and step.met and isinstance(step.where, Span):
            tested = TestedPattern(site, step.where, "$http_user_agent")
            if tested.pattern and not tested.negated:
                yield tested


_EMPTY_BRANCH = re.compile(rb"\|(?=\))|(?<=\()\||\|(?=\|)|\|(?=[\"']?\s*\)\s*$)")


def _without_empty(site: Site, refusal: Refusal) -> Fix:
    """A pattern with an empty branch takes everybody."""
    for step in refusal.decision.trace:
        where = step.where
        if step.field == "header:user-agent" and isinstance(where, Span):
            head = (site.source(where.file) or b"")[where.start : where.end]
            empty = _EMPTY_BRANCH.search(head)
            if empty is not None:
                start, end = where.start + empty.start(), where.start + empty.end()
                return Fix("take the empty branch out of the pattern", UNSAFE, (TextEdit(where.file, start, end, ""),))
    return _BY_HAND
