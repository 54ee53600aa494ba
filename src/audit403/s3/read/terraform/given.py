"""What AWS gives to resources: names, ARNs and domains that follow from what is written, and holes for numbers.

Truth: the section "Attribute Reference" of each resource in
https://registry.terraform.io/providers/hashicorp/aws/latest/docs.
"""

from typing import TYPE_CHECKING, Any

from audit403.s3.read.described import ACCOUNT, hole, open_hole
from audit403.s3.read.distribution import MANAGED_NAMES
from audit403.s3.read.stack import principal_arn
from audit403.s3.read.value import Hole, text_of

if TYPE_CHECKING:
    from audit403.s3.read.terraform.instance import Instance

REGION = open_hole("region")
_OF_BUCKET = frozenset(
    (
        "aws_s3_bucket_policy", "aws_s3_bucket_public_access_block", "aws_s3_bucket_ownership_controls",
        "aws_s3_bucket_acl", "aws_s3_bucket_website_configuration", "aws_s3_bucket_versioning",
        "aws_s3_bucket_server_side_encryption_configuration", "aws_s3_bucket_cors_configuration",
        "aws_s3_bucket_logging", "aws_s3_bucket_lifecycle_configuration",
    )
)  # fmt: skip
_IAM = {"aws_iam_role": "role", "aws_iam_user": "user", "aws_iam_policy": "policy", "aws_iam_group": "group"}
_PLACES: dict[str, dict[str, Any]] = {
    "aws_partition": {"partition": "aws", "id": "aws", "dns_suffix": "amazonaws.com"},
    "aws_region": {"name": Hole("region"), "region": Hole("region"), "id": Hole("region")},
}


def computed(instance: "Instance", name: str) -> Any:
    """An attribute that nobody writes; None where what is written counts."""
    kind, address = instance.type, instance.address
    if instance.mode == "data":
        return _of_data(instance, name)
    if kind in ("aws_s3_bucket", "aws_s3_directory_bucket"):
        return _of_bucket(bucket_name(instance), name)
    if kind in _OF_BUCKET and name in ("id", "website_endpoint"):
        bucket = text_of(instance.attribute("bucket")) or ""
        return bucket if name == "id" else f"{bucket}.s3-website-{REGION}.amazonaws.com"
    if kind in _IAM:
        return _of_iam(instance, name)
    if kind == "aws_kms_key":
        arn = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{hole(address)}"
        return {"arn": arn, "id": hole(address), "key_id": hole(address)}.get(name)
    if kind == "aws_cloudfront_distribution":
        arn = f"arn:aws:cloudfront::{ACCOUNT}:distribution/{hole(address)}"
        return {"arn": arn, "id": hole(address)}.get(name)
    if kind in ("aws_cloudfront_origin_access_control", "aws_cloudfront_origin_request_policy"):
        return hole(address) if name == "id" else None
    if kind == "aws_cloudfront_origin_access_identity":
        given = {
            "id": hole(address),
            "iam_arn": f"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity {hole(address)}",
            "cloudfront_access_identity_path": f"origin-access-identity/cloudfront/{hole(address)}",
        }
        return given.get(name)
    if kind == "aws_s3_access_point":
        arn = f"arn:aws:s3:{REGION}:{ACCOUNT}:accesspoint/{text_of(instance.written('name')) or hole(address)}"
        return {"arn": arn, "id": arn}.get(name)
    return None


def bucket_name(instance: "Instance") -> str:
    """The name of a bucket: as it is written, or a hole."""
    return text_of(instance.written("bucket")) or hole(instance.address)


def _of_bucket(bucket: str, name: str) -> str | None:
    given = {
        "id": bucket,
        "bucket": bucket,
        "arn": f"arn:aws:s3:::{bucket}",
        "bucket_domain_name": f"{bucket}.s3.amazonaws.com",
        "bucket_regional_domain_name": f"{bucket}.s3.{REGION}.amazonaws.com",
        "website_endpoint": f"{bucket}.s3-website-{REGION}.amazonaws.com",
    }
    return given.get(name)


def _of_iam(instance: "Instance", name: str) -> str | None:
    own = text_of(instance.written("name")) or hole(instance.address)
    if name == "arn" or (name == "id" and instance.type == "aws_iam_policy"):
        path = text_of(instance.written("path")) or "/"
        return principal_arn(ACCOUNT, _IAM[instance.type], own, path)
    return own if name in ("id", "name") else None


def _of_data(instance: "Instance", name: str) -> Any:
    kind = instance.type
    if kind == "aws_caller_identity" and name in ("account_id", "id"):
        # Another provider may be another region of the same account, or another account.
        return None if "provider" in instance.placed.block.body.attributes else ACCOUNT
    if kind in _PLACES:
        return _PLACES[kind].get(name)
    if kind == "aws_s3_bucket":
        bucket = text_of(instance.written("bucket"))
        return None if bucket is None else _of_bucket(bucket, name)
    if kind in ("aws_iam_role", "aws_iam_user") and name == "arn":
        own = text_of(instance.written("name"))
        return None if own is None else principal_arn(ACCOUNT, _IAM[kind], own)
    if kind == "aws_cloudfront_origin_request_policy" and name == "id":
        return MANAGED_NAMES.get(text_of(instance.written("name")) or "")
    if kind == "aws_cloudfront_distribution" and name == "arn":
        id_ = text_of(instance.written("id"))
        return None if id_ is None else f"arn:aws:cloudfront::{ACCOUNT}:distribution/{id_}"
    if kind == "aws_canonical_user_id" and name == "id":
        return Hole("the account's canonical id", is_open=False)
    return None
