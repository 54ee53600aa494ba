"""A POST policy refuses every form that can be made of it."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, Finding, Fix
from audit403.core.registry import check
from audit403_checks.support import told


@check(ERROR, "post-policy-refuses")
def post_policy_refuses(fact: Fact, site: Site) -> Iterator[Finding]:
    """Its conditions contradict each other, or lack a field that every form has."""
    for found in told("s3/post-policy-refuses", ERROR, fact):
        yield found._replace(fixes=(Fix("make the conditions fit the form", MANUAL),))
