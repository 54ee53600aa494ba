"""What S3 does not take of documents because of Block Public Access: public policies, and public ACLs.

Truth: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html. Of what is
recorded the policy is in place already, and where RestrictPublicBuckets is on as well it lets in nobody anyway.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from audit403.core.decision import Missing
from audit403.core.fact import DocumentFault
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Place
from audit403.s3.model.access_list import AccessList
from audit403.s3.model.access_list import is_public as is_public_list
from audit403.s3.model.bucket import ENFORCED, Bucket, StoredObject
from audit403.s3.model.policy import Policy, Statement
from audit403.s3.model.public_access_block import BLOCK_ACLS, BLOCK_POLICY, IGNORE_ACLS, RESTRICT, effect
from audit403.s3.model.public_policy import public_statement
from audit403.s3.read.policy_file import STATE

if TYPE_CHECKING:
    from audit403.s3.site import S3Site

FAMILY, NOT_TAKEN, TOO_EARLY = "s3", "public-policy-not-taken", "policy-before-public-access-block"
ACL_NOT_TAKEN = "public-acl-not-taken"
_APPLIED = "Terraform state"


class PublicAcl(NamedTuple):
    """The subject of a fault: a public ACL of a bucket, or of the object `key`; `where` says it."""

    bucket: Bucket
    key: str | None
    where: Place | None


def not_taken(site: "S3Site", bucket: Bucket) -> Iterator[DocumentFault]:
    """The faults of one bucket's policy and of its ACL."""
    if site.described.kind == STATE or site.described.kind.startswith(_APPLIED):
        return
    policy = bucket.policy
    if isinstance(policy, Policy) and bucket.is_public is True:
        public = next(one for one in policy.statements if public_statement(one) is not False)
        yield from _policy(site, bucket, public)
    if site.described.kind.startswith("Terraform"):  # a template's bucket is created with its ACL: the answer is 400
        yield from _access_lists(site, bucket)


def _policy(site: "S3Site", bucket: Bucket, public: Statement) -> Iterator[DocumentFault]:
    levels = (bucket.block, site.world.block_of_account(bucket))
    blocked = effect(BLOCK_POLICY, levels)
    if blocked.is_on is True and effect(RESTRICT, levels).is_on is not True:
        message = (
            f"S3 does not take the policy of {bucket.name} (403 for PutBucketPolicy): statement {public.name} makes it "
            f"public, and BlockPublicPolicy of {blocked.level} is on"
        )
        where = site.world.block_place(bucket, BLOCK_POLICY, blocked.level)
        yield DocumentFault(FAMILY, NOT_TAKEN, where, message, public)
    place = site.world.places.get(("buckets", bucket.name, "policy_may_come_first"))
    reaches_all = blocked.is_on is False and effect(RESTRICT, levels).is_on is False
    if reaches_all and bucket.policy_may_come_first and place is not None:
        message = (
            f"the policy of {bucket.name} may be put before BlockPublicPolicy is off, and then S3 does not take it "
            f"(403 for PutBucketPolicy): nothing says which comes first, every new bucket has it on, and statement "
            f"{public.name} makes the policy public"
        )
        yield DocumentFault(FAMILY, TOO_EARLY, place, message, public)


def _access_lists(site: "S3Site", bucket: Bucket) -> Iterator[DocumentFault]:
    """Those of the bucket and of what is uploaded; where they do not count either, that is told by another rule."""
    at = ("buckets", bucket.name)
    if _is_public(bucket.access_list):
        yield from _access_list(site, PublicAcl(bucket, None, site.world.places.get((*at, "acl"))))
    for key in bucket.known_keys():
        stored = bucket.object(key)
        if isinstance(stored, StoredObject) and _is_public(stored.access_list):
            yield from _access_list(site, PublicAcl(bucket, key, site.world.places.get((*at, "objects", key))))


def _is_public(grants: AccessList | Missing) -> bool:
    return not isinstance(grants, Missing) and is_public_list(grants)


def _access_list(site: "S3Site", acl: PublicAcl) -> Iterator[DocumentFault]:
    bucket = acl.bucket
    levels = (bucket.block, site.world.block_of_account(bucket))
    blocked, ignored = effect(BLOCK_ACLS, levels), effect(IGNORE_ACLS, levels)
    if bucket.ownership == ENFORCED or isinstance(bucket.ownership, Missing) or blocked.is_on is not True:
        return  # of ACLs that are disabled the answer is 400
    if ignored.is_on is True:
        return
    whose, operation = (f"{acl.key} in {bucket.name}", "PutObject") if acl.key else (bucket.name, "PutBucketAcl")
    message = (
        f"S3 does not take the ACL of {whose} (403 for {operation}): it is public, and BlockPublicAcls of "
        f"{blocked.level} is on"
    )
    where = site.world.block_place(bucket, BLOCK_ACLS, blocked.level)
    yield DocumentFault(FAMILY, ACL_NOT_TAKEN, acl.where or where, message, acl)
