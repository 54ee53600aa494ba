"""An object is encrypted with a key of KMS that whoever may read it may not use."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403_checks.s3.refusals import by_hand, finding, refusal_of


@check(ERROR, "key-policy-refuses")
def kms_key_refuses(fact: Fact, site: Site) -> Iterator[Finding]:
    """Anonymous visitors may use no key; others need kms:Decrypt."""
    found = refusal_of(fact)
    if found is None:
        return
    refusal, subject = found
    message = (
        f"{refusal.who} may read {refusal.witness.target} of {subject.bucket.name}, "
        f"and not use the key that it is encrypted with"
    )
    fixes = by_hand(
        "encrypt what is public with S3's own keys (SSE-S3)",
        "or serve it through CloudFront with origin access control, and let the key policy name that distribution",
    )
    yield finding("kms-key-refuses", ERROR, message, refusal, fixes)
