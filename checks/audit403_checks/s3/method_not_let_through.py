"""A bucket's policy lets CloudFront write, and CloudFront itself refuses the method."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import WARNING, Finding
from audit403.core.registry import check
from audit403_checks.s3.documents import viewer_finding


@check(WARNING, "method-not-let-through")
def method_not_let_through(fact: Fact, site: Site) -> Iterator[Finding]:
    """The statement has no use, and who uploads by the distribution gets 403 from CloudFront."""
    if not isinstance(fact, DocumentFault):
        return
    yield viewer_finding(
        "method-not-let-through",
        WARNING,
        fact,
        "let the behaviour allow all seven methods (GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE)",
        "or take the action out of the statement, where nobody writes by this distribution",
    )
