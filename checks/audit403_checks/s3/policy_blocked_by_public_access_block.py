"""A public bucket policy is without effect, because Block Public Access restricts it."""

from collections.abc import Iterator

from audit403.core.edit import TextEdit
from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, WARNING, Finding, Fix
from audit403.core.place import Span
from audit403.core.registry import check
from audit403.s3.explore.subject import S3Subject
from audit403.s3.model.public_access_block import BLOCK_POLICY, RESTRICT
from audit403.s3.site import S3Site
from audit403_checks.s3.changes import flags_fix
from audit403_checks.s3.refusals import finding, is_by_default, refusal_of

_RULE = "policy-blocked-by-public-access-block"
_ANEW = (
    "create the access point anew with RestrictPublicBuckets and BlockPublicPolicy off, where everybody is meant to "
    "read: its flags cannot be changed"
)
_CLOUDFRONT = "serve the bucket through CloudFront with origin access control, and keep Block Public Access"


@check(ERROR, "public-policy-is-restricted")
def policy_blocked_by_public_access_block(fact: Fact, site: Site) -> Iterator[Finding]:
    """RestrictPublicBuckets is on, and a statement lets in everybody; a warning where it is on by default alone."""
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
    if subject.point is not None:
        point = subject.point.arn.rpartition("/")[2]
        message = f"{refusal.who} gets 403 from the access point {point}: public is its policy, or that of {name}, and "
        message += "RestrictPublicBuckets is on, as it is in every access point that is not created otherwise"
        yield finding(_RULE, ERROR, message, refusal, (Fix(_ANEW, MANUAL), Fix(_CLOUDFRONT, MANUAL)))
        return
    severity = ERROR
    if is_by_default(site, subject, "public_access_block"):
        severity, message = WARNING, f"{message} in every bucket that was created since April 2023"
    yield finding(_RULE, severity, message, refusal, tuple(_fixes(site, subject)))


def _fixes(site: Site, subject: S3Subject) -> Iterator[Fix]:
    words = "switch RestrictPublicBuckets and BlockPublicPolicy off, where everybody is meant to read"
    fix = flags_fix(site, subject, words, UNSAFE, (RESTRICT, BLOCK_POLICY), _off(site, subject))
    if fix.changes():
        yield fix
    yield Fix(_CLOUDFRONT, MANUAL)


def _off(site: Site, subject: S3Subject) -> tuple[TextEdit, ...]:
    """The edits that switch the two flags of the bucket off; none where the document does not say them."""
    if not isinstance(site, S3Site):
        return ()
    edits = []
    for flag in (RESTRICT, BLOCK_POLICY):
        where = site.world.block_place(subject.bucket, flag, subject.bucket.block.name)
        data = site.source(where.file) if isinstance(where, Span) else None
        written = None if data is None or not isinstance(where, Span) else data[where.start : where.end]
        if isinstance(where, Span) and written in (b"true", b"True", b'"true"'):
            edits.append(TextEdit(where.file, where.start, where.end, "false"))
    return tuple(edits)
