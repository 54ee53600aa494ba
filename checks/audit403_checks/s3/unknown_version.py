"""A policy has a version that there is not."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import WARNING, Finding
from audit403.core.registry import check
from audit403_checks.s3.documents import document_finding


@check(WARNING, "unknown-version")
def unknown_version(fact: Fact, site: Site) -> Iterator[Finding]:
    """The version is that of the language, and no date of one's own: S3 and IAM refuse the policy."""
    if isinstance(fact, DocumentFault):
        yield document_finding("unknown-version", WARNING, fact, "write 2012-10-17")
