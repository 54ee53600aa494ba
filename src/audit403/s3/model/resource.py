"""What the ARN of a resource names: a bucket, an object, something behind an access point, or nothing of S3.

Truth: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html, "Resource types".
"""

import re

from audit403.core.named_tuple import NamedTuple

_BUCKET = re.compile(r"arn:(aws[^:]*):s3:::([^/]+)(?:/(.*))?\Z", re.DOTALL)
_POINT = re.compile(r"(arn:(aws[^:]*):s3:[^:]*:[^:]*:accesspoint/[^/]+)(?:/object/(.*))?\Z", re.DOTALL)


class Resource(NamedTuple):
    """`bucket` is a name, `point` the ARN of an access point; `key` None means no object."""

    partition: str
    bucket: str | None
    key: str | None
    point: str | None = None


def resource_of(arn: str) -> Resource:
    """What an ARN names."""
    found = _BUCKET.match(arn)
    if found is not None:
        return Resource(found[1], found[2], found[3])
    found = _POINT.match(arn)
    if found is not None:
        return Resource(found[2], None, found[3], found[1])
    return Resource("aws", None, None)
