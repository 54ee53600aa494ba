"""A limit for the age of a signature is written in seconds, and counts milliseconds."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import WARNING, Finding
from audit403.core.registry import check
from audit403_checks.s3.mending import word_finding


@check(WARNING, "signature-age-in-seconds")
def signature_age_in_seconds(fact: Fact, site: Site) -> Iterator[Finding]:
    """Presigned URLs are refused a thousand times earlier than they were to be."""
    if isinstance(fact, DocumentFault):
        yield word_finding("signature-age-in-seconds", fact, site, "write the limit in milliseconds")
