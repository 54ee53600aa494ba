"""The error document of a website is refused itself."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import WARNING, Finding
from audit403.core.registry import check
from audit403.s3.explore.subject import ERROR_DOCUMENT
from audit403_checks.s3.refusals import by_hand, finding, refusal_of


@check(WARNING, "nothing-allows", "policy-denies", "missing-key-without-list")
def error_document_refused(fact: Fact, site: Site) -> Iterator[Finding]:
    """The index is served, and whoever meets an error gets S3's own page, which names two refusals."""
    found = refusal_of(fact)
    if found is None or found[1].meant != ERROR_DOCUMENT:
        return
    refusal, subject = found
    is_absent = refusal.cause == "missing-key-without-list"
    why = "it is not there" if is_absent else "visitors may not read it"
    message = (
        f"the error document {refusal.witness.target} of the website {subject.bucket.name} is answered with 403: {why}"
    )
    remedy = "put the error document into the bucket" if is_absent else "let visitors read the error document as well"
    yield finding("error-document-refused", WARNING, message, refusal, by_hand(remedy))
