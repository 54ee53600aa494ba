"""A bucket policy names a principal of a form that S3 does not take."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403.s3.explore.mistake import Mistake
from audit403_checks.s3.documents import mistake_finding
from audit403_checks.s3.mending import other_word


@check(ERROR, "invalid-principal")
def invalid_principal(fact: Fact, site: Site) -> Iterator[Finding]:
    """S3 refuses the whole policy: "Invalid principal in policy"."""
    if isinstance(fact, DocumentFault):
        mistake: Mistake = fact.subject
        if not mistake.instead:
            yield mistake_finding("invalid-principal", fact, "name an account, a user, a role or a service")
            return
        remedy = f"write {mistake.instead[0]}"
        fix = other_word(site, mistake, remedy, mistake.written[0], mistake.instead[0])
        yield mistake_finding("invalid-principal", fact, remedy, fix)
