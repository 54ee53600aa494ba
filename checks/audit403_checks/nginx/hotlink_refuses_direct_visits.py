"""A hotlink rule refuses requests without a Referer: direct visits, feed readers, privacy settings."""

from collections.abc import Iterator

from audit403.core.decision import Decision
from audit403.core.edit import TextEdit
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, WARNING, Finding, Fix
from audit403.core.place import Because, Span
from audit403.core.registry import check
from audit403.nginx.explore.subject import Subject
from audit403.nginx.read.tree import Directive
from audit403_checks.hotlinks import is_refused, with_referer
from audit403_checks.nginx.referers import looks_at_referer, own_pages, referer_list
from audit403_checks.nginx.subjects import own_refusal_of
from audit403_checks.support import finding_of

_NAME = "nginx/hotlink-refuses-direct-visits"


@check(WARNING, "return")
def hotlink_refuses_direct_visits(fact: Fact, site: Site) -> Iterator[Finding]:
    """Some Referer is let through and none is not: whoever opens the file itself sends none."""
    found = own_refusal_of(fact)
    if found is None:
        return
    refusal, subject = found
    tests = [step for step in refusal.decision.trace if looks_at_referer(step)]
    if not tests or any(step.operator == "equals" and not step.value for step in tests):
        return  # `if ($http_referer = "")` says what it means
    listed = referer_list(subject)
    is_program = refusal.witness.target.partition("?")[0].endswith(".php")
    if (listed is None and (is_program or _nobody_passes(site, refusal, subject))) or not is_refused(
        site, refusal, None
    ):
        return
    request = with_referer(refusal.witness, None)
    decision = site.decide(request)
    policy = _hiding_policy(subject)
    target = refusal.witness.target
    lacking = "`valid_referers` lacks `none`" if listed is not None else "the rule takes no Referer for a strange one"
    message = f"{target} is refused to everybody who sends no Referer: {lacking}"
    if policy is not None:
        message += ", and the site's own pages send none"
    chain = () if listed is None else (Because(listed.span, "lists the Referers that are let through"),)
    chain = chain if policy is None else (*chain, Because(policy.span, "tells browsers to send no Referer"))
    severity = WARNING if policy is None else ERROR
    anchor = " ".join(sorted(set(listed.args))) if listed is not None else target
    finding = finding_of(_NAME, severity, message, refusal, (_fix(site, listed, decision),), anchor=anchor)
    who = "requests without Referer"
    yield finding._replace(request=request, who=who, because=(*chain, *decision.because), log=decision.log)


def _nobody_passes(site: Site, refusal: Refusal, subject: Subject) -> bool:
    """Whether not even the site's own pages pass: then the rule is about something else."""
    return all(is_refused(site, refusal, page.url) for page in own_pages(site, subject))


def _hiding_policy(subject: Subject) -> Directive | None:
    for directive in (subject.context or subject.server).effective("add_header"):
        if [word.lower() for word in directive.args[:2]] == ["referrer-policy", "no-referrer"]:
            return directive
    return None


def _fix(site: Site, listed: Directive | None, decision: Decision) -> Fix:
    if listed is None:
        from audit403_checks.nginx.past_tests import TestedPattern

        for step in decision.trace:
            if step.field == "header:referer" and step.met and isinstance(step.where, Span):
                tested = TestedPattern(site, step.where, "$http_referer")
                if tested.negated and tested.pattern:
                    edits = tested.written(f"^$|{tested.pattern}")
                    return Fix("let the pattern match no Referer too", UNSAFE, edits)
        return Fix("let requests without a Referer through", MANUAL)
    start = listed.arg_span(0).start
    added = "none" if "blocked" in listed.args else "none blocked"
    return Fix(f"add `{added}` to valid_referers", UNSAFE, (TextEdit(listed.source.path, start, start, f"{added} "),))
