"""The keys of KMS with which buckets, or objects that were looked at, are encrypted; and their policies.

Truth: https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyPolicy.html and …DescribeKey.html. A bucket may
name its key by id or alias; in the state it has its ARN.
"""

from collections.abc import Iterator
from typing import Any

from audit403.core.named_tuple import NamedTuple
from audit403.s3.live.bucket import document
from audit403.s3.live.call import NotCollected, call
from audit403.s3.live.client import Clients
from audit403.s3.live.record import Record
from audit403.s3.model.encryption import Encryption, encryption_of

_KEY = ":key/"


class Use(NamedTuple):
    """Where a state names a key: `holder[field]`; the key as it is named there, and the region of the bucket."""

    holder: dict[str, Any]
    field: str
    name: str
    region: str


def uses_of(bucket: dict[str, Any], region: str) -> Iterator[Use]:
    """The places at which the state of a bucket names keys of an account's own."""
    rules = (bucket.get("encryption") or {}).get("Rules")
    for rule in rules if isinstance(rules, list) else ():
        inner = rule.get("ApplyServerSideEncryptionByDefault") if isinstance(rule, dict) else None
        if isinstance(inner, dict):
            yield from _use(inner, "KMSMasterKeyID", inner, region)
    for stored in (bucket.get("objects") or {}).values():
        encryption = stored.get("encryption") if isinstance(stored, dict) else None
        if isinstance(encryption, dict):
            yield from _use(encryption, "key", encryption, region)


def _use(holder: dict[str, Any], field: str, written: Any, region: str) -> Iterator[Use]:
    found = encryption_of(written)
    if isinstance(found, Encryption) and found.key is not None:
        yield Use(holder, field, found.key, region)


def collect_key(clients: Clients, account: str, name: str, region: str) -> tuple[str, Record]:
    """The ARN of a key, and its policy. Raises NotCollected."""
    arn = _arn(clients, account, name, region)
    _, partition_region, owner = arn.split(":")[2:5]
    record = Record()
    record.state["account"] = owner

    def policy() -> Any:
        if owner != account:
            raise NotCollected(f"it is of the account {owner}, which alone may read it")
        client = clients.of("kms", partition_region)
        answer = call(client, "get_key_policy", "kms:GetKeyPolicy", KeyId=arn, PolicyName="default")
        return document(answer.get("Policy"), "GetKeyPolicy")

    record.take("policy", "the policy", policy)
    return arn, record


def _arn(clients: Clients, account: str, name: str, region: str) -> str:
    if name.startswith("arn:") and _KEY in name and len(name.split(":")) == 6:
        return name
    if name.startswith("arn:"):  # of an alias, which is asked for where it is
        region = name.split(":")[3]
    elif "/" not in name:
        return f"arn:{clients.partition(region)}:kms:{region}:{account}:key/{name}"
    answer = call(clients.of("kms", region), "describe_key", "kms:DescribeKey", KeyId=name)
    found = (answer.get("KeyMetadata") or {}).get("Arn")
    if not isinstance(found, str) or len(found.split(":")) != 6:
        raise NotCollected("the answer to DescribeKey is not to be understood")
    return found
