"""A location's own allow/deny list replaces the one around it and shuts out whom that let in."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import UNSAFE, WARNING, Finding, Fix
from audit403.core.place import Because
from audit403.core.registry import check
from audit403.nginx.explore.access_lists import dead_allows
from audit403.nginx.model.context import AccessRule
from audit403_checks.nginx.subjects import deciding_level, names_of, refusal_of
from audit403_checks.support import finding_of, insert_before, statement


@check(WARNING, "access-rule", "limit-except")
def replaced_allow_list(fact: Fact, site: Site) -> Iterator[Finding]:
    """Lists do not add up: one rule at a level drops every rule of the levels above. A bare `deny all` is meant."""
    found = refusal_of(fact)
    if found is None or found[1].permitted_above is None or found[1].context is None:
        return
    refusal, subject = found
    level = deciding_level(found[1].context)
    rules = level.access_rules()
    dead = dead_allows(rules)
    allowed = [rule for rule in rules if rule.permits and rule not in dead]
    above = [] if level.parent is None else [rule for rule in level.parent.access_rules() if rule.permits]
    if not allowed or above[:1] != [subject.permitted_above]:
        return
    name = level.directive.args[-1] if level.directive is not None and level.directive.args else "this location"
    message = f"the list of {name} replaces the one around it: {names_of(above)} are shut out here"
    fix = _fix(above, rules)
    finding = finding_of("nginx/replaced-allow-list", WARNING, message, refusal, (fix,), anchor=name)
    chain = (Because(above[0].directive.span, "lets this client in, but is replaced"), *refusal.because)
    yield finding._replace(because=chain, who="clients in " + names_of(above))


def _fix(above: list[AccessRule], rules: list[AccessRule]) -> Fix:
    lines = "\n".join(statement(rule.directive) for rule in above)
    return Fix("repeat the outer list's allow lines", UNSAFE, (insert_before(rules[0].directive, lines),))
