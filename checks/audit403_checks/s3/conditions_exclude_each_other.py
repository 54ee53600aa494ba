"""No request meets all conditions of an Allow at once."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403_checks.s3.documents import mistake_finding


@check(ERROR, "conditions-exclude-each-other")
def conditions_exclude_each_other(fact: Fact, site: Site) -> Iterator[Finding]:
    """Each condition can be met, and where one is, another is not."""
    if isinstance(fact, DocumentFault):
        remedy = "make a statement of its own for each of the conditions, or take the one out that is not meant"
        yield mistake_finding("conditions-exclude-each-other", fact, remedy)._replace(severity=ERROR)
