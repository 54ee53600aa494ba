"""A RewriteRule refuses everybody, because of its conditions one always holds, or none is asked."""

import re
from collections.abc import Iterator
from itertools import islice

from audit403.apache.explore.doors import Doors
from audit403.apache.explore.flips import Flips
from audit403.apache.explore.mounts import mounts_of
from audit403.apache.explore.subject import Subject
from audit403.apache.model.rewrite_rule import OR_NEXT, REGEX, Condition, Rule, word_spans
from audit403.apache.model.subnet import parse_subnet
from audit403.apache.site import ApacheSite
from audit403.core.decision import Step
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, UNSAFE, Finding, Fix
from audit403.core.registry import check
from audit403.core.request import Request
from audit403.explore.subject import PURPOSE_PAGE, Hit
from audit403_checks.apache.rewriting import refusing_rule, without_flag
from audit403_checks.apache.subjects import refusal_of
from audit403_checks.support import finding_of, replace

_NAME = "apache/condition-nobody-passes"
_NETWORK = re.compile(r"\^?\(?([0-9]{1,3}(?:\\?\.[0-9]{1,3}){0,3})\\?/([0-9.]+)\)?\$?")
_MOST_ASKED = 8
_COMPARED = (REGEX, "=")


@check(ERROR, "rewrite-rule")
def condition_nobody_passes(fact: Fact, site: Site) -> Iterator[Finding]:
    """Whom a condition names as an exception is asked; conditions that no request can change are another matter."""
    found = refusal_of(fact)
    if found is None or not isinstance(site, ApacheSite):
        return
    refusal, subject = found
    rule = refusing_rule(refusal, subject)
    if rule is None or not rule.conditions:
        return
    if OR_NEXT in rule.conditions[-1].flags:
        yield _ends_in_or(refusal, rule)
        return
    asked = _Asked(site, refusal, subject)
    for condition in rule.conditions:
        yield from _network(asked, condition)
    for group in _joined_by_or(rule):
        yield from _either_way(asked, group)


class _Asked:
    """Requests beside the witness, and whether they are refused at the same place."""

    def __init__(self, site: ApacheSite, refusal: Refusal, subject: Subject) -> None:
        self.site, self.refusal, self.subject = site, refusal, subject
        evaluator = subject.exchange.evaluator
        self.flips = Flips(evaluator, subject.server, Doors(site.model), mounts_of(evaluator, subject.server))

    def except_for(self, condition: Condition, base: Request) -> list[Request]:
        """Requests like `base` that a negated condition names: with them the condition does not hold."""
        from audit403.apache.decide.rewrite.variables import field_of

        operator = {REGEX: "!~", "=": "differs"}[condition.kind]
        field = field_of(condition.subject)
        step = Step("fixup", "", condition.directive.span, True, field, operator, condition.text)
        proposals = self.flips.of(step, base) if field is not None and self.flips.can(step) else iter(())
        return [request for request in islice(proposals, _MOST_ASKED) if self._does_not_hold(condition, request)]

    def _does_not_hold(self, condition: Condition, request: Request) -> bool:
        trace = self.site.decide(request).trace
        return any(one.where == condition.directive.span and one.met is False for one in trace)

    def is_refused(self, request: Request) -> bool:
        """Whether it is refused as the witness is."""
        decision = self.site.decide(request)
        return (decision.cause, decision.where) == (self.refusal.cause, self.refusal.where)

    def finding(self, request: Request, message: str, fix: Fix, who: str) -> Finding:
        """The finding with a request that is meant to be let through."""
        hit = (Hit(request, PURPOSE_PAGE, None), self.site.decide(request))
        return finding_of(_NAME, ERROR, message, self.refusal._replace(who=who), (fix,), hit=hit)


def _ends_in_or(refusal: Refusal, rule: Rule) -> Finding:
    last = rule.conditions[-1]
    joined = all(OR_NEXT in one.flags for one in rule.conditions)
    what = "the rule refuses whatever the conditions say" if joined else "it never keeps the rule from refusing"
    message = f"the RewriteCond in line {last.directive.line} ends in [OR] and is the last: {what}"
    fix = Fix("take [OR] out of the last condition", UNSAFE, (without_flag(last, OR_NEXT),))
    return finding_of(_NAME, ERROR, message, refusal, (fix,))


def _joined_by_or(rule: Rule) -> Iterator[list[Condition]]:
    """Conditions on one variable of which each is to except something, and one is enough."""
    group: list[Condition] = []
    for condition in rule.conditions:
        group.append(condition)
        if OR_NEXT not in condition.flags:
            subjects = {one.subject.upper() for one in group}
            if len(group) > 1 and len(subjects) == 1 and all(one.negated and one.kind in _COMPARED for one in group):
                yield group
            group = []


def _either_way(asked: _Asked, group: list[Condition]) -> Iterator[Finding]:
    """Whoever is the exception of one is refused by the others."""
    named = asked.except_for(group[0], asked.refusal.witness)
    if not named or not all(map(asked.is_refused, named)):
        return
    both = (request for other in group[1:] for request in asked.except_for(other, named[0]))
    if not all(map(asked.is_refused, both)):
        return  # somebody is the exception of each
    lines = ", ".join(str(one.directive.line) for one in group)
    message = f"of the conditions in lines {lines} one always holds, as [OR] joins them: what each excepts is refused"
    edits = tuple(without_flag(one, OR_NEXT) for one in group[:-1])
    fix = Fix("take [OR] out, so that all of them have to hold", UNSAFE, edits)
    yield asked.finding(named[0], message, fix, "everybody, whom the conditions except as well")


def _network(asked: _Asked, condition: Condition) -> Iterator[Finding]:
    """An address compared with a text that is a network."""
    if not condition.negated or condition.kind not in _COMPARED or condition.subject.upper() != "%{REMOTE_ADDR}":
        return
    written = _NETWORK.fullmatch(condition.text)
    network = None if written is None else parse_subnet(written[1].replace("\\", ""), written[2])
    if written is None or network is None:
        return
    text = f"{written[1]}/{written[2]}".replace("\\", "")
    inside = asked.flips.of(
        Step("fixup", "", condition.directive.span, False, "client", "in-network", text), asked.refusal.witness
    )
    request = next(iter(inside), None)
    if request is None or not asked.is_refused(request):
        return
    spans = word_spans(condition.directive)
    whole = spans[0]._replace(end=spans[1].end, end_line=spans[1].end_line, end_column=spans[1].end_column)
    expression = f"expr \"! %{{REMOTE_ADDR}} -ipmatch '{text}'\""
    message = f"RewriteCond compares texts, and no address reads {text}: clients of that network are refused as well"
    fix = Fix("ask whether the address lies in the network", UNSAFE, (replace(whole, expression),))
    yield asked.finding(request, message, fix, f"every client, those in {text} too")
