"""An object is encrypted with a key of KMS that whoever may read it may not use."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, WARNING, Finding, Fix
from audit403.core.registry import check
from audit403.s3.explore.subject import S3Subject
from audit403.s3.model.caller import SERVICE, caller_of
from audit403_checks.s3.refusals import by_hand, finding, refusal_of


@check(ERROR, "key-policy-refuses")
def kms_key_refuses(fact: Fact, site: Site) -> Iterator[Finding]:
    """Anonymous visitors may use no key; others need kms:Decrypt. A warning if only the bucket's default is known."""
    found = refusal_of(fact)
    if found is None:
        return
    refusal, subject = found
    name = subject.bucket.name
    if subject.keys:
        severity = ERROR
        message = f"{refusal.who} may not use the key that {refusal.witness.target} of {name} is encrypted with"
    else:
        severity = WARNING
        message = f"{refusal.who} may not use the key of KMS that {name} encrypts objects with by default"
    yield finding("kms-key-refuses", severity, message, refusal, _remedies(subject))


def _remedies(subject: S3Subject) -> tuple[Fix, ...]:
    caller = caller_of(subject.request.principal)
    if caller.kind == SERVICE:
        return by_hand(
            f"let {caller.name} do kms:Decrypt in the key policy, on the condition that aws:SourceArn is its own, as "
            "in the bucket policy"
        )
    if caller.is_of_iam:
        return by_hand(f"let {caller.name} do kms:Decrypt with the key: in the key policy, and by its own policies")
    return by_hand(
        "encrypt what is public with S3's own keys (SSE-S3)",
        "or serve it through CloudFront with origin access control, and let the key policy name that distribution",
    )
