"""A rule against robots refuses browsers, certificate authorities or a search engine that it lets in."""

from collections.abc import Iterator

from audit403.apache.explore.subject import Subject
from audit403.apache.model.setenvif import UNSET
from audit403.apache.read.tree import Directive
from audit403.core.edit import TextEdit
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, NOTE, UNSAFE, Finding, Fix
from audit403.core.registry import check
from audit403.core.request import Request
from audit403_checks.agents import (
    BROWSERS,
    ENGINES,
    AgentHit,
    as_agent,
    authority_hit,
    browser_hit,
    in_full,
    is_refused_here,
    nobody_hit,
    refused_browsers,
    short_name,
)
from audit403_checks.apache.agent_tests import USER_AGENT, lines_on_agents, tests_that_took
from audit403_checks.apache.rewriting import refusing_rule
from audit403_checks.apache.subjects import refusal_of
from audit403_checks.support import finding_of, insert_after, remove, statement

_NAME = "apache/user-agent-refused"
_BY_HAND = Fix("let them through: narrow the pattern, or except them before it is asked", MANUAL)


@check(ERROR, "rewrite-rule", "require", "access-compat")
def user_agent_refused(fact: Fact, site: Site) -> Iterator[Finding]:
    """Robots that a rule names are its own affair; whom else its patterns take is asked, one agent after the other."""
    found = refusal_of(fact)
    if found is None or not any(step.field == USER_AGENT for step in found[0].decision.trace):
        return
    refusal, subject = found
    if refusal.witness.method != "GET":
        return  # who sends a form in an odd way is known by more than its agent
    hit = next(_hits(site, refusal, subject), None)
    if hit is None:
        return
    told, fix = hit
    decision = site.decide(told.request)
    finding = finding_of(_NAME, told.severity, told.message, refusal, (fix,), anchor=told.who)
    yield finding._replace(request=told.request, who=told.who, because=decision.because, log=decision.log)


def _hits(site: Site, refusal: Refusal, subject: Subject) -> Iterator[tuple[AgentHit, Fix]]:
    """Who is hit, the worst first."""
    home = refusal._replace(witness=refusal.witness._replace(target=_at_home(refusal.witness)))
    refused = [one for one in refused_browsers(site, home) if _is_what_decides(site, home, subject, one)]
    if refused:
        hit = browser_hit(home, refused[0])
        yield hit, _narrowed(site, refusal, subject, hit.request)
        return
    if refused_browsers(site, home) or refused_browsers(site, refusal):
        return  # it is for something else that they are refused
    authority = authority_hit(site, refusal)
    if authority is not None and not is_refused_here(site, refusal, as_agent(authority.request, BROWSERS[0])):
        yield authority, _excepted(site, refusal, subject, authority.request, "letsencrypt")
    yield from _named_engines(site, refusal, subject)
    nobody = nobody_hit(site, refusal)
    if nobody is not None:
        yield nobody._replace(severity=NOTE), _BY_HAND


def _at_home(witness: Request) -> str:
    """The home page, with the query that the rule wants."""
    _, mark, query = witness.target.partition("?")
    return f"/{mark}{query}"


def _is_what_decides(site: Site, refusal: Refusal, subject: Subject, agent: str) -> bool:
    """Whether a test of the agent took a browser that sends all that browsers send."""
    request = as_agent(refusal.witness, agent)
    is_refused = all(is_refused_here(site, refusal, one) for one in (in_full(request), request))
    return is_refused and any(True for _ in tests_that_took(site, refusal, subject, site.decide(request)))


def _narrowed(site: Site, refusal: Refusal, subject: Subject, request: Request) -> Fix:
    """The patterns without what takes browsers."""
    edits: list[TextEdit] = []
    for browser in BROWSERS:
        for test in tests_that_took(site, refusal, subject, site.decide(as_agent(request, browser))):
            narrowed = test.narrowed(BROWSERS)
            if not narrowed:
                return _BY_HAND
            edits += [edit for edit in narrowed if edit not in edits]
    return Fix("take what matches browsers out of the pattern", UNSAFE, tuple(edits)) if edits else _BY_HAND


def _excepted(site: Site, refusal: Refusal, subject: Subject, request: Request, word: str) -> Fix:
    """The pattern with one agent left out of it."""
    tests = list(tests_that_took(site, refusal, subject, site.decide(request)))
    edits = tuple(edit for test in tests for edit in test.except_for(word))
    return Fix("leave them out of the pattern", UNSAFE, edits) if edits else _BY_HAND


def _named_engines(site: Site, refusal: Refusal, subject: Subject) -> Iterator[tuple[AgentHit, Fix]]:
    """A search engine that a line excepts, and that another takes all the same."""
    for text, line in _exceptions(refusal, subject):
        name = next((name for name in ENGINES if name in text.lower()), None)
        request = None if name is None else as_agent(refusal.witness, ENGINES[name])
        if name is None or request is None or not is_refused_here(site, refusal, request):
            continue
        took = list(tests_that_took(site, refusal, subject, site.decide(request)))
        shown = short_name(ENGINES[name])
        message = f"`{text}` is to except {shown}, and it is refused all the same"
        last = _last_setter(subject, line)
        fix = _BY_HAND
        if last is not None and took:
            edits = (insert_after(last, statement(line)), remove(line))
            fix = Fix(f"let the exception in line {line.line} come last", UNSAFE, edits)
        yield AgentHit(ERROR, message, request, shown), fix


def _exceptions(refusal: Refusal, subject: Subject) -> Iterator[tuple[str, Directive]]:
    """Patterns of agents that are to be let through: behind `!` in a condition, or lines that unset a variable."""
    rule = refusing_rule(refusal, subject)
    for condition in () if rule is None else rule.conditions:
        if condition.negated and condition.subject.upper() == "%{HTTP_USER_AGENT}":
            yield condition.text, condition.directive
    for entry in lines_on_agents(subject):
        if any(value.startswith(UNSET) for _, value in entry.features):
            yield entry.regex, entry.directive


def _last_setter(subject: Subject, line: Directive) -> Directive | None:
    """The last line behind one that unsets a variable, in the same file and section."""
    lines = [entry.directive for entry in lines_on_agents(subject)]
    if line not in lines or lines[-1] is line:
        return None
    last = lines[-1]
    return last if last.parent is line.parent and last.source is line.source else None
