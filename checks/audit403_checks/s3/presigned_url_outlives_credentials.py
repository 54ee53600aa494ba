"""A presigned URL says that it is good for longer than the credentials that have signed it."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import MANUAL, WARNING, Finding, Fix
from audit403.core.registry import check
from audit403_checks.support import told


@check(WARNING, "presigned-url-outlives-credentials")
def presigned_url_outlives_credentials(fact: Fact, site: Site) -> Iterator[Finding]:
    """It ends with the session, whatever X-Amz-Expires says."""
    for found in told("s3/presigned-url-outlives-credentials", WARNING, fact):
        yield found._replace(
            fixes=(Fix("sign it with the access key of a user, or sign a new one whenever it is needed", MANUAL),)
        )
