"""What Ref and GetAtt give of resources: names and ARNs, with holes for what AWS makes up.

Truth: the section "Return values" of each resource in https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/.
"""

from typing import TYPE_CHECKING, Any

from audit403.s3.read.described import ACCOUNT, hole, open_hole
from audit403.s3.read.stack import principal_arn
from audit403.s3.read.value import Hole, Value, text_of

if TYPE_CHECKING:
    from audit403.s3.read.cloudformation.template import Template

BUCKET, POINT, KEY = "AWS::S3::Bucket", "AWS::S3::AccessPoint", "AWS::KMS::Key"
ROLE, USER, MANAGED = "AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::ManagedPolicy"
DISTRIBUTION = "AWS::CloudFront::Distribution"
ORIGIN_IDENTITY = "AWS::CloudFront::CloudFrontOriginAccessIdentity"
_REGION = open_hole("AWS.Region")
_NAMES = {
    BUCKET: "BucketName",
    POINT: "Name",
    ROLE: "RoleName",
    USER: "UserName",
    MANAGED: "ManagedPolicyName",
    "AWS::KMS::Alias": "AliasName",
}


def open_region() -> str:
    """The text that stands for the region that a template is deployed to."""
    return _REGION


def name_of(template: "Template", logical: str) -> str:
    """The name of a resource: as it is written, or a hole."""
    field = _NAMES.get(template.type_of(logical))
    written = None if field is None else text_of(template.property(logical, field))
    return written or hole(logical)


def arn_of(template: "Template", logical: str) -> str:
    """The ARN of a resource."""
    kind, name = template.type_of(logical), name_of(template, logical)
    if kind == BUCKET:
        return f"arn:aws:s3:::{name}"
    if kind == POINT:
        return f"arn:aws:s3:{_REGION}:{ACCOUNT}:accesspoint/{name}"
    if kind == KEY:
        return f"arn:aws:kms:{_REGION}:{ACCOUNT}:key/{hole(logical)}"
    if kind == DISTRIBUTION:
        return f"arn:aws:cloudfront::{ACCOUNT}:distribution/{hole(logical)}"
    kinds = {ROLE: "role", USER: "user", MANAGED: "policy"}
    if kind in kinds:
        path = text_of(template.property(logical, "Path")) or "/"
        return principal_arn(ACCOUNT, kinds[kind], name, path)
    return hole(f"{logical}.Arn")


def reference_of(template: "Template", logical: str) -> Any:
    """What {"Ref": …} gives."""
    kind = template.type_of(logical)
    if kind == MANAGED:
        return arn_of(template, logical)
    return name_of(template, logical) if kind in _NAMES else Hole(logical, is_open=False)


def attribute_of(template: "Template", logical: str, attribute: str) -> Any:
    """What {"Fn::GetAtt": …} gives."""
    kind = template.type_of(logical)
    if attribute in ("Arn", "PolicyArn"):
        return arn_of(template, logical)
    if kind == BUCKET:
        name = name_of(template, logical)
        domains = {
            "DomainName": f"{name}.s3.amazonaws.com",
            "RegionalDomainName": f"{name}.s3.{_REGION}.amazonaws.com",
            "DualStackDomainName": f"{name}.s3.dualstack.{_REGION}.amazonaws.com",
            "WebsiteURL": f"http://{name}.s3-website-{_REGION}.amazonaws.com",
        }
        if attribute in domains:
            return domains[attribute]
    if attribute in ("Id", "KeyId") and kind in (DISTRIBUTION, ORIGIN_IDENTITY, KEY):
        return Hole(logical, is_open=False)
    return Hole(f"{logical}.{attribute}", is_open=False)


def origin_identity_arn(identity: str) -> str:
    """The principal that an origin access identity is in policies."""
    return f"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity {identity}"


__all__ = ["Value", "arn_of", "attribute_of", "name_of", "open_region", "origin_identity_arn", "reference_of"]
