"""An `allow` stands behind the `deny` that covers it and lets nobody in."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, UNSAFE, Finding, Fix
from audit403.core.place import Because, Span
from audit403.core.registry import check
from audit403.nginx.model.context import AccessRule
from audit403_checks.nginx.subjects import refusal_of
from audit403_checks.support import finding_of, insert_before, remove, statement


@check(ERROR, "access-rule", "limit-except")
def allow_behind_deny(fact: Fact, site: Site) -> Iterator[Finding]:
    """The first rule that matches decides, so a client that the later allow names is refused all the same."""
    found = refusal_of(fact)
    if found is None or found[1].permitted_below is None:
        return
    refusal, subject = found
    allow = found[1].permitted_below
    deny = _denying(refusal.where, subject.context.access_rules() if subject.context is not None else [])
    network = allow.directive.args[0]
    message = f"`allow {network}` lets nobody in: the `deny` above it refuses {refusal.witness.client} first"
    fixes = () if deny is None else (_fix(allow, deny),)
    finding = finding_of("nginx/allow-behind-deny", ERROR, message, refusal, fixes, anchor=statement(allow.directive))
    chain = (Because(allow.directive.span, "this line is never reached"), *refusal.because)
    yield finding._replace(because=chain, who=f"clients in {network}")


def _denying(where: object, rules: list[AccessRule]) -> AccessRule | None:
    return next((rule for rule in rules if isinstance(where, Span) and rule.directive.span == where), None)


def _fix(allow: AccessRule, deny: AccessRule) -> Fix:
    text = statement(allow.directive)
    return Fix(
        f"put `{text}` before the deny",
        UNSAFE,
        (insert_before(deny.directive, text), remove(allow.directive)),
    )
