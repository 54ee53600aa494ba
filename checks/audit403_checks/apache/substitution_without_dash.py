"""Flags stand where a RewriteRule's substitution belongs: nothing is refused, a file called `[F]` is asked for."""

from collections.abc import Iterator

from audit403.apache.explore.misplaced_flags import KIND
from audit403.apache.explore.subject import Subject
from audit403.apache.model.rewrite_rule import word_spans
from audit403.core.decision import REFUSED, Decision
from audit403.core.fact import Fact, IdleDirective
from audit403.core.family import Site
from audit403.core.finding import MANUAL, WARNING, Finding, Fix
from audit403.core.registry import check
from audit403_checks.apache.rewriting import rule_at


@check(WARNING, KIND)
def substitution_without_dash(fact: Fact, site: Site) -> Iterator[Finding]:
    """What the rule is to close is answered by whatever comes behind it; the message says how."""
    if not isinstance(fact, IdleDirective) or not isinstance(fact.subject, Subject):
        return
    subject = fact.subject
    request = subject.hits[0].request
    decision = site.decide(request)
    rule = rule_at(fact.where, subject)
    if rule is None or not rule.directive.raw.strip():
        return
    output = rule.output
    target = request.target.partition("?")[0]
    message = f"`{output}` is the substitution here, not the flags: {target} {_answer(decision)}"
    flags = f"[{output.strip('-[] ')}]"
    span = word_spans(rule.directive)[0]
    pattern = rule.directive.source.data[span.start : span.end].decode("utf-8", "replace")
    fix = Fix(f"put a dash before the flags: `{rule.directive.written} {pattern} - {flags}`", MANUAL)
    yield Finding(
        "apache/substitution-without-dash", WARNING, message, fact.where, decision.because, request,
        "every client", decision.status, decision.log, fixes=(fix,), anchor=pattern, fact=fact,
    )  # fmt: skip


def _answer(decision: Decision) -> str:
    """What becomes of the request."""
    if decision.verdict == REFUSED:
        return "is refused, but elsewhere"
    if decision.status is None or decision.status < 400:
        return "is not refused, and what comes behind the rule answers it"
    return f"is answered with {decision.status}, as a file of this name is not there"
