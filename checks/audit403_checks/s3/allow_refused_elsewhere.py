"""A bucket policy allows what another policy keeps from whom it names."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.place import Because
from audit403.core.registry import check
from audit403.s3.explore.subject import BY_STATEMENT, S3Subject
from audit403.s3.site import S3Site
from audit403_checks.s3.refusals import by_hand, finding, refusal_of

_WORDS = {
    "identity-policy-denies": "a policy of theirs denies it",
    "identity-policy-does-not-allow": "no policy of theirs allows it, which callers of another account need besides",
    "boundary-denies": "their permissions boundary denies it",
    "boundary-does-not-allow": "their permissions boundary does not allow it",
    "service-control-policy-denies": "a service control policy denies it",
    "service-control-policy-does-not-allow": "no service control policy of one level allows it",
    "resource-control-policy-denies": "a resource control policy denies it",
    "endpoint-policy-denies": "the policy of the VPC endpoint denies it",
    "endpoint-policy-does-not-allow": "the policy of the VPC endpoint does not allow it",
}


@check(
    ERROR,
    "identity-policy-denies",
    "identity-policy-does-not-allow",
    "boundary-denies",
    "boundary-does-not-allow",
    "service-control-policy-denies",
    "service-control-policy-does-not-allow",
    "resource-control-policy-denies",
    "endpoint-policy-denies",
    "endpoint-policy-does-not-allow",
)
def allow_refused_elsewhere(fact: Fact, site: Site) -> Iterator[Finding]:
    """The bucket says yes, and the caller's account, organization or network says no."""
    found = refusal_of(fact)
    if found is None or found[1].meant != BY_STATEMENT or found[1].someone_passes or found[1].allow is None:
        return
    refusal, subject = found
    assert subject.allow is not None
    what = f"statement {subject.allow.name} lets {refusal.who} do {subject.request.action} in {subject.bucket.name}"
    fixes = by_hand("allow it in the policy that refuses as well, or take it out of the bucket policy")
    also = _boundary(site, subject) if refusal.cause == "boundary-does-not-allow" else ()
    yield finding("allow-refused-elsewhere", ERROR, f"{what}, and {_WORDS[refusal.cause]}", refusal, fixes, also=also)


def _boundary(site: Site, subject: S3Subject) -> tuple[Because, ...]:
    """Where the boundary is written, in a document."""
    places = site.world.places if isinstance(site, S3Site) else {}
    place = places.get(("principals", subject.request.principal, "boundary", 0))
    return () if place is None else (Because(place, "this permissions boundary does not allow it"),)
