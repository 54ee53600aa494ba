"""What is known of an account, its buckets and the principals that ask: the state that requests are decided in.

Truth: DESIGN.md, "Fixed contracts", State version 1. A key that is missing was not collected; null, an empty list or an
empty object is known to be absent.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from audit403.core.decision import REASON_NOT_COLLECTED, Missing
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Place, StatementPlace
from audit403.s3.model.access_list import BUCKET_OWNER, AccessList, access_list_of
from audit403.s3.model.caller import ROLE, SESSION, Caller, caller_of, same_account
from audit403.s3.model.cors import CorsRule, cors_of
from audit403.s3.model.distribution import Distribution, distributions_of
from audit403.s3.model.encryption import PLAIN, Encryption, encryption_of
from audit403.s3.model.operators import moment
from audit403.s3.model.pattern import Context
from audit403.s3.model.policy import Policy, policies_of
from audit403.s3.model.public_access_block import Level, flags_of
from audit403.s3.model.public_policy import is_public
from audit403.s3.model.resource import resource_of
from audit403.s3.model.truth import Truth
from audit403.s3.model.website import Website, website_of

if TYPE_CHECKING:
    from audit403.s3.model.delivery import Delivery

ACCESS_POINT_POLICY = "access point policy"
ENFORCED, PREFERRED, WRITER = "BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"
_ARCHIVED = ("GLACIER", "DEEP_ARCHIVE", "ARCHIVE_ACCESS", "DEEP_ARCHIVE_ACCESS")
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d\Z")
_CANONICAL = re.compile(r"[0-9a-f]{64}\Z")
AWS = "aws"
_PARTITIONS = (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"))
_OF_S3 = re.compile(r"arn:(aws(?:-[a-z]+)*):s3:::")
_NOTHING: dict[str, Any] = {}
_ABSENT = object()


At = tuple[str | int, ...]
"""Where in a state something stands, as in `("buckets", "site", "policy", 0)` for the first statement."""
_NO_PLACES: Mapping[At, Place] = {}


class Principal(NamedTuple):
    """What is attached to a principal; a boundary or a session's policies that are empty are none."""

    policies: tuple[Policy, ...] | Missing
    boundary: tuple[Policy, ...] | Missing
    session: tuple[Policy, ...] | Missing


NO_POLICIES = Principal((), (), ())


class StoredObject(NamedTuple):
    """One object, as far as it was collected."""

    owner: str | Missing
    access_list: AccessList | Missing
    encryption: Encryption | Missing
    archived: Truth


#: What is taken for granted of an object of which nothing was collected.
ORDINARY_OBJECT = StoredObject(BUCKET_OWNER, (), PLAIN, False)


class Key(NamedTuple):
    """A key of KMS."""

    account: str | None
    policy: Policy | Missing


class AccessPoint(NamedTuple):
    """An access point; `vpc` is the one that it serves alone."""

    arn: str
    bucket: str
    account: str | None
    policy: Policy | Missing | None
    block: Level
    vpc: str | None


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
        places: Mapping[At, Place] = _NO_PLACES,
        *,
        block_by_default: bool = False,
        account_canonical_id: str | None = None,
    ) -> None:
        self._places = places
        self.name = name
        self.arn = arn
        self._written = written
        self.region = _region(written.get("region"))
        self.account: str | Missing = self._field("account", _text, "the account")
        self.policy: Policy | Missing | None = self._field("policy", self._policy, "the policy")
        on = f"the bucket {name}" + (" (on by default in every new one)" if block_by_default else "")
        self.block = Level(on, _flags(written))
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
        found = self._objects.get(key, _ABSENT)
        if found is _ABSENT:
            found = self._objects[key] = self._object(key)
        return found  # type: ignore[return-value]

    def written_policy(self) -> dict[str, Any]:
        """The policy as the state has it; empty where there is none."""
        written = self._written.get("policy")
        try:
            return _object(json.loads(written) if isinstance(written, str) and written else written)
        except (ValueError, RecursionError):
            return _NOTHING

    def known_keys(self) -> tuple[str, ...]:
        """The keys of the objects that were collected."""
        objects = self._written.get("objects")
        return tuple(key for key, value in objects.items() if value) if isinstance(objects, dict) else ()

    def alike(self, key: str) -> int:
        """How many objects one of the collected stands for, itself included: an inventory is kept in classes.

        0 for what was not collected, or is not there.
        """
        written = _object(_object(self._written.get("objects")).get(key))
        count = written.get("alike", 1)
        return 0 if not written else count if isinstance(count, int) and count > 0 else 1

    def assume(self, key: str, stored: StoredObject | None) -> None:
        """Take for granted what an object is, where nothing was collected of it."""
        if isinstance(self.object(key), Missing):
            self._objects[key] = stored

    def _object(self, key: str) -> StoredObject | Missing | None:
        objects = self._written.get("objects", _ABSENT)
        if objects is _ABSENT or (isinstance(objects, dict) and objects and key not in objects):
            return Missing(REASON_NOT_COLLECTED, f"the object {key} of {self.name}")
        written = objects.get(key) if isinstance(objects, dict) else None
        if not isinstance(written, dict):
            return None
        what = f"of the object {key} of {self.name}"
        return StoredObject(
            self._owner(written, what),
            _field(written, "acl", access_list_of, f"the ACL {what}"),
            _field(written, "encryption", encryption_of, f"the encryption {what}"),
            False if written.get("restored") else _archived(written, f"the storage class {what}"),
        )

    def _owner(self, written: dict[str, Any], what: str) -> str | Missing:
        """The account that owns an object: of a canonical id it is known only whether it is the bucket's owner's."""
        owner = _field(written, "owner", _text, f"the owner {what}")
        if owner is None:
            return Missing(REASON_NOT_COLLECTED, f"the owner {what}")
        if isinstance(owner, Missing) or not _CANONICAL.match(owner):
            return owner  # type: ignore[no-any-return]
        if self.canonical_id is None:
            return Missing(REASON_NOT_COLLECTED, f"whether the owner {what} is that of the bucket")
        return BUCKET_OWNER if owner == self.canonical_id else owner

    def _field(self, name: str, parse: Any, what: str) -> Any:
        return _field(self._written, name, parse, f"{what} of the bucket {self.name}")

    def _policy(self, written: Any) -> Policy | None:
        if written is None or written in ([], {}, ""):
            return None
        at = ("buckets", self.name, "policy")
        return Policy(written, "bucket policy", self.name, lambda number: self._places.get((*at, number)))


class World:
    """A whole state."""

    def __init__(
        self,
        written: dict[str, Any],
        places: Mapping[At, Place] = _NO_PLACES,
        by_default: frozenset[At] = frozenset(),
    ) -> None:
        self.places = places
        self._by_default = by_default
        account = _object(written.get("account"))
        self.account = account.get("id") if isinstance(account.get("id"), str) else None
        self.block = Level("the account", _flags(account))
        self.service_control = _levels(account, "service_control_policies", "service control policy")
        self.resource_control = _levels(account, "resource_control_policies", "resource control policy")
        self.endpoint = policies_of(written.get("vpc_endpoint_policies"), "VPC endpoint policy", "")
        self._endpoints: dict[str, tuple[Policy, ...] | Missing] = {}
        self._written = written
        self._buckets: dict[str, Bucket | Missing | None] = {}
        self._principals: dict[str, Principal | Missing] = {}
        self._principal_names: tuple[str, ...] | None = None
        self._roles: dict[tuple[str | None, str | None], str] | None = None
        self._distributions: tuple[Distribution, ...] | None = None
        self._keys: dict[str, Key | Missing] = {}
        self._access_points: dict[str, AccessPoint | Missing] = {}

    def bucket(self, name: str, partition: str = AWS) -> Bucket | Missing | None:
        """The bucket of a name; None where it is known that there is none."""
        found = self._buckets.get(name, _ABSENT)
        if found is _ABSENT:
            found = self._buckets[name] = self._bucket(name, partition)
        return found  # type: ignore[return-value]

    def block_of_account(self, bucket: Bucket) -> Level:
        """Block Public Access of the account that owns a bucket: known of the account of the state alone."""
        owner = bucket.account
        if self.account is None or owner == self.account:
            return self.block
        if isinstance(owner, Missing):
            return Level("the account of the bucket", None)
        return self.block if same_account(owner, self.account) is not False else Level(f"the account {owner}", None)

    def block_place(self, bucket: Bucket, flag: str, level: str | None) -> Place:
        """Where a flag of Block Public Access is set: a line of a document, or the setting of a level."""
        at: At = ("buckets", bucket.name) if level == bucket.block.name else ("account",)
        for arn in _object(self._written.get("access_points")):
            if level == _level_of_point(arn) and ("access_points", arn) in self.places:
                return self.places["access_points", arn]
        for name in ((*at, "public_access_block", flag), (*at, "public_access_block")):
            if name in self.places:
                return self.places[name]
        return StatementPlace(bucket.name, flag, f"Block Public Access of {level}")

    def bucket_names(self) -> tuple[str, ...]:
        """The names of the buckets that are there."""
        return tuple(name for name, written in _object(self._written.get("buckets")).items() if written is not None)

    def principal_names(self) -> tuple[str, ...]:
        """The ARNs of those of whom something is known."""
        if self._principal_names is None:
            self._principal_names = tuple(_object(self._written.get("principals")))
        return self._principal_names

    def policies(self) -> Iterator[Policy]:
        """Every policy: of the buckets, of the principals, of the account and its endpoints."""
        for name in self.bucket_names():
            bucket = self.bucket(name)
            if isinstance(bucket, Bucket) and isinstance(bucket.policy, Policy):
                yield bucket.policy
        for point in self.access_points():
            if isinstance(point.policy, Policy):
                yield point.policy
        for name in _object(self._written.get("principals")):
            found = self.principal(caller_of(name))
            for policies in found if isinstance(found, Principal) else ():
                if not isinstance(policies, Missing):
                    yield from policies
        for levels in (self.service_control, self.resource_control):
            for level in () if isinstance(levels, Missing) else levels:
                yield from level
        yield from self.endpoint
        for name in _object(self._written.get("vpc_endpoints")):
            endpoint = self.endpoint_of({"aws:sourcevpce": (name,)})
            yield from () if isinstance(endpoint, Missing) else endpoint[len(self.endpoint) :]

    def _bucket(self, name: str, partition: str) -> Bucket | Missing | None:
        buckets = self._written.get("buckets", _ABSENT)
        if not isinstance(buckets, dict) or (buckets and name not in buckets):
            return Missing(REASON_NOT_COLLECTED, f"the bucket {name}")
        written = buckets.get(name)
        if not isinstance(written, dict):
            return None
        arn = f"arn:{partition}:s3:::{name}"
        by_default = ("buckets", name, "public_access_block") in self._by_default
        account = _object(self._written.get("account"))
        canonical_id = account.get("canonical_id") if written.get("account") == self.account else None
        found = Bucket(name, written, arn, self.places, block_by_default=by_default, account_canonical_id=canonical_id)
        if partition == AWS:
            found.arn = f"arn:{_partition(found)}:s3:::{name}"
        return found

    def principal(self, caller: Caller) -> Principal | Missing:
        """What is attached to somebody."""
        found = self._principals.get(caller.name)
        if found is None:
            found = self._principals[caller.name] = self._principal(caller)
        return found

    def _principal(self, caller: Caller) -> Principal | Missing:
        principals = _object(self._written.get("principals"))
        name = caller.name
        if name not in principals and caller.kind == SESSION:
            if self._roles is None:
                every = [caller_of(one) for one in principals]
                self._roles = {(one.account, one.role): one.name for one in every if one.kind == ROLE}
            name = self._roles.get((caller.account, caller.role), name)
        if name not in principals:
            return Missing(REASON_NOT_COLLECTED, f"the policies of {caller.name}")
        written = principals[name]
        if not isinstance(written, dict):
            return NO_POLICIES
        whose = f"of {caller.name}"
        is_session = caller.kind == SESSION
        return Principal(
            _field(
                written,
                "policies",
                lambda value: policies_of(value, "identity policy", name, partial(self._place_in, name)),
                f"policies {whose}",
            ),
            _field(
                written,
                "boundary",
                lambda value: policies_of(value, "permissions boundary", name, partial(self._place_in_boundary, name)),
                f"the permissions boundary {whose}",
            ),
            _field(
                written,
                "session",
                lambda value: policies_of(value or None, "session policy", name),
                f"the session policies {whose}",
            )
            if is_session or "session" in written
            else (),
        )

    def _place_in(self, principal: str, policy: int, statement: int) -> Place | None:
        return self.places.get(("principals", principal, "policies", policy, statement))

    def _place_in_boundary(self, principal: str, policy: int, statement: int) -> Place | None:
        return self.places.get(("principals", principal, "boundary", policy, statement))

    def _place_at_endpoint(self, endpoint: str, policy: int, statement: int) -> Place | None:
        return self.places.get(("vpc_endpoints", endpoint, "policy", statement))

    def _place_at_point(self, point: str, statement: int) -> Place | None:
        return self.places.get(("access_points", point, "policy", statement))

    def key(self, name: str) -> Key | Missing:
        """A key of KMS."""
        found = self._keys.get(name)
        if found is None:
            written = _object(self._written.get("kms_keys")).get(name)
            what = f"the policy of the key {name}"
            if not isinstance(written, dict):
                found = Missing(REASON_NOT_COLLECTED, what)
            else:
                account = written.get("account")
                policy = _field(written, "policy", lambda value: Policy(value or {}, "key policy", name), what)
                parts = name.split(":")
                named = parts[4] if len(parts) > 5 else None
                found = Key(account if isinstance(account, str) else named, policy)
            self._keys[name] = found
        return found

    def endpoint_of(self, context: Context) -> tuple[Policy, ...] | Missing:
        """The policies of the VPC endpoint through which a request comes: those that hold for all, and its own."""
        through = context.get("aws:sourcevpce")
        if not through or isinstance(through, Missing):
            return self.endpoint
        name = through[0]
        found = self._endpoints.get(name)
        if found is None:
            written = _object(_object(self._written.get("vpc_endpoints")).get(name))
            what = f"the policy of the VPC endpoint {name}"
            found = self.endpoint
            if written:
                places = partial(self._place_at_endpoint, name)
                own = _field(written, "policy", lambda one: policies_of(one, "VPC endpoint policy", name, places), what)
                found = own if isinstance(own, Missing) else (*self.endpoint, *own)
            self._endpoints[name] = found
        return found

    def distributions(self) -> tuple[Distribution, ...]:
        """The distributions of CloudFront."""
        if self._distributions is None:
            self._distributions = distributions_of(self._written.get("distributions"))
        return self._distributions

    def deliveries(self) -> "tuple[Delivery, ...]":
        """Services that are told to write into buckets."""
        written = self._written.get("deliveries")
        if not written:
            return ()
        from audit403.s3.model.delivery import deliveries_of

        return deliveries_of(written)

    def distribution_arn(self, identifier: str) -> str | Missing:
        """The ARN of a distribution: what the state says, else one of the account's."""
        for one in self.distributions():
            if one.identifier == identifier and not isinstance(one.arn, Missing):
                return one.arn
        if self.account is None:
            return Missing(REASON_NOT_COLLECTED, f"the account of the distribution {identifier}")
        return f"arn:aws:cloudfront::{self.account}:distribution/{identifier}"

    def holder_of(self, key_id: str) -> str | None:
        """The ARN of whose access key it is."""
        for name, written in _object(self._written.get("principals")).items():
            keys = written.get("access_keys") if isinstance(written, dict) else None
            if isinstance(keys, list) and key_id in keys:
                return str(name)
        return None

    def session_ends(self, principal: str) -> float | Missing:
        """When the credentials of a session die, in seconds since 1970."""
        written = _object(_object(self._written.get("principals")).get(principal)).get("credentials_expire")
        found = moment(str(written)) if isinstance(written, str | int) else None
        return Missing(REASON_NOT_COLLECTED, f"when the credentials of {principal} expire") if found is None else found

    def access_points(self) -> Iterator[AccessPoint]:
        """Those of the state that are named by their ARNs."""
        for arn in _object(self._written.get("access_points")):
            point = self.access_point(arn) if resource_of(arn).point == arn else None
            if isinstance(point, AccessPoint):
                yield point

    def access_point(self, arn: str) -> AccessPoint | Missing:
        """An access point by its ARN, or by its name where the state has that."""
        found = self._access_points.get(arn)
        if found is None:
            every = _object(self._written.get("access_points"))
            name = arn.rpartition("/")[2]
            written = every.get(arn, every.get(name))
            bucket = written.get("bucket") if isinstance(written, dict) else None
            if not isinstance(written, dict) or not isinstance(bucket, str):
                found = Missing(REASON_NOT_COLLECTED, f"the access point {name}")
            else:
                account = written.get("account", arn.split(":")[4])
                at = partial(self._place_at_point, arn)
                policy = _field(
                    written,
                    "policy",
                    lambda value: Policy(value, ACCESS_POINT_POLICY, name, at) if value else None,
                    f"the policy of the access point {name}",
                )
                vpc = written.get("vpc")
                level = Level(_level_of_point(arn), _flags(written))
                found = AccessPoint(arn, bucket, account, policy, level, vpc if isinstance(vpc, str) else None)
            self._access_points[arn] = found
        return found


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else _NOTHING


def _field(written: dict[str, Any], name: str, parse: Any, what: str) -> Any:
    """What `parse` makes of a field; Missing where it was not collected or is not to be understood."""
    if name not in written:
        return Missing(REASON_NOT_COLLECTED, what)
    found = parse(written[name])
    if found is None and written[name] not in (None, [], {}, "", False):
        return Missing(REASON_NOT_COLLECTED, f"{what}: what the state says is not to be understood")
    return found


def _archiving(written: Any) -> tuple[Archiving, ...]:
    every = written if isinstance(written, list) else []
    rules = [tuple(map(_object(one).get, ("prefix", "days", "storage_class"))) for one in every]
    return tuple(
        Archiving(prefix, days, storage_class)
        for prefix, days, storage_class in rules
        if isinstance(prefix, str) and isinstance(days, int) and isinstance(storage_class, str)
    )


def _archived(written: dict[str, Any], what: str) -> Truth:
    """Whether an object must be restored before it can be read: by its class, or by its tier where that changes."""
    if written.get("access_tier") in _ARCHIVED:
        return True
    return _field(written, "storage_class", lambda value: value in _ARCHIVED, what)  # type: ignore[no-any-return]


def _canonical_owner(acl: Any) -> str | None:
    """The canonical id of the owner, where an ACL is S3's own answer."""
    found = _object(_object(acl).get("Owner")).get("ID")
    return found if isinstance(found, str) else None


def partition_of(region: str) -> str:
    """The partition that a Region belongs to."""
    return next((partition for start, partition in _PARTITIONS if region.startswith(start)), AWS)


def _partition(bucket: Bucket) -> str:
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


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _level_of_point(arn: str) -> str:
    return f"the access point {arn.rpartition('/')[2]}"


def _flags(written: dict[str, Any]) -> frozenset[str] | None:
    return flags_of(written["public_access_block"]) if "public_access_block" in written else None


def _is_requester(value: Any) -> bool:
    payer = value.get("Payer") if isinstance(value, dict) else value
    return payer == "Requester"


def _levels(account: dict[str, Any], name: str, kind: str) -> tuple[tuple[Policy, ...], ...] | Missing:
    if name not in account:
        return Missing(REASON_NOT_COLLECTED, f"the {kind.removesuffix('y')}ies of the account")
    levels = account[name]
    if not isinstance(levels, list):
        return ()
    return tuple(policies_of(level, kind, f"of level {number}") for number, level in enumerate(levels))
