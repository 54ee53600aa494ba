"""An object is encrypted with a key of KMS that whoever may read it, or write it, may not use."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, WARNING, Finding, Fix
from audit403.core.registry import check
from audit403.s3.explore.subject import S3Subject
from audit403.s3.model.caller import SERVICE, caller_of
from audit403.s3.model.encryption import Encryption
from audit403.s3.model.policy import Policy
from audit403.s3.model.world import Key
from audit403.s3.site import S3Site
from audit403_checks.s3.refusals import by_hand, finding, refusal_of

_CONTEXT = "kms:encryptioncontext:aws:s3:arn"


@check(ERROR, "key-policy-refuses")
def kms_key_refuses(fact: Fact, site: Site) -> Iterator[Finding]:
    """Anonymous visitors may use no key; others need kms:Decrypt, and kms:GenerateDataKey to upload.

    A warning where of what is read only the bucket's default is known.
    """
    found = refusal_of(fact)
    if found is None:
        return
    refusal, subject = found
    name, severity = subject.bucket.name, ERROR
    if _is_upload(subject):
        message = (
            f"{refusal.who} may upload to {name}, and not have data keys made by the key of KMS that it encrypts with "
            "by default"
        )
    elif subject.keys:
        key = refusal.witness.target.removeprefix("/")
        shown = key if key in subject.keys else next(iter(subject.keys))
        message = f"{refusal.who} may not use the key that /{shown} of {name} is encrypted with"
    else:
        severity = WARNING
        message = f"{refusal.who} may not use the key of KMS that {name} encrypts objects with by default"
    yield finding("kms-key-refuses", severity, message, refusal, _remedies(site, subject))


def _is_upload(subject: S3Subject) -> bool:
    return subject.request.action == "s3:PutObject"


def _remedies(site: Site, subject: S3Subject) -> tuple[Fix, ...]:
    caller = caller_of(subject.request.principal)
    action = "kms:GenerateDataKey" if _is_upload(subject) else "kms:Decrypt"
    if caller.kind == SERVICE:
        return by_hand(
            f"let {caller.name} do {action} in the key policy, on the condition that aws:SourceArn is its own, as "
            "in the bucket policy"
        )
    if caller.is_of_iam and _is_of_context(site, subject):
        return by_hand(
            f"let the condition on kms:EncryptionContext:aws:s3:arn name {subject.bucket.arn}: with a bucket key the "
            "encryption context is the bucket, and no longer the object"
        )
    if caller.is_of_iam:
        return by_hand(f"let {caller.name} do {action} with the key: in the key policy, and by its own policies")
    return by_hand(
        "encrypt what is public with S3's own keys (SSE-S3)",
        "or serve it through CloudFront with origin access control, and let the key policy name that distribution",
    )


def _is_of_context(site: Site, subject: S3Subject) -> bool:
    """Whether the bucket has a bucket key, and a policy lets somebody use its key for certain objects alone."""
    encryption = subject.bucket.encryption
    if not isinstance(site, S3Site) or not isinstance(encryption, Encryption) or encryption.bucket_key is not True:
        return False
    key = None if encryption.key is None else site.world.key(encryption.key)
    policies = [*site.world.policies(), *([key.policy] if isinstance(key, Key) else [])]
    statements = [one for policy in policies if isinstance(policy, Policy) for one in policy.statements]
    return any(one.key.lower() == _CONTEXT for statement in statements for one in statement.conditions)
