"""The index document of a website is not there."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403.s3.explore.subject import BY_WEBSITE
from audit403.s3.model.website import Website
from audit403_checks.s3.refusals import by_hand, finding, refusal_of


@check(ERROR, "missing-key-without-list")
def website_index_missing(fact: Fact, site: Site) -> Iterator[Finding]:
    """Visitors of the first page get 403, because nobody may know whether there is one."""
    found = refusal_of(fact)
    if found is None or found[1].meant != BY_WEBSITE or not isinstance(found[1].bucket.website, Website):
        return
    refusal, subject = found
    suffix = found[1].bucket.website.suffix
    message = (
        f"the website {subject.bucket.name} answers its first page with 403: its index document {suffix} is not there"
    )
    fixes = by_hand(f"put {suffix} into the bucket", "or name the index document that is there")
    yield finding("website-index-missing", ERROR, message, refusal, fixes)
