"""A public bucket policy is without effect, because Block Public Access restricts it."""

from collections.abc import Iterator

from audit403.core.edit import TextEdit
from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, WARNING, Finding, Fix
from audit403.core.place import Span
from audit403.core.registry import check
from audit403.s3.explore.subject import S3Subject
from audit403.s3.model.policy import Policy
from audit403.s3.model.public_access_block import BLOCK_POLICY, RESTRICT
from audit403.s3.model.public_policy import public_statement
from audit403.s3.site import S3Site
from audit403_checks.s3.changes import flags_fix, removal_fix
from audit403_checks.s3.refusals import finding, is_by_default, levels_with, refusal_of

_RULE = "policy-blocked-by-public-access-block"
_ANEW = (
    "create the access point anew with RestrictPublicBuckets and BlockPublicPolicy off, where everybody is meant to "
    "read: its flags cannot be changed"
)
_EVERYWHERE = "switch RestrictPublicBuckets and BlockPublicPolicy off for {}, where everybody is meant to read"
_CLOUDFRONT = "serve the bucket through CloudFront with origin access control, and keep Block Public Access"


@check(ERROR, "public-policy-is-restricted")
def policy_blocked_by_public_access_block(fact: Fact, site: Site) -> Iterator[Finding]:
    """RestrictPublicBuckets is on, and a statement lets in everybody; a warning where it is on by default alone."""
    found = refusal_of(fact)
    if found is None:
        return
    refusal, subject = found
    name = subject.bucket.name
    on = levels_with(site, subject, RESTRICT)
    is_default = is_by_default(site, subject, "public_access_block") and on == [subject.bucket.block.name]
    of = "" if is_default or on == [subject.bucket.block.name] else f" of {' and of '.join(on)}"
    message = f"{refusal.who} gets 403 from {name}: its policy is public, and RestrictPublicBuckets{of} is on"
    if subject.point is not None:
        point = subject.point.arn.rpartition("/")[2]
        message = f"{refusal.who} gets 403 from the access point {point}: public is its policy, or that of {name}, and "
        message += f"RestrictPublicBuckets{of} is on"
    elif subject.allow is not None and not subject.allow_is_for_everybody():
        message = (
            f"{refusal.who} gets 403 from {name}: another statement makes the policy public, and "
            f"RestrictPublicBuckets{of} then keeps out every other account"
        )
    severity = ERROR
    if is_default:
        severity, message = WARNING, f"{message} in every bucket that was created since April 2023"
    yield finding(_RULE, severity, message, refusal, tuple(_fixes(site, subject, on)))


def _fixes(site: Site, subject: S3Subject, on: list[str]) -> Iterator[Fix]:
    policy = subject.bucket.policy
    is_for_some = subject.allow is not None and subject.point is None and not subject.allow_is_for_everybody()
    if is_for_some and isinstance(policy, Policy):
        public = [one for one in policy.statements if public_statement(one) is not False]
        words = f"take statement {public[0].name} out, which makes the policy public" if public else ""
        fix = removal_fix(site, subject, words, public)
        if fix.changes():
            yield fix
    if any(name != subject.bucket.block.name for name in on):
        of_point = [name for name in on if subject.point is not None and name == subject.point.block.name]
        if of_point:
            yield Fix(_ANEW, MANUAL)
        if len(of_point) < len(on):
            yield Fix(_EVERYWHERE.format(" and for ".join(name for name in on if name not in of_point)), MANUAL)
        yield Fix(_CLOUDFRONT, MANUAL)
        return
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
