"""CloudFront asks a bucket with an index document at its REST endpoint, where folders have none."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import WARNING, Finding
from audit403.core.registry import check
from audit403.s3.explore.subject import BELOW_ROOT
from audit403_checks.s3.refusals import by_hand, finding, refusal_of


@check(WARNING, "missing-key-without-list")
def website_index_below_root(fact: Fact, site: Site) -> Iterator[Finding]:
    """Only the root has its default root object; every other folder is a key that is not there."""
    found = refusal_of(fact)
    if found is None or found[1].meant != BELOW_ROOT or found[1].behind is None:
        return
    refusal, subject = found
    message = (
        f"folders below the root of {found[1].behind.distribution.identifier} get 403: its origin is the REST endpoint "
        f"of {subject.bucket.name}, which does not know the index document of the website"
    )
    fixes = by_hand(
        "have a CloudFront function put the index document's name behind every address that ends with a slash",
        "or make the website endpoint the origin, where everybody may read the bucket",
    )
    yield finding("website-index-below-root", WARNING, message, refusal, fixes)
