"""All buckets of a run, by several threads: one that fails stops no other."""

import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from audit403.core.family import NotAudited
from audit403.core.named_tuple import NamedTuple
from audit403.s3.live.account import Found, is_owned_by, region_of
from audit403.s3.live.bucket import INTERRUPTED, collect_bucket
from audit403.s3.live.call import BadCredentials, NoBucket, NotCollected, Unreachable
from audit403.s3.live.client import Clients
from audit403.s3.live.objects import Objects
from audit403.s3.live.workers import Came, Workers

_FAILURES = 3
"""After so many buckets of a region nobody is asked there any more."""
_DIRECTORY = "--x-s3"


class OfBucket(NamedTuple):
    """What came of one bucket: its state (None: it is not there; no state at all where `is_known` is False)."""

    name: str
    region: str | None
    state: dict[str, Any] | None
    not_audited: tuple[NotAudited, ...]
    is_known: bool = True


def target(name: str) -> str:
    """What a bucket is called in what was not audited."""
    return f"s3://{name}"


class Buckets:
    """Collects buckets for one account (None: not known whose)."""

    def __init__(self, clients: Clients, account: str | None, workers: Workers, objects: Objects) -> None:
        self._clients = clients
        self._account = account
        self._workers = workers
        self._objects = objects
        self._lock = threading.Lock()
        self._failures: Counter[str] = Counter()
        self._not_answering: dict[str, Exception] = {}
        self._rejected: BadCredentials | None = None

    def collect(self, found: Iterable[Found]) -> Iterator[OfBucket]:
        """What came of each; of those that a Ctrl-C has kept from being looked at, nothing."""
        for came in self._workers.each(found, self._one):
            result = _result(came)
            if result is not None:
                yield result

    def _one(self, found: Found) -> OfBucket:
        if found.name.endswith(_DIRECTORY):
            raise NotCollected("it is a directory bucket, and those are not looked at")
        if self._rejected is not None:
            raise self._rejected
        region = found.region or region_of(self._clients, found.name)
        if region in self._not_answering:
            raise self._not_answering[region]
        try:
            client = self._clients.of("s3", region)
            record = collect_bucket(client, found.name, self._owner(found, client), self._workers.goes_on)
            if found.region is not None or self._clients.endpoint is None:
                record.state["region"] = region
            self._objects.collect(client, found.name, record, self._workers.goes_on)
        except Unreachable as error:
            with self._lock:
                self._failures[region] += 1
                if self._failures[region] >= _FAILURES:
                    self._not_answering[region] = Unreachable(f"nobody answers in {region}: {error.reason}")
            raise
        except BadCredentials as error:
            self._rejected = error
            raise
        return OfBucket(found.name, region, record.state, tuple(record.not_audited(target(found.name))))

    def _owner(self, found: Found, client: Any) -> str | None:
        own = found.is_own
        if own is None and self._account is not None:
            own = is_owned_by(client, found.name, self._account)
        return self._account if own else None


def _result(came: Came[Found, OfBucket]) -> OfBucket | None:
    name, error = came.item.name, came.error
    if error is None:
        return came.result
    reason = error.reason if isinstance(error, NotCollected) else f"internal-error: {type(error).__name__}: {error}"
    if reason == INTERRUPTED:
        return None
    missed = (NotAudited(target(name), reason),)
    return OfBucket(name, came.item.region, None, missed, isinstance(error, NoBucket))
