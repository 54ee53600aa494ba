"""A public ACL is without effect, because Block Public Access ignores it or because ACLs are disabled."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, WARNING, Finding, Fix
from audit403.core.registry import check
from audit403.s3.explore.subject import BY_ACL
from audit403.s3.model.bucket import ENFORCED
from audit403.s3.model.public_access_block import IGNORE_ACLS
from audit403_checks.s3.refusals import finding, is_by_default, levels_with, refusal_of


@check(ERROR, "public-acl-is-ignored", "nothing-allows")
def public_acl_without_effect(fact: Fact, site: Site) -> Iterator[Finding]:
    """An ACL lets everybody read, and something else keeps it from counting; a warning where that is so by default."""
    found = refusal_of(fact)
    if found is None or found[1].meant != BY_ACL:
        return
    refusal, subject = found
    name = subject.bucket.name
    what = f"list {name}" if subject.request.action == "s3:ListBucket" else f"read {refusal.witness.target} of {name}"
    if subject.bucket.ownership == ENFORCED:
        why, field = "ACLs are disabled in it (BucketOwnerEnforced)", "ownership"
    elif refusal.cause == "public-acl-is-ignored":
        on = levels_with(site, subject, IGNORE_ACLS)
        of = f" of {' and of '.join(on)}" if on and on != [subject.bucket.block.name] else ""
        why, field = f"IgnorePublicAcls{of} is on", "public_access_block" if not of else ""
    else:
        return
    message = f"an ACL lets everybody {what}, and it does not count: {why}"
    severity = ERROR
    if is_by_default(site, subject, field):
        severity, message = WARNING, f"{message} in every bucket that was created since April 2023"
    fixes = (
        Fix("say in the bucket policy who may read", MANUAL),
        Fix("or serve the bucket through CloudFront with origin access control", MANUAL),
    )
    yield finding("public-acl-without-effect", severity, message, refusal, fixes)
