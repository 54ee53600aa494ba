"""The access points of an account whose buckets are looked at, with their policies.

Truth: https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_ListAccessPoints.html, …GetAccessPoint.html and
…GetAccessPointPolicy.html. They belong to a region, and are listed there.
"""

from collections.abc import Iterator
from typing import Any

from audit403.core.named_tuple import NamedTuple
from audit403.s3.live.bucket import document
from audit403.s3.live.call import NotCollected, call, items
from audit403.s3.live.client import Clients
from audit403.s3.live.record import Record

_PAGE = 1000
_NO_POLICY = frozenset(("NoSuchAccessPointPolicy",))


class Point(NamedTuple):
    """One that was listed."""

    arn: str
    name: str
    bucket: str
    region: str


def list_points(clients: Clients, account: str, region: str, buckets: frozenset[str]) -> list[Point]:
    """Those of a region that lead to one of some buckets. Raises NotCollected."""
    found = []
    for page in _pages(clients.of("s3control", region), account):
        for one in items(page, "AccessPointList", "ListAccessPoints"):
            arn, name, bucket = (one.get(key) for key in ("AccessPointArn", "Name", "Bucket"))
            if isinstance(arn, str) and isinstance(name, str) and bucket in buckets:
                found.append(Point(arn, name, bucket, region))
    return found


def _pages(client: Any, account: str) -> Iterator[dict[str, Any]]:
    """The pages of the list, for which boto3 has no paginator. A token that comes again would never end it."""
    asked: dict[str, Any] = {"AccountId": account, "MaxResults": _PAGE}
    seen: set[Any] = set()
    while True:
        page = call(client, "list_access_points", "s3:ListAccessPoints", **asked)
        yield page
        token = page.get("NextToken")
        if not token:
            return
        if token in seen:
            raise NotCollected("the answer to ListAccessPoints is not to be understood")
        seen.add(token)
        asked["NextToken"] = token


def collect_point(clients: Clients, account: str, point: Point) -> Record:
    """What decides at one of them. Raises NotCollected where not even its settings are known."""
    client = clients.of("s3control", point.region)
    settings = call(client, "get_access_point", "s3:GetAccessPoint", AccountId=account, Name=point.name)
    record = Record()
    record.state |= {"bucket": point.bucket, "account": account, "vpc": _vpc(settings)}
    block = settings.get("PublicAccessBlockConfiguration")
    if isinstance(block, dict):
        record.state["public_access_block"] = block
    else:
        record.gaps["Block Public Access"] = "the answer to GetAccessPoint does not say it"

    def policy() -> Any:
        parameters = {"AccountId": account, "Name": point.name}
        answer = call(client, "get_access_point_policy", "s3:GetAccessPointPolicy", _NO_POLICY, **parameters)
        return document(answer.get("Policy"), "GetAccessPointPolicy")

    record.take("policy", "the policy", policy)
    return record


def _vpc(settings: dict[str, Any]) -> str | None:
    if settings.get("NetworkOrigin") != "VPC":
        return None
    found = (settings.get("VpcConfiguration") or {}).get("VpcId")
    if not isinstance(found, str):
        raise NotCollected("the answer to GetAccessPoint does not say from which VPC it takes requests")
    return found
