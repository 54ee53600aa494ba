"""An object that visitors may read is archived."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import WARNING, Finding
from audit403.core.registry import check
from audit403_checks.s3.documents import document_finding
from audit403_checks.s3.refusals import by_hand, finding, refusal_of


@check(WARNING, "object-is-archived", "archived-by-lifecycle")
def archived_object(fact: Fact, site: Site) -> Iterator[Finding]:
    """It has to be restored before anybody gets it; or a lifecycle rule will archive all that is to be read."""
    if isinstance(fact, DocumentFault):
        remedy = "keep what is served out of the rule, or take a class that is read at once (GLACIER_IR)"
        yield document_finding("archived-object", WARNING, fact, remedy)
        return
    found = refusal_of(fact)
    if found is None:
        return
    refusal, subject = found
    message = (
        f"{refusal.who} gets 403 for {refusal.witness.target} of {subject.bucket.name}: "
        f"it is archived (InvalidObjectState)"
    )
    fixes = by_hand(
        "restore the object, and keep what is served out of the lifecycle rule that archives",
    )
    yield finding("archived-object", WARNING, message, refusal, fixes)
