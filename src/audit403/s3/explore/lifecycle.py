"""Objects that are meant to be read at any time, and that a lifecycle rule archives.

Truth: https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html: of an
archived object GET answers 403, InvalidObjectState, till it is restored.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from audit403.core.fact import DocumentFault
from audit403.core.place import StatementPlace
from audit403.s3.explore.samples import sample_resource
from audit403.s3.model.bucket import Bucket
from audit403.s3.model.policy import ALLOW, Policy, Statement
from audit403.s3.model.resource import resource_of

if TYPE_CHECKING:
    from audit403.s3.site import S3Site

FAMILY, ARCHIVES = "s3", "archived-by-lifecycle"
_GET = "s3:getobject"
_CLOUDFRONT = ("cloudfront.amazonaws.com", "CloudFront Origin Access Identity")


def archived(site: "S3Site", bucket: Bucket) -> Iterator[DocumentFault]:
    """The fault of each rule that takes from visitors, or from CloudFront, all that a statement opens to them."""
    for number, rule in enumerate(bucket.archiving):
        statement = _for_readers(bucket, rule.prefix)
        if statement is not None:
            what = f"below {rule.prefix}" if rule.prefix else "whatever it is"
            message = (
                f"an object of {bucket.name}, {what}, is archived after {rule.days} days ({rule.storage_class}), and "
                f"from then on answered with 403 to those whom statement {statement.name} lets read it"
            )
            where = site.world.places.get(("buckets", bucket.name, "lifecycle", number))
            yield DocumentFault(
                FAMILY, ARCHIVES, where or StatementPlace(bucket.name, "", "bucket"), message, statement
            )


def _for_readers(bucket: Bucket, prefix: str) -> Statement | None:
    """A statement for everybody, or for CloudFront, of which all that it names lies below a prefix."""
    policy = bucket.policy
    for statement in policy.statements if isinstance(policy, Policy) else ():
        if statement.effect != ALLOW or not statement.is_about(_GET) or statement.is_not_resource:
            continue
        named = statement.named
        if named is None or not (
            named.everybody or any(mark in text for _, text in named.written for mark in _CLOUDFRONT)
        ):
            continue
        keys = [resource_of(sample_resource(text)) for text in statement.resources or ()]
        own = [one.key for one in keys if one.bucket == bucket.name and one.key is not None]
        if own and all(key.startswith(prefix) for key in own):
            return statement
    return None
