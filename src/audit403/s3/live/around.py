"""What requests hang on besides the buckets: access points, keys, principals, endpoints, organization, CloudFront.

Each is asked for only where a bucket that was looked at needs it; what fails is said of that alone.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from audit403.core.family import NotAudited
from audit403.core.named_tuple import NamedTuple
from audit403.s3.live.access_points import Point, collect_point, list_points
from audit403.s3.live.bucket import INTERRUPTED
from audit403.s3.live.call import BadCredentials, NotCollected, NotThere, Unreachable
from audit403.s3.live.client import Clients
from audit403.s3.live.distributions import Distributions
from audit403.s3.live.endpoints import collect_endpoints
from audit403.s3.live.keys import Use, collect_key, uses_of
from audit403.s3.live.organization import RESOURCE_CONTROL, SERVICE_CONTROL, Organization
from audit403.s3.live.principals import Principals, named_principals
from audit403.s3.live.record import Record
from audit403.s3.live.workers import Workers

Item = TypeVar("Item")
MOST_PRINCIPALS = 500
"""So many of those that policies name are looked at."""
_OF_VPC = "sourcevpc"
_CONTROLS = (
    ("service_control_policies", "the service control policies", SERVICE_CONTROL),
    ("resource_control_policies", "the resource control policies", RESOURCE_CONTROL),
)


class Looked(NamedTuple):
    """The buckets of the account that were looked at: their state, and their regions, by name."""

    states: dict[str, dict[str, Any]]
    regions: dict[str, str]


class Around:
    """Collects into the state of an account; what was not is in `missed`."""

    def __init__(self, clients: Clients, account: str, workers: Workers, state: dict[str, Any]) -> None:
        self._clients = clients
        self._account = account
        self._workers = workers
        self._state = state
        self._name = f"account {account}"
        self.missed: list[NotAudited] = []

    def organization(self) -> None:
        """The policies of the organization, and its Block Public Access where S3 does not say that of the account."""
        account, record = self._state["account"], Record()
        asked = Organization(self._clients.of("organizations"), self._account)
        try:
            is_bound = asked.is_bound()
        except NotCollected as error:
            self._miss(f"the policies of the organization are not known: {error.reason}")
            return
        for key, what, kind in _CONTROLS:
            self._take(record, key, what, partial(asked.levels, kind) if is_bound else list)
        account |= record.state
        self.missed += record.not_audited(self._name)
        if "public_access_block" not in account and is_bound:
            with suppress(NotThere, NotCollected):  # that it is not known is said already
                account["public_access_block"] = asked.public_access_block()

    def access_points(self, looked: Looked) -> None:
        """Those of the buckets, in all of their regions."""
        found: list[Point] = []
        names = frozenset(looked.states)
        for region, points, why in self._each(
            _regions(looked), lambda region: list_points(self._clients, self._account, region, names)
        ):
            if points is None:
                self._miss(f"the access points in {region} are not known: {why}")
            else:
                found += points
        state = self._state.setdefault("access_points", {})
        for point, record, why in self._each(
            sorted(found), lambda point: collect_point(self._clients, self._account, point)
        ):
            self._add(state, point.arn, record, why)

    def keys(self, looked: Looked) -> None:
        """The keys that the buckets and their objects are encrypted with."""
        uses: dict[tuple[str, str], list[Use]] = {}
        for name, bucket in looked.states.items():
            for use in uses_of(bucket, looked.regions[name]):
                uses.setdefault((use.name, use.region), []).append(use)
        state = self._state.setdefault("kms_keys", {})
        for (name, region), found, why in self._each(
            sorted(uses), lambda use: collect_key(self._clients, self._account, *use)
        ):
            if found is None:
                self._add(state, name, None, why)
                continue
            arn, record = found
            for use in uses[name, region]:
                use.holder[use.field] = arn
            self._add(state, arn, record, "")

    def principals(self, wanted: tuple[str, ...]) -> None:
        """Those that were asked for, and those of the account that the policies of buckets and access points name."""
        named = named_principals(self._policies(), self._account)
        further = [name for name in named if name not in wanted]
        for name in further[MOST_PRINCIPALS:]:
            self.missed.append(NotAudited(name, f"policies name more than {MOST_PRINCIPALS} principals: ask for it"))
        if not wanted and not named:
            return
        asked = Principals(self._clients.of("iam"), self._account)
        state = self._state.setdefault("principals", {})
        for name, found, why in self._each((*wanted, *further[:MOST_PRINCIPALS]), asked.collect):
            arn, record = found or (name, None)
            self._add(state, arn, record, why)

    def endpoints(self, looked: Looked) -> None:
        """The VPC endpoints of the regions in which a policy or an access point asks for one."""
        points = self._state.get("access_points", {})
        asking = {name for name, bucket in looked.states.items() if _OF_VPC in str(bucket.get("policy")).lower()}
        for point in points.values():
            if point.get("vpc") is not None or _OF_VPC in str(point.get("policy")).lower():
                asking.add(point["bucket"])
        regions = sorted({looked.regions[name] for name in asking})
        for region, found, why in self._each(regions, lambda region: collect_endpoints(self._clients, region)):
            if found is None:
                self._miss(f"the VPC endpoints of S3 in {region} are not known: {why}")
            else:
                self._state.setdefault("vpc_endpoints", {}).update(found)

    def distributions(self, looked: Looked) -> None:
        """Those of CloudFront that have one of the buckets behind them."""
        asked = Distributions(self._clients.of("cloudfront"), self._account)
        try:
            listed = list(asked.of(frozenset(looked.states)))
        except NotCollected as error:
            self._miss(f"the distributions of CloudFront are not known: {error.reason}")
            return
        state = self._state.setdefault("distributions", {})
        for one, record, why in self._each(listed, asked.collect):
            self._add(state, str(one["Id"]), record, why)

    def _policies(self) -> Iterator[Any]:
        for kind in ("buckets", "access_points"):
            for written in self._state.get(kind, {}).values():
                if isinstance(written, dict):
                    yield written.get("policy")

    def _take(self, record: Record, key: str, what: str, collect: Callable[[], Any]) -> None:
        try:
            record.take(key, what, collect)
        except Unreachable as error:
            record.gaps[what] = error.reason

    def _each(self, items: Iterable[Item], work: Callable[[Item], Any]) -> Iterator[tuple[Item, Any, str]]:
        """What came of each, in their order: the result, or None and why there is none."""
        every = list(items)
        came = {number: (result, why) for number, result, why in self._all(every, work)}
        for number, item in enumerate(every):
            yield item, *came.get(number, (None, INTERRUPTED))

    def _all(self, every: list[Item], work: Callable[[Item], Any]) -> Iterator[tuple[int, Any, str]]:
        for came in self._workers.each(range(len(every)), lambda number: work(every[number])):
            raised = came.error
            if isinstance(raised, BadCredentials):
                raise raised
            if raised is None:
                yield came.item, came.result, ""
            elif isinstance(raised, NotCollected):
                yield came.item, None, raised.reason
            else:
                yield came.item, None, f"internal-error: {type(raised).__name__}: {raised}"

    def _add(self, state: dict[str, Any], name: str, record: Record | None, why: str) -> None:
        if record is None:
            self.missed.append(NotAudited(name, f"it is not known: {why}"))
            return
        state[name] = record.state
        self.missed += record.not_audited(name)

    def _miss(self, reason: str) -> None:
        self.missed.append(NotAudited(self._name, reason))


def _regions(looked: Looked) -> list[str]:
    return sorted(set(looked.regions.values()))
