"""CloudFront signs requests to a bucket, and sends the viewer's Host with them."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, WARNING, Finding
from audit403.core.registry import check
from audit403_checks.s3.documents import viewer_finding


@check(ERROR, "host-forwarded-to-bucket")
def host_forwarded_to_bucket(fact: Fact, site: Site) -> Iterator[Finding]:
    """Every request is refused; a warning where a function may put the bucket's own Host back."""
    if not isinstance(fact, DocumentFault):
        return
    severity = ERROR if fact.subject.behind.behaviour.rewrites is False else WARNING
    yield viewer_finding(
        "host-forwarded-to-bucket",
        severity,
        fact,
        "take an origin request policy that leaves Host out, as the managed AllViewerExceptHostHeader or CORS-S3Origin "
        "do, or none",
    )
