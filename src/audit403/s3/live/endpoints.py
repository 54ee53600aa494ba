"""The VPC endpoints of S3 in a region, with their policies: they bind the requests that come through them.

Truth: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcEndpoints.html.
"""

from typing import Any

from audit403.s3.live.bucket import document
from audit403.s3.live.call import items, pages
from audit403.s3.live.client import Clients

_SERVICES = ("com.amazonaws.{region}.s3", "cn.com.amazonaws.{region}.s3")


def collect_endpoints(clients: Clients, region: str) -> dict[str, Any]:
    """By id: the policy, and the VPC. Raises NotCollected."""
    names = [service.format(region=region) for service in _SERVICES]
    found: dict[str, Any] = {}
    filters = [{"Name": "service-name", "Values": names}]
    permission = "ec2:DescribeVpcEndpoints"
    for page in pages(clients.of("ec2", region), "describe_vpc_endpoints", permission, Filters=filters):
        for one in items(page, "VpcEndpoints", "DescribeVpcEndpoints"):
            name = one.get("VpcEndpointId")
            if isinstance(name, str) and one.get("PolicyDocument"):
                policy = document(one["PolicyDocument"], "DescribeVpcEndpoints")
                found[name] = {"policy": policy, "vpc": one.get("VpcId")}
    return found
