"""A rule against hotlinks refuses requests without a Referer: direct visits, feed readers, privacy settings."""

from collections.abc import Iterator

from audit403.apache.model.rewrite_rule import Condition
from audit403.core.edit import TextEdit
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import UNSAFE, WARNING, Finding, Fix
from audit403.core.registry import check
from audit403.explore.fields import with_header
from audit403.explore.regex_witness import witness_of
from audit403_checks.apache.rewriting import refusing_rule
from audit403_checks.apache.subjects import refusal_of
from audit403_checks.support import finding_of, insert_before

REFERER = "%{HTTP_REFERER}"


@check(WARNING, "rewrite-rule")
def hotlink_refuses_direct_visits(fact: Fact, site: Site) -> Iterator[Finding]:
    """Some Referer is let through and none is not: whoever opens the file itself sends none."""
    found = refusal_of(fact)
    if found is None:
        return
    refusal, subject = found
    rule = refusing_rule(refusal, subject)
    if rule is None or refusal.witness.target.partition("?")[0].endswith(".php"):
        return
    tests = [one for one in rule.conditions if one.subject.upper() == REFERER]
    if not tests or not all(one.negated and one.pattern is not None for one in tests):
        return
    request = with_header(refusal.witness, "referer", None)
    decision = site.decide(request)
    if (decision.cause, decision.where) != (refusal.cause, refusal.where) or not _somebody_passes(site, refusal, tests):
        return
    target = request.target.partition("?")[0]
    message = f"the rule against hotlinks refuses {target} to whoever sends no Referer, as for a direct visit"
    about = refusal._replace(witness=request, decision=decision, because=decision.because)
    fixes = (Fix("let requests without a Referer through", UNSAFE, (_exception(tests[0]),)),)
    yield finding_of("apache/hotlink-refuses-direct-visits", WARNING, message, about, fixes, anchor=rule.pattern.text)


def _somebody_passes(site: Site, refusal: Refusal, tests: list[Condition]) -> bool:
    """Whether there is a Referer with which the file is served."""
    referers = (None if one.pattern is None else witness_of(one.pattern) for one in tests)
    visits = (with_header(refusal.witness, "referer", referer) for referer in referers if referer is not None)
    return any(site.decide(visit).status == 200 for visit in visits)


def _exception(condition: Condition) -> TextEdit:
    return insert_before(condition.directive, "RewriteCond %{HTTP_REFERER} !^$")
