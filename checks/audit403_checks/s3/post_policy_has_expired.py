"""A POST policy was good until a moment that has passed."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import MANUAL, WARNING, Finding, Fix
from audit403.core.registry import check
from audit403_checks.support import told


@check(WARNING, "post-policy-has-expired")
def post_policy_has_expired(fact: Fact, site: Site) -> Iterator[Finding]:
    """Every form that has it is refused."""
    for found in told("s3/post-policy-has-expired", WARNING, fact):
        yield found._replace(fixes=(Fix("make a new one, good for the time that an upload takes", MANUAL),))
