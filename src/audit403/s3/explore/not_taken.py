"""A public policy that S3 does not take: BlockPublicPolicy refuses the call that would put it.

Truth: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html. Of what is
recorded the policy is in place already, and where RestrictPublicBuckets is on as well it lets in nobody anyway.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from audit403.core.fact import DocumentFault
from audit403.s3.model.policy import Policy
from audit403.s3.model.public_access_block import BLOCK_POLICY, RESTRICT, effect
from audit403.s3.model.public_policy import public_statement
from audit403.s3.model.world import Bucket
from audit403.s3.read.policy_file import STATE

if TYPE_CHECKING:
    from audit403.s3.site import S3Site

FAMILY, NOT_TAKEN = "s3", "public-policy-not-taken"


def not_taken(site: "S3Site", bucket: Bucket) -> Iterator[DocumentFault]:
    """The fault of one bucket's policy, where it has it."""
    policy = bucket.policy
    if site.described.kind == STATE or not isinstance(policy, Policy) or bucket.is_public is not True:
        return
    levels = (bucket.block, site.world.block_of_account(bucket))
    blocked = effect(BLOCK_POLICY, levels)
    if blocked.is_on is not True or effect(RESTRICT, levels).is_on is True:
        return
    public = next(one for one in policy.statements if public_statement(one) is not False)
    message = (
        f"S3 does not take the policy of {bucket.name} (403 for PutBucketPolicy): statement {public.name} makes it "
        f"public, and BlockPublicPolicy of {blocked.level} is on"
    )
    where = site.world.block_place(bucket, BLOCK_POLICY, blocked.level)
    yield DocumentFault(FAMILY, NOT_TAKEN, where, message, public)
