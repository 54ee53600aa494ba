"""What in Terraform's resources tells services of AWS to write into a bucket.

Truth: https://registry.terraform.io/providers/hashicorp/aws/latest/docs; blocks are lists of objects, as in plans.
"""

from audit403.core.place import Span
from audit403.s3.model.delivery import ACCESS_LOGS, BALANCERS, INVENTORY, RECORDER, TRAIL
from audit403.s3.read.stack import Stack
from audit403.s3.read.terraform.given import REGION
from audit403.s3.read.value import Value, text_of, truth_of


def access_logs(stack: Stack, bucket: str, values: Value, where: Span | None) -> None:
    """Those of a bucket; the values are those of a resource, or of a block of the bucket's own."""
    target, prefix = text_of(values.get("target_bucket")), text_of(values.get("target_prefix"))
    stack.delivery(ACCESS_LOGS, target, prefix, f"arn:aws:s3:::{bucket}", where)


def inventory(stack: Stack, bucket: str, values: Value, where: Span | None) -> None:
    """The lists of a bucket."""
    target = text_of(values.get("destination", "bucket", "bucket_arn"))
    prefix = text_of(values.get("destination", "bucket", "prefix"))
    stack.delivery(INVENTORY, target, prefix, f"arn:aws:s3:::{bucket}", where)


def trail(stack: Stack, values: Value, where: Span | None) -> None:
    """A trail of CloudTrail."""
    name, bucket = text_of(values.get("name")), text_of(values.get("s3_bucket_name"))
    source = None if name is None else f"arn:aws:cloudtrail:{REGION}:{stack.account}:trail/{name}"
    organization = values.get("is_organization_trail")
    stack.delivery(TRAIL, bucket, text_of(values.get("s3_key_prefix")), source, where)
    if bucket is not None and organization is not None and truth_of(organization) is not False:
        stack.state["deliveries"][-1]["of_organization"] = True


def balancer(stack: Stack, values: Value, where: Span | None, *, is_classic: bool) -> None:
    """An application or a network load balancer, or a classic one."""
    logs, kind = values.get("access_logs"), text_of(values.get("load_balancer_type")) or "application"
    if logs is None or not logs.each() or kind not in BALANCERS:
        return
    enabled = logs.get("enabled")
    if truth_of(enabled) is True or (enabled is None and is_classic):
        stack.delivery(BALANCERS[kind], text_of(logs.get("bucket")), text_of(logs.get("prefix")), None, where)


def recorder(stack: Stack, values: Value, where: Span | None) -> None:
    """AWS Config, where it writes by its service-linked role."""
    stack.delivery(RECORDER, text_of(values.get("s3_bucket_name")), text_of(values.get("s3_key_prefix")), None, where)
