"""What in a template tells services of AWS to write into a bucket.

Truth: the resources' pages in https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/.
"""

from audit403.s3.model.delivery import ACCESS_LOGS, BALANCER, BALANCERS, INVENTORY, OF_CONFIG, RECORDER, TRAIL
from audit403.s3.read.cloudformation.references import arn_of, name_of, open_region
from audit403.s3.read.cloudformation.template import Template
from audit403.s3.read.stack import Stack
from audit403.s3.read.value import Value, text_of, truth_of

_ATTRIBUTES = "access_logs.s3."


def of_bucket(template: Template, stack: Stack, logical: str) -> None:
    """Access logs and inventories of a bucket."""
    logging = template.property(logical, "LoggingConfiguration")
    if logging is not None and not logging.is_hole:
        target = text_of(logging.get("DestinationBucketName")) or name_of(template, logical)
        prefix = text_of(logging.get("LogFilePrefix"))
        stack.delivery(ACCESS_LOGS, target, prefix, arn_of(template, logical), logging.span)
    inventories = template.property(logical, "InventoryConfigurations")
    for one in [] if inventories is None else inventories.each():
        listed, prefix = text_of(one.get("Destination", "BucketArn")), text_of(one.get("Destination", "Prefix"))
        stack.delivery(INVENTORY, listed, prefix, arn_of(template, logical), one.span)


def trail(template: Template, stack: Stack, logical: str) -> None:
    """A trail of CloudTrail."""
    name = text_of(template.property(logical, "TrailName"))
    source = None if name is None else f"arn:aws:cloudtrail:{open_region()}:{stack.account}:trail/{name}"
    bucket = text_of(template.property(logical, "S3BucketName"))
    prefix = text_of(template.property(logical, "S3KeyPrefix"))
    organization = template.property(logical, "IsOrganizationTrail")
    stack.delivery(TRAIL, bucket, prefix, source, template.where(logical))
    if bucket is not None and organization is not None and truth_of(organization) is not False:
        stack.state["deliveries"][-1]["of_organization"] = True


def balancer(template: Template, stack: Stack, logical: str) -> None:
    """An application or a network load balancer, whose attributes are names with values."""
    kind = text_of(template.property(logical, "Type")) or "application"
    attributes = template.property(logical, "LoadBalancerAttributes")
    said: dict[str, Value | None] = {}
    for one in [] if attributes is None or attributes.is_hole else attributes.each():
        said[(text_of(one.get("Key")) or "").removeprefix(_ATTRIBUTES)] = one.get("Value")
    bucket = said.get("bucket")
    if kind in BALANCERS and bucket is not None and truth_of(said.get("enabled")) is True:
        stack.delivery(BALANCERS[kind], text_of(bucket), text_of(said.get("prefix")), None, bucket.span)


def recorder(template: Template, stack: Stack, logical: str) -> None:
    """AWS Config, where it writes by its service-linked role: by any other role that role's own policies count."""
    kind = "AWS::Config::ConfigurationRecorder"
    recorders = [one for one in template.resources if template.type_of(one) == kind and template.is_created(one)]
    roles = [text_of(template.property(one, "RoleARN")) or "" for one in recorders]
    if roles and all(OF_CONFIG in one for one in roles):
        bucket, prefix = (text_of(template.property(logical, name)) for name in ("S3BucketName", "S3KeyPrefix"))
        stack.delivery(RECORDER, bucket, prefix, None, template.where(logical))


def classic_balancer(template: Template, stack: Stack, logical: str) -> None:
    """A classic load balancer."""
    policy = template.property(logical, "AccessLoggingPolicy")
    if policy is not None and not policy.is_hole and truth_of(policy.get("Enabled")) is True:
        bucket, prefix = text_of(policy.get("S3BucketName")), text_of(policy.get("S3BucketPrefix"))
        stack.delivery(BALANCER, bucket, prefix, None, policy.span)
