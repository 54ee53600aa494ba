"""A statement lets upload with a public ACL alone, which Block Public Access refuses."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, WARNING, Finding
from audit403.core.registry import check
from audit403_checks.s3.refusals import by_hand, finding, is_by_default, refusal_of


@check(ERROR, "public-acl-is-blocked")
def acl_header_refused(fact: Fact, site: Site) -> Iterator[Finding]:
    """BlockPublicAcls is on, and the condition asks for a header that it refuses; a warning where it is by default."""
    found = refusal_of(fact)
    if found is None:
        return
    refusal, subject = found
    asks = "" if subject.allow is None else f" of statement {subject.allow.name}"
    message = (
        f"every upload{asks} to {subject.bucket.name} gets 403: it has to bring a public ACL (x-amz-acl), and "
        "BlockPublicAcls is on"
    )
    severity = ERROR
    if is_by_default(site, subject, "public_access_block"):
        severity, message = WARNING, f"{message} in every bucket that was created since April 2023"
    fixes = by_hand(
        "take the condition on s3:x-amz-acl out, and upload without an ACL (`aws s3 cp` without --acl)",
        "say in the bucket policy, or by CloudFront, who may read what is uploaded",
    )
    yield finding("acl-header-refused", severity, message, refusal, fixes)
