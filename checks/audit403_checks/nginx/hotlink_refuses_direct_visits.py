"""A hotlink rule refuses requests without a Referer: direct visits, feed readers, privacy settings."""

from collections.abc import Iterator

from audit403.core.edit import TextEdit
from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import UNSAFE, WARNING, Finding, Fix
from audit403.core.place import Because
from audit403.core.registry import check
from audit403_checks.support import finding_of, refusal_of


@check(WARNING, "return")
def hotlink_refuses_direct_visits(fact: Fact, site: Site) -> Iterator[Finding]:
    """`valid_referers` without `none`: whoever opens the file itself sends no Referer and is refused."""
    found = refusal_of(fact)
    if found is None:
        return
    refusal, subject = found
    context = subject.context or subject.server
    lists = context.effective("valid_referers")
    tested = any(step.operator == "valid-referer" and step.met is False for step in refusal.decision.trace)
    words = {word for directive in lists for word in directive.args}
    if not lists or not tested or "none" in words or refusal.witness.header("referer") is not None:
        return
    directive = lists[0]
    start = directive.arg_span(0).start
    added = "none" if "blocked" in words else "none blocked"
    fix = Fix(f"add `{added}` to valid_referers", UNSAFE, (TextEdit(directive.source.path, start, start, f"{added} "),))
    message = f"{refusal.witness.target} is refused to everybody who sends no Referer: `valid_referers` lacks `none`"
    finding = finding_of(
        "nginx/hotlink-refuses-direct-visits", WARNING, message, refusal, (fix,), anchor=" ".join(sorted(words))
    )
    chain = (Because(directive.span, "lists the Referers that are let through"), *refusal.because)
    yield finding._replace(because=chain)
