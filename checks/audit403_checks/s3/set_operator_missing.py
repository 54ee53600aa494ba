"""A condition key that may have several values is compared as if it had one."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import WARNING, Finding
from audit403.core.registry import check
from audit403_checks.s3.mending import word_finding


@check(WARNING, "set-operator-missing")
def set_operator_missing(fact: Fact, site: Site) -> Iterator[Finding]:
    """Without ForAnyValue or ForAllValues a request with several values does not meet it."""
    if isinstance(fact, DocumentFault):
        otherwise = "write ForAllValues: before the operator (all that is there must fit), or ForAnyValue: (one must)"
        yield word_finding("set-operator-missing", fact, site, otherwise)
