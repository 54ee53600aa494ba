"""A policy variable is taken by the template language for one of its own."""

from collections.abc import Iterator

from audit403.core.fact import Fact, ReadingFault
from audit403.core.family import Site
from audit403.core.finding import ERROR, UNSAFE, Finding, Fix
from audit403.core.registry import check
from audit403_checks.s3.escaping import escaped
from audit403_checks.support import told


@check(ERROR, "policy-variable-eaten")
def policy_variable_eaten(fact: Fact, site: Site) -> Iterator[Finding]:
    """CloudFormation and Terraform refuse the template, or write something else into the policy."""
    if not isinstance(fact, ReadingFault):
        return
    fix = Fix("escape the variable, so that it reaches the policy", UNSAFE, escaped(site, fact))
    for found in told("s3/policy-variable-eaten", ERROR, fact):
        yield found._replace(fixes=(fix,))
