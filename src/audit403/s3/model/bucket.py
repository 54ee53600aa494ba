"""A bucket as a state tells of it, and its objects.

Truth: DESIGN.md, "Fixed contracts", State version 1.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from audit403.core.decision import REASON_NOT_COLLECTED, Missing
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Place
from audit403.s3.model.access_list import BUCKET_OWNER, AccessList, access_list_of
from audit403.s3.model.cors import CorsRule, cors_of
from audit403.s3.model.encryption import PLAIN, Encryption, encryption_of
from audit403.s3.model.fields import ABSENT, NO_PLACES, At, field_of, object_of, text_or_none
from audit403.s3.model.policy import Policy
from audit403.s3.model.public_access_block import Level, flags_of
from audit403.s3.model.public_policy import is_public
from audit403.s3.model.truth import Truth
from audit403.s3.model.website import Website, website_of

ENFORCED, PREFERRED, WRITER = "BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"
_ARCHIVED = ("GLACIER", "DEEP_ARCHIVE", "ARCHIVE_ACCESS", "DEEP_ARCHIVE_ACCESS")
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d\Z")
_CANONICAL = re.compile(r"[0-9a-f]{64}\Z")
AWS = "aws"
_PARTITIONS = (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"))
_OF_S3 = re.compile(r"arn:(aws(?:-[a-z]+)*):s3:::")


class StoredObject(NamedTuple):
    """One object, as far as it was collected."""

    owner: str | Missing
    access_list: AccessList | Missing
    encryption: Encryption | Missing
    archived: Truth


#: What is taken for granted of an object of which nothing was collected.
ORDINARY_OBJECT = StoredObject(BUCKET_OWNER, (), PLAIN, False)


class Archiving(NamedTuple):
    """A lifecycle rule that archives objects whose keys begin with a prefix, some days after they were put."""

    prefix: str
    days: int
    storage_class: str


class Bucket:
    """One bucket, with what was collected of it."""

    __slots__ = (
        "_objects",
        "_places",
        "_written",
        "access_list",
        "account",
        "archiving",
        "arn",
        "block",
        "canonical_id",
        "cors",
        "encryption",
        "is_public",
        "name",
        "ownership",
        "policy",
        "policy_may_come_first",
        "region",
        "requester_pays",
        "website",
    )

    def __init__(
        self,
        name: str,
        written: dict[str, Any],
        arn: str,
        places: Mapping[At, Place] = NO_PLACES,
        *,
        block_by_default: bool = False,
        account_canonical_id: str | None = None,
    ) -> None:
        self._places = places
        self.name = name
        self.arn = arn
        self._written = written
        self.region = _region(written.get("region"))
        self.account: str | Missing = self._field("account", text_or_none, "the account")
        self.policy: Policy | Missing | None = self._field("policy", self._policy, "the policy")
        on = f"the bucket {name}" + (" (on by default in every new one)" if block_by_default else "")
        self.block = Level(on, block_flags(written))
        self.ownership: str | Missing = self._field(
            "ownership", lambda value: value if isinstance(value, str) else WRITER, "object ownership"
        )
        self.canonical_id = _canonical_owner(written.get("acl")) or account_canonical_id
        self.access_list: AccessList | Missing = self._field("acl", access_list_of, "the ACL")
        self.website: Website | Missing | None = self._field("website", website_of, "the website configuration")
        self.cors: tuple[CorsRule, ...] | Missing = self._field("cors", cors_of, "the CORS configuration")
        self.requester_pays: Truth = self._field("request_payer", _is_requester, "who pays for requests")
        self.encryption: Encryption | Missing = self._field("encryption", encryption_of, "the default encryption")
        policy = self.policy
        self.is_public: Truth = policy if isinstance(policy, Missing) else policy is not None and is_public(policy)
        self.archiving = _archiving(written.get("lifecycle"))
        #: Whether nothing says that Block Public Access is set before the policy is put.
        self.policy_may_come_first = written.get("policy_may_come_first") is True
        self._objects: dict[str, StoredObject | Missing | None] = {}

    def object(self, key: str) -> StoredObject | Missing | None:
        """One of its objects; None where there is none of that name."""
        found = self._objects.get(key, ABSENT)
        if found is ABSENT:
            found = self._objects[key] = self._object(key)
        return found  # type: ignore[return-value]

    def written_policy(self) -> dict[str, Any]:
        """The policy as the state has it; empty where there is none."""
        written = self._written.get("policy")
        try:
            return object_of(json.loads(written) if isinstance(written, str) and written else written)
        except (ValueError, RecursionError):
            return {}

    def known_keys(self) -> tuple[str, ...]:
        """The keys of the objects that were collected."""
        objects = self._written.get("objects")
        return tuple(key for key, value in objects.items() if value) if isinstance(objects, dict) else ()

    def alike(self, key: str) -> int:
        """How many objects one of the collected stands for, itself included: an inventory is kept in classes.

        0 for what was not collected, or is not there.
        """
        written = object_of(object_of(self._written.get("objects")).get(key))
        count = written.get("alike", 1)
        return 0 if not written else count if isinstance(count, int) and count > 0 else 1

    def assume(self, key: str, stored: StoredObject | None) -> None:
        """Take for granted what an object is, where nothing was collected of it."""
        if isinstance(self.object(key), Missing):
            self._objects[key] = stored

    def _object(self, key: str) -> StoredObject | Missing | None:
        objects = self._written.get("objects", ABSENT)
        if objects is ABSENT or (isinstance(objects, dict) and objects and key not in objects):
            return Missing(REASON_NOT_COLLECTED, f"the object {key} of {self.name}")
        written = objects.get(key) if isinstance(objects, dict) else None
        if not isinstance(written, dict):
            return None
        what = f"of the object {key} of {self.name}"
        return StoredObject(
            self._owner(written, what),
            field_of(written, "acl", access_list_of, f"the ACL {what}"),
            field_of(written, "encryption", encryption_of, f"the encryption {what}"),
            False if written.get("restored") else _archived(written, f"the storage class {what}"),
        )

    def _owner(self, written: dict[str, Any], what: str) -> str | Missing:
        """The account that owns an object: of a canonical id it is known only whether it is the bucket's owner's."""
        owner = field_of(written, "owner", text_or_none, f"the owner {what}")
        if owner is None:
            return Missing(REASON_NOT_COLLECTED, f"the owner {what}")
        if isinstance(owner, Missing) or not _CANONICAL.match(owner):
            return owner  # type: ignore[no-any-return]
        if self.canonical_id is None:
            return Missing(REASON_NOT_COLLECTED, f"whether the owner {what} is that of the bucket")
        return BUCKET_OWNER if owner == self.canonical_id else owner

    def _field(self, name: str, parse: Any, what: str) -> Any:
        return field_of(self._written, name, parse, f"{what} of the bucket {self.name}")

    def _policy(self, written: Any) -> Policy | None:
        if written is None or written in ([], {}, ""):
            return None
        at = ("buckets", self.name, "policy")
        return Policy(written, "bucket policy", self.name, lambda number: self._places.get((*at, number)))


def _archiving(written: Any) -> tuple[Archiving, ...]:
    every = written if isinstance(written, list) else []
    rules = [tuple(map(object_of(one).get, ("prefix", "days", "storage_class"))) for one in every]
    return tuple(
        Archiving(prefix, days, storage_class)
        for prefix, days, storage_class in rules
        if isinstance(prefix, str) and isinstance(days, int) and isinstance(storage_class, str)
    )


def _archived(written: dict[str, Any], what: str) -> Truth:
    """Whether an object must be restored before it can be read: by its class, or by its tier where that changes."""
    if written.get("access_tier") in _ARCHIVED:
        return True
    return field_of(written, "storage_class", lambda value: value in _ARCHIVED, what)  # type: ignore[no-any-return]


def _canonical_owner(acl: Any) -> str | None:
    """The canonical id of the owner, where an ACL is S3's own answer."""
    found = object_of(object_of(acl).get("Owner")).get("ID")
    return found if isinstance(found, str) else None


def partition_of(region: str) -> str:
    """The partition that a Region belongs to."""
    return next((partition for start, partition in _PARTITIONS if region.startswith(start)), AWS)


def partition_of_bucket(bucket: Bucket) -> str:
    """The partition of a bucket: that of its Region, else the one that its policy speaks of."""
    if bucket.region is not None:
        return partition_of(bucket.region)
    policy = bucket.policy if isinstance(bucket.policy, Policy) else None
    for statement in () if policy is None else policy.statements:
        for text in statement.resources or ():
            found = _OF_S3.match(text)
            if found is not None:
                return found[1]
    return AWS


def _region(value: Any) -> str | None:
    return value if isinstance(value, str) and _REGION.match(value) else None


def block_flags(written: dict[str, Any]) -> frozenset[str] | None:
    """The flags of Block Public Access that a level sets; None where they were not collected."""
    return flags_of(written["public_access_block"]) if "public_access_block" in written else None


def _is_requester(value: Any) -> bool:
    payer = value.get("Payer") if isinstance(value, dict) else value
    return payer == "Requester"
