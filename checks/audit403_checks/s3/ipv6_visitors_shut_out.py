"""Every address of IPv4 is let in, and none of IPv6."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import WARNING, Finding
from audit403.core.registry import check
from audit403_checks.s3.documents import document_finding


@check(WARNING, "ipv6-visitors-shut-out")
def ipv6_visitors_shut_out(fact: Fact, site: Site) -> Iterator[Finding]:
    """Who means everybody forgets half of them: S3's dual-stack endpoint is asked by IPv6."""
    if isinstance(fact, DocumentFault):
        remedy = "add ::/0, or take the condition out"
        yield document_finding("ipv6-visitors-shut-out", WARNING, fact, remedy)
