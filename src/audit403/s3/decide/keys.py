"""Objects encrypted with a key of KMS: who may read them must be let use the key, too.

Truth: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html and bucket-key.html (which changes
the encryption context), https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html,
https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
"""

from collections.abc import Iterator

from audit403.core.decision import REASON_NOT_COLLECTED, Missing
from audit403.s3.decide import causes
from audit403.s3.decide.layers import Layers, denies
from audit403.s3.decide.profile import Brought
from audit403.s3.decide.requirement import Requirement
from audit403.s3.decide.said import Asked, Considered, said_by
from audit403.s3.model.bucket import Bucket
from audit403.s3.model.encryption import Encryption
from audit403.s3.model.pattern import Context
from audit403.s3.model.principal import AS_EVERYBODY, BY_ACCOUNT, BY_ROLE
from audit403.s3.model.truth import Truth, every, some
from audit403.s3.model.world import World

DECRYPT, GENERATE = "kms:Decrypt", "kms:GenerateDataKey"


def key_requirements(
    world: World, asked: Asked, bucket: Bucket, encryption: Encryption | Missing, considered: list[Considered] | None
) -> Iterator[Requirement]:
    """What must hold besides, where the object is, or will be, encrypted by KMS."""
    if isinstance(encryption, Missing):
        yield Requirement(encryption, causes.KEY_REFUSES, None, "")
        return
    if not encryption.by_kms:
        return
    caller, action = asked.caller, GENERATE if asked.action == "s3:putobject" else DECRYPT
    if not caller.is_of_iam and caller.kind != "service":
        message = f"the object is encrypted by KMS, and {caller.words()} may use no key: such requests must be signed"
        yield Requirement(False, causes.KEY_REFUSES, None, message)
        return
    if not encryption.key_known:
        missing = Missing(REASON_NOT_COLLECTED, f"with which key {asked.resource} is encrypted")
        yield Requirement(missing, causes.KEY_REFUSES, None, "")
        return
    if encryption.key is None:
        same: Truth = bucket.account if isinstance(bucket.account, Missing) else caller.account == bucket.account
        message = (
            "the object is encrypted with AWS's own key for S3 (aws/s3), which other accounts and services cannot use"
        )
        yield Requirement(same, causes.KEY_REFUSES, None, message)
        return
    key, where = world.key(encryption.key), world.places.get(("kms_keys", encryption.key))
    if isinstance(key, Missing):
        yield Requirement(
            key, causes.KEY_REFUSES, where, f"the policy of the key {encryption.key} does not allow {action}"
        )
        return
    context = _context(asked, bucket, encryption)
    question = asked._replace(action=action.lower(), resource=encryption.key, context=context)
    policies = key.policy if isinstance(key.policy, Missing) else (key.policy,)
    said = said_by(policies, question, considered, of_resource=True)
    layers = Layers(world, question, key.account, considered)
    yield denies(said, causes.KEY_REFUSES, f"the policy of the key {encryption.key}")
    yield from layers.denials()
    yield from layers.around()
    if not caller.is_of_iam:
        message = f"the policy of the key {encryption.key} does not allow {action} to {caller.words()}"
        yield Requirement(said.allows(AS_EVERYBODY), causes.KEY_REFUSES, where, message)
        return
    message = f"neither the policy of the key {encryption.key} nor a policy of the caller allows {action}"
    by_identity = every((said.allows(BY_ACCOUNT), layers.identity_allows()))
    if caller.account == key.account:
        yield Requirement(some((said.allows(BY_ROLE), by_identity)), causes.KEY_REFUSES, where, message)
    else:
        yield Requirement(by_identity, causes.KEY_REFUSES, where, message)
    yield from layers.limits(said, caller.account == key.account)


def _context(asked: Asked, bucket: Bucket, encryption: Encryption) -> Context:
    """What S3 brings for conditions when it asks for the key in the caller's name, beside what the caller brings."""
    via: tuple[str, ...] | Missing = Missing(REASON_NOT_COLLECTED, f"the region of the bucket {bucket.name}")
    if bucket.region is not None:
        via = (f"s3.{bucket.region}.amazonaws.com",)
    more: dict[str, tuple[str, ...] | Missing] = {
        "kms:viaservice": via,
        "kms:encryptioncontextkeys": ("aws:s3:arn",),
        "kms:encryptioncontext:aws:s3:arn": _encryption_context(asked, bucket, encryption),
    }
    if asked.caller.account is not None:
        more["kms:calleraccount"] = (asked.caller.account,)
    more = {name: value for name, value in more.items() if name not in asked.context}
    if isinstance(asked.context, Brought):
        return asked.context.having(more)
    return {**asked.context, **more}


def _encryption_context(asked: Asked, bucket: Bucket, encryption: Encryption) -> tuple[str, ...] | Missing:
    """The ARN of the object, or with a bucket key that of the bucket."""
    by_bucket = encryption.bucket_key
    if by_bucket is None and asked.action != "s3:putobject":
        return Missing(REASON_NOT_COLLECTED, f"whether {asked.resource} is encrypted with a bucket key")
    return (bucket.arn,) if by_bucket else (asked.resource,)
