"""The text of a policy is no JSON."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, Finding, Fix
from audit403.core.registry import check
from audit403_checks.support import told


@check(ERROR, "no-json")
def policy_is_no_json(fact: Fact, site: Site) -> Iterator[Finding]:
    """S3 refuses it: "Policies must be valid JSON"."""
    for found in told("s3/policy-is-no-json", ERROR, fact):
        yield found._replace(fixes=(Fix("write the policy as JSON, or let the template make it", MANUAL),))
