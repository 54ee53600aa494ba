"""A public bucket policy is without effect, because Block Public Access restricts it."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, Finding, Fix
from audit403.core.registry import check
from audit403_checks.s3.refusals import finding, refusal_of


@check(ERROR, "public-policy-is-restricted")
def policy_blocked_by_public_access_block(fact: Fact, site: Site) -> Iterator[Finding]:
    """RestrictPublicBuckets is on, and a statement of the policy lets in everybody."""
    found = refusal_of(fact)
    if found is None:
        return
    refusal, subject = found
    name = subject.bucket.name
    message = f"{refusal.who} gets 403 from {name}: its policy is public, and RestrictPublicBuckets is on"
    if subject.allow is not None and not subject.allow_is_for_everybody():
        message = (
            f"{refusal.who} gets 403 from {name}: another statement makes the policy public, and RestrictPublicBuckets "
            "then keeps out every other account"
        )
    fixes = (
        Fix("serve the bucket through CloudFront with origin access control, and keep Block Public Access", MANUAL),
        Fix("or switch RestrictPublicBuckets off, where everybody is really meant to read the bucket", MANUAL),
    )
    yield finding("policy-blocked-by-public-access-block", ERROR, message, refusal, fixes)
