"""A statement names an action that does not exist."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403.s3.explore.mistake import Mistake, listed
from audit403_checks.s3.documents import mistake_finding
from audit403_checks.s3.mending import other_word


@check(ERROR, "unknown-action")
def unknown_action(fact: Fact, site: Site) -> Iterator[Finding]:
    """S3 refuses a bucket policy with such an action; elsewhere it allows nothing."""
    if not isinstance(fact, DocumentFault):
        return
    mistake: Mistake = fact.subject
    (written,) = mistake.written
    if not mistake.instead:
        yield mistake_finding("unknown-action", fact, f"take {written} out, or write the action that is meant")
        return
    (first, *further) = mistake.instead
    remedy = f"write {listed(mistake.instead)} for {written}"
    fixes = () if further else (other_word(site, mistake, remedy, written, first),)
    yield mistake_finding("unknown-action", fact, remedy, *fixes)
