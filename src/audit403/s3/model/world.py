"""What is known of an account, its buckets and the principals that ask: the state that requests are decided in.

Truth: DESIGN.md, "Fixed contracts", State version 1. A key that is missing was not collected; null, an empty list or an
empty object is known to be absent.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from audit403.core.decision import REASON_NOT_COLLECTED, Missing
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Place, StatementPlace
from audit403.s3.model.bucket import AWS, Bucket, block_flags, partition_of_bucket
from audit403.s3.model.caller import ROLE, SESSION, Caller, caller_of, same_account
from audit403.s3.model.distribution import Distribution, distributions_of
from audit403.s3.model.fields import ABSENT, NO_PLACES, At, field_of, object_of
from audit403.s3.model.operators import moment
from audit403.s3.model.pattern import Context
from audit403.s3.model.policy import Policy, policies_of
from audit403.s3.model.public_access_block import Level
from audit403.s3.model.resource import resource_of

if TYPE_CHECKING:
    from audit403.s3.model.delivery import Delivery

ACCESS_POINT_POLICY = "access point policy"


class Principal(NamedTuple):
    """What is attached to a principal; a boundary or a session's policies that are empty are none."""

    policies: tuple[Policy, ...] | Missing
    boundary: tuple[Policy, ...] | Missing
    session: tuple[Policy, ...] | Missing


NO_POLICIES = Principal((), (), ())


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


class World:
    """A whole state."""

    def __init__(
        self,
        written: dict[str, Any],
        places: Mapping[At, Place] = NO_PLACES,
        by_default: frozenset[At] = frozenset(),
    ) -> None:
        self.places = places
        self._by_default = by_default
        account = object_of(written.get("account"))
        self.account = account.get("id") if isinstance(account.get("id"), str) else None
        self.block = Level("the account", block_flags(account))
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
        found = self._buckets.get(name, ABSENT)
        if found is ABSENT:
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
        for arn in object_of(self._written.get("access_points")):
            if level == _level_of_point(arn) and ("access_points", arn) in self.places:
                return self.places["access_points", arn]
        for name in ((*at, "public_access_block", flag), (*at, "public_access_block")):
            if name in self.places:
                return self.places[name]
        return StatementPlace(bucket.name, flag, f"Block Public Access of {level}")

    def bucket_names(self) -> tuple[str, ...]:
        """The names of the buckets that are there."""
        return tuple(name for name, written in object_of(self._written.get("buckets")).items() if written is not None)

    def principal_names(self) -> tuple[str, ...]:
        """The ARNs of those of whom something is known."""
        if self._principal_names is None:
            self._principal_names = tuple(object_of(self._written.get("principals")))
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
        for name in object_of(self._written.get("principals")):
            found = self.principal(caller_of(name))
            for policies in found if isinstance(found, Principal) else ():
                if not isinstance(policies, Missing):
                    yield from policies
        for levels in (self.service_control, self.resource_control):
            for level in () if isinstance(levels, Missing) else levels:
                yield from level
        yield from self.endpoint
        for name in object_of(self._written.get("vpc_endpoints")):
            endpoint = self.endpoint_of({"aws:sourcevpce": (name,)})
            yield from () if isinstance(endpoint, Missing) else endpoint[len(self.endpoint) :]

    def _bucket(self, name: str, partition: str) -> Bucket | Missing | None:
        buckets = self._written.get("buckets", ABSENT)
        if not isinstance(buckets, dict) or (buckets and name not in buckets):
            return Missing(REASON_NOT_COLLECTED, f"the bucket {name}")
        written = buckets.get(name)
        if not isinstance(written, dict):
            return None
        arn = f"arn:{partition}:s3:::{name}"
        by_default = ("buckets", name, "public_access_block") in self._by_default
        account = object_of(self._written.get("account"))
        canonical_id = account.get("canonical_id") if written.get("account") == self.account else None
        found = Bucket(name, written, arn, self.places, block_by_default=by_default, account_canonical_id=canonical_id)
        if partition == AWS:
            found.arn = f"arn:{partition_of_bucket(found)}:s3:::{name}"
        return found

    def principal(self, caller: Caller) -> Principal | Missing:
        """What is attached to somebody."""
        found = self._principals.get(caller.name)
        if found is None:
            found = self._principals[caller.name] = self._principal(caller)
        return found

    def _principal(self, caller: Caller) -> Principal | Missing:
        principals = object_of(self._written.get("principals"))
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
            field_of(
                written,
                "policies",
                lambda value: policies_of(value, "identity policy", name, partial(self._place_in, name)),
                f"policies {whose}",
            ),
            field_of(
                written,
                "boundary",
                lambda value: policies_of(value, "permissions boundary", name, partial(self._place_in_boundary, name)),
                f"the permissions boundary {whose}",
            ),
            field_of(
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
            written = object_of(self._written.get("kms_keys")).get(name)
            what = f"the policy of the key {name}"
            if not isinstance(written, dict):
                found = Missing(REASON_NOT_COLLECTED, what)
            else:
                account = written.get("account")
                policy = field_of(written, "policy", lambda value: Policy(value or {}, "key policy", name), what)
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
            written = object_of(object_of(self._written.get("vpc_endpoints")).get(name))
            what = f"the policy of the VPC endpoint {name}"
            found = self.endpoint
            if written:
                places = partial(self._place_at_endpoint, name)
                own = field_of(
                    written, "policy", lambda one: policies_of(one, "VPC endpoint policy", name, places), what
                )
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
        for name, written in object_of(self._written.get("principals")).items():
            keys = written.get("access_keys") if isinstance(written, dict) else None
            if isinstance(keys, list) and key_id in keys:
                return str(name)
        return None

    def session_ends(self, principal: str) -> float | Missing:
        """When the credentials of a session die, in seconds since 1970."""
        written = object_of(object_of(self._written.get("principals")).get(principal)).get("credentials_expire")
        found = moment(str(written)) if isinstance(written, str | int) else None
        return Missing(REASON_NOT_COLLECTED, f"when the credentials of {principal} expire") if found is None else found

    def access_points(self) -> Iterator[AccessPoint]:
        """Those of the state that are named by their ARNs."""
        for arn in object_of(self._written.get("access_points")):
            point = self.access_point(arn) if resource_of(arn).point == arn else None
            if isinstance(point, AccessPoint):
                yield point

    def access_point(self, arn: str) -> AccessPoint | Missing:
        """An access point by its ARN, or by its name where the state has that."""
        found = self._access_points.get(arn)
        if found is None:
            every = object_of(self._written.get("access_points"))
            name = arn.rpartition("/")[2]
            written = every.get(arn, every.get(name))
            bucket = written.get("bucket") if isinstance(written, dict) else None
            if not isinstance(written, dict) or not isinstance(bucket, str):
                found = Missing(REASON_NOT_COLLECTED, f"the access point {name}")
            else:
                account = written.get("account", arn.split(":")[4])
                at = partial(self._place_at_point, arn)
                policy = field_of(
                    written,
                    "policy",
                    lambda value: Policy(value, ACCESS_POINT_POLICY, name, at) if value else None,
                    f"the policy of the access point {name}",
                )
                vpc = written.get("vpc")
                level = Level(_level_of_point(arn), block_flags(written))
                found = AccessPoint(arn, bucket, account, policy, level, vpc if isinstance(vpc, str) else None)
            self._access_points[arn] = found
        return found


def _level_of_point(arn: str) -> str:
    return f"the access point {arn.rpartition('/')[2]}"


def _levels(account: dict[str, Any], name: str, kind: str) -> tuple[tuple[Policy, ...], ...] | Missing:
    if name not in account:
        return Missing(REASON_NOT_COLLECTED, f"the {kind.removesuffix('y')}ies of the account")
    levels = account[name]
    if not isinstance(levels, list):
        return ()
    return tuple(policies_of(level, kind, f"of level {number}") for number, level in enumerate(levels))
