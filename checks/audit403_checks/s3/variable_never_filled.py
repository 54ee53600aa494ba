"""A policy variable is one that no request of those who are meant fills."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403_checks.s3.mending import word_finding


@check(ERROR, "variable-never-filled")
def variable_never_filled(fact: Fact, site: Site) -> Iterator[Finding]:
    """A statement with a variable that has no value applies to nothing."""
    if isinstance(fact, DocumentFault):
        otherwise = "name another variable: roles have ${aws:userid}, and ${aws:PrincipalTag/KEY} where they are tagged"
        written = fact.subject.written[0]
        if written.startswith("&"):
            otherwise = f"write ${written[1:]}, which in Terraform's own language is $${written[1:]}"
        yield word_finding("variable-never-filled", fact, site, otherwise)
