"""Services of AWS that are told to write into a bucket: what each asks for, and as whom.

Truth: https://docs.aws.amazon.com/AmazonS3/latest/userguide/: enable-server-access-logging.html and
configure-inventory.html;
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html,
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html and
…/network/enable-access-logs.html, https://docs.aws.amazon.com/config/latest/developerguide/s3-bucket-policy.html.
"""

from collections.abc import Iterator
from typing import Any

from audit403.core.decision import REASON_NOT_COLLECTED, Missing
from audit403.core.named_tuple import NamedTuple
from audit403.s3.model.holes import HOLE_START, OPEN_END, is_open
from audit403.s3.model.pattern import Context

ACCESS_LOGS, INVENTORY, TRAIL, BALANCER = "access-logs", "inventory", "trail", "load-balancer"
NETWORK, RECORDER = "network-load-balancer", "configuration-recorder"
_SERVICES = {
    ACCESS_LOGS: "logging.s3.amazonaws.com",
    INVENTORY: "s3.amazonaws.com",
    TRAIL: "cloudtrail.amazonaws.com",
    BALANCER: "logdelivery.elasticloadbalancing.amazonaws.com",
    NETWORK: "delivery.logs.amazonaws.com",
    RECORDER: "config.amazonaws.com",
}
_WORDS = {
    ACCESS_LOGS: "S3's access logs",
    INVENTORY: "S3 Inventory's lists",
    TRAIL: "CloudTrail's logs",
    BALANCER: "the load balancer's access logs",
    NETWORK: "the network load balancer's access logs",
    RECORDER: "AWS Config's records",
}
#: Directory buckets have a service of their own, s3express.amazonaws.com, and ARNs of another kind.
_OF_DIRECTORY = "--x-s3"
BALANCERS = {"application": BALANCER, "network": NETWORK}
"""What writes the logs of a load balancer of each type."""
OF_CONFIG = "AWSServiceRoleForConfig"
"""The service-linked role of AWS Config: with it, the service itself asks."""
_OWNER_MAY_ALL = ("bucket-owner-full-control",)


class Delivery(NamedTuple):
    """One that is told to write: `bucket` is where, `prefix` what the keys begin with, `source` the ARN for which."""

    number: int
    kind: str
    bucket: str
    prefix: str
    source: str | None
    account: str
    of_organization: bool

    @property
    def service(self) -> str:
        """As whom it asks."""
        return _SERVICES[self.kind]

    @property
    def words(self) -> str:
        """What it writes."""
        return _WORDS[self.kind]

    def asks(self) -> Iterator[tuple[str, str]]:
        """The actions, each with the key that it is about; empty for the bucket itself."""
        if self.kind in (TRAIL, NETWORK, RECORDER):
            yield "s3:GetBucketAcl", ""
        if self.kind == RECORDER:
            yield "s3:ListBucket", ""
        if not self.of_organization:
            yield "s3:PutObject", self._key()

    def _key(self) -> str:
        if self.kind == ACCESS_LOGS:
            return f"{self.prefix}2026-11-23-13-00-00-0123456789ABCDEF"
        start = f"{self.prefix.rstrip('/')}/" if self.prefix else ""
        if self.kind == INVENTORY:
            return f"{start}{(self.source or '').rpartition(':')[2]}/list/data/0123.csv.gz"
        what = {TRAIL: "CloudTrail", RECORDER: "Config"}.get(self.kind, "elasticloadbalancing")
        return f"{start}AWSLogs/{self.account}/{what}/eu-west-1/2026/11/23/0123.gz"

    def of_any_account(self) -> "Delivery":
        """The same where the account is not known before it is deployed, and may be any."""
        if not self.account.startswith(HOLE_START):
            return self
        account = f"{HOLE_START}account{OPEN_END}"
        source = None if self.source is None else self.source.replace(self.account, account)
        return self._replace(account=account, source=source)

    def context(self, action: str) -> Context:
        """What it brings for conditions beside what every service brings."""
        missing = Missing(REASON_NOT_COLLECTED, f"for what {self.service} asks")
        found: dict[str, tuple[str, ...] | Missing] = {
            "aws:sourcearn": missing if self.source is None or is_open(self.source) else (self.source,),
            "aws:sourceaccount": missing if is_open(self.account) else (self.account,),
        }
        if action == "s3:PutObject" and self.kind != ACCESS_LOGS:
            found["s3:x-amz-acl"] = _OWNER_MAY_ALL
        if self.kind != ACCESS_LOGS:
            found["s3:x-amz-server-side-encryption"] = Missing(REASON_NOT_COLLECTED, "with what the logs are encrypted")
        return found


def deliveries_of(written: Any) -> tuple[Delivery, ...]:
    """Those of a state."""
    every = enumerate(written if isinstance(written, list) else [])
    return tuple(found for found in (_delivery(number, one) for number, one in every) if found is not None)


def _delivery(number: int, written: Any) -> Delivery | None:
    told = written if isinstance(written, dict) else {}
    kind, bucket, prefix, source, account = map(told.get, ("kind", "bucket", "prefix", "source", "account"))
    if not isinstance(kind, str) or kind not in _SERVICES or not isinstance(bucket, str):
        return None
    return Delivery(
        number,
        kind,
        bucket,
        prefix if isinstance(prefix, str) else "",
        source if isinstance(source, str) else None,
        account if isinstance(account, str) else "",
        told.get("of_organization") is True,
    )
