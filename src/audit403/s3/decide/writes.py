"""What a request brings that is refused for itself: public ACLs under Block Public Access, ACLs that are disabled.

Truth: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html and
about-object-ownership.html.
"""

from collections.abc import Iterator

from audit403.core.decision import Missing
from audit403.s3.decide import causes
from audit403.s3.decide.authorize import Target
from audit403.s3.decide.requirement import Requirement
from audit403.s3.decide.said import Asked
from audit403.s3.model.access_list import PUBLIC, access_list_of, is_public
from audit403.s3.model.bucket import ENFORCED, Bucket
from audit403.s3.model.pattern import Context
from audit403.s3.model.public_access_block import BLOCK_ACLS, BLOCK_POLICY, effect
from audit403.s3.model.truth import Truth, negated, some
from audit403.s3.model.world import World

WITH_ACL = frozenset(
    ("s3:putobject", "s3:putobjectacl", "s3:putobjectversionacl", "s3:putbucketacl", "s3:createbucket")
)
_GRANTS = tuple(f"s3:x-amz-grant-{kind}" for kind in ("read", "write", "read-acp", "write-acp", "full-control"))
_CUSTOMER_KEY = "s3:x-amz-server-side-encryption-customer-algorithm"
_CANNED = "s3:x-amz-acl"
#: What a bucket without ACLs still takes, because it changes nothing.
_HARMLESS = "bucket-owner-full-control"


def blocked_writes(world: World, asked: Asked, target: Target) -> Iterator[Requirement]:
    """That no flag refuses what the request brings."""
    bucket = target.bucket
    if bucket is None:
        return
    if asked.action == "s3:putobject" and asked.context.get(_CUSTOMER_KEY):
        yield _customer_key(world, bucket)
    if asked.action in WITH_ACL:
        public = _brings_public_acl(asked.context)
        if public is not False:
            flag = effect(BLOCK_ACLS, target.levels(world))
            where = world.block_place(bucket, BLOCK_ACLS, flag.level)
            message = f"the request brings a public ACL, which BlockPublicAcls of {flag.level} refuses"
            both = negated(flag.is_on) if public is True else public if flag.is_on is not False else True
            yield Requirement(both, causes.PUBLIC_ACL_BLOCKED, where, message)
    if asked.action in ("s3:putbucketpolicy", "s3:putaccesspointpolicy"):
        flag = effect(BLOCK_POLICY, target.levels(world))
        if flag.is_on is not False:
            missing = Missing("not-collected", "whether the policy that is put is public")
            yield Requirement(missing, causes.PUBLIC_POLICY_BLOCKED, None, "")


def _customer_key(world: World, bucket: Bucket) -> Requirement:
    encryption = bucket.encryption
    takes: Truth = encryption if isinstance(encryption, Missing) else not encryption.refuses_customer_keys
    where = world.places.get(("buckets", bucket.name, "encryption"))
    message = "the request brings a key of its own (SSE-C), and the bucket takes none"
    return Requirement(takes, causes.CUSTOMER_KEY_BLOCKED, where, message)


def acls_disabled(asked: Asked, target: Target) -> Truth:
    """Whether the request brings an ACL that is refused with 400, because the bucket has none."""
    bucket = target.bucket
    if bucket is None or asked.action not in WITH_ACL:
        return False
    canned = asked.context.get(_CANNED)
    if isinstance(canned, Missing):
        return canned
    brings = bool(canned) and canned != (_HARMLESS,)
    if not brings and not any(asked.context.get(name) for name in _GRANTS):
        return False
    return bucket.ownership if isinstance(bucket.ownership, Missing) else bucket.ownership == ENFORCED


def _brings_public_acl(context: Context) -> Truth:
    found: list[Truth] = []
    canned = context.get(_CANNED)
    if isinstance(canned, Missing):
        found.append(canned)
    elif canned:
        grants = access_list_of(canned[0])
        found.append(grants is not None and is_public(grants))
    for name in _GRANTS:
        given = context.get(name)
        if isinstance(given, Missing):
            found.append(given)
        elif given:
            found.append(any(group in value for value in given for group in PUBLIC))
    return some(found)
