"""A presigned URL in a document was good until a moment that has passed."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import MANUAL, WARNING, Finding, Fix
from audit403.core.registry import check
from audit403_checks.support import told


@check(WARNING, "presigned-url-has-expired")
def presigned_url_has_expired(fact: Fact, site: Site) -> Iterator[Finding]:
    """Whoever follows it gets 403."""
    for found in told("s3/presigned-url-has-expired", WARNING, fact):
        yield found._replace(fixes=(Fix("sign a new one when it is needed, or let a role read the object", MANUAL),))
