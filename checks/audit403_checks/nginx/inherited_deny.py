"""A `deny` of the http level comes down into a server block and refuses everybody."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, UNSAFE, Finding, Fix
from audit403.core.place import Because
from audit403.core.registry import check
from audit403.explore.subject import PURPOSE_HOME
from audit403.nginx.model.context import HTTP
from audit403_checks.nginx.subjects import deciding_level, refusal_of
from audit403_checks.support import finding_of, insert_before


@check(ERROR, "access-rule")
def inherited_deny(fact: Fact, site: Site) -> Iterator[Finding]:
    """The home page is refused to everybody by a rule that no level of the site itself has written."""
    found = refusal_of(fact)
    if found is None or found[1].purpose != PURPOSE_HOME or found[1].context is None:
        return
    refusal, subject = found
    context = found[1].context
    rules = context.access_rules()
    if refusal.who != "every client" or any(rule.permits for rule in rules) or deciding_level(context).kind != HTTP:
        return
    name = subject.server.first_name() or "this server"
    message = f"nobody gets in: {name} inherits `deny` from the http level"
    span = subject.server.span()
    fixes: tuple[Fix, ...] = ()
    if subject.server.sequence:
        edit = insert_before(subject.server.sequence[0], "allow all;")
        fixes = (Fix("let the site in with a rule of its own, or move the deny to where it is meant", UNSAFE, (edit,)),)
    finding = finding_of("nginx/inherited-deny", ERROR, message, refusal, fixes)
    chain = refusal.because if span is None else (*refusal.because, Because(span, "has no allow or deny of its own"))
    yield finding._replace(because=chain)
