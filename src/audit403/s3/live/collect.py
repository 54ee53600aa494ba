"""One account, collected: who asks, what holds for the account, its buckets, and what requests to them hang on.

What comes of it is a state (docs/s3.md). What could not be asked is not in it, and is said with the permission that is
missing.
"""

import time
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from functools import partial
from typing import Any

from audit403.core.family import NotAudited
from audit403.core.named_tuple import NamedTuple
from audit403.core.progress import Progress
from audit403.s3.live.account import Found, Identity, Listed, account_block, identity, list_buckets
from audit403.s3.live.around import Around, Looked
from audit403.s3.live.bucket import INTERRUPTED
from audit403.s3.live.buckets import Buckets, OfBucket, target
from audit403.s3.live.call import BadCredentials, NotCollected, Unreachable
from audit403.s3.live.client import Clients
from audit403.s3.live.journal import Journal
from audit403.s3.live.objects import Objects
from audit403.s3.live.record import Record
from audit403.s3.live.workers import Workers

VERSION = 1
_NAMELESS = "the account"
_TURN = 0.1
"""So many seconds lie between two looks of the progress at least."""


class Wanted(NamedTuple):
    """What to look at: these buckets (none: all of the account), of each these objects; and these principals."""

    buckets: tuple[str, ...] = ()
    principals: tuple[str, ...] = ()
    objects: Objects = Objects()


class Collected(NamedTuple):
    """A state, and what is not in it; `name` is what the account is called. Without buckets nothing is to be judged."""

    name: str
    state: dict[str, Any]
    not_audited: tuple[NotAudited, ...]


class Collector:
    """Collects one account."""

    def __init__(
        self,
        clients: Clients,
        wanted: Wanted,
        workers: Workers,
        tell: Callable[[Progress], None] | None = None,
        resume: str | None = None,
    ) -> None:
        """`tell` is told how far it is; `resume` is the file of a journal."""
        self.clients = clients
        self.wanted = wanted
        self.workers = workers
        self.tell = tell
        self.resume = resume
        self.state: dict[str, Any] = {"version": VERSION}
        self.missed: list[NotAudited] = []
        self.name = _NAMELESS
        self._told = 0.0

    def collect(self) -> Collected:
        """Everything. Never raises for what AWS answers; BadUsage for a journal that is none of this run."""
        try:
            self._all()
        except NotCollected as error:
            self.missed.append(NotAudited(self.name, error.reason))
        return Collected(self.name, self.state, tuple(dict.fromkeys(self.missed)))

    def _all(self) -> None:
        who = self._identity()
        listed = self._listed(who)
        found = None if listed is None and not self.wanted.buckets else self._found(listed)
        if found is None:
            return
        account: Record = self._account(who, listed)
        self.state["account"] = account.state
        regions = self._buckets(found, who)
        if who is not None and "buckets" in self.state:
            self._around(who.account, regions)

    def _identity(self) -> Identity | None:
        try:
            who = identity(self.clients)
        except NotCollected as error:
            # Another server than AWS may refuse whatever is not S3; whether it takes the credentials its list shows.
            if isinstance(error, BadCredentials) and self.clients.endpoint is None:
                raise
            self.missed.append(NotAudited(_NAMELESS, f"its number is not known: {error.reason}"))
            return None
        self.name = f"account {who.account}"
        return who

    def _listed(self, who: Identity | None) -> Listed | None:
        try:
            return list_buckets(self.clients, self.wanted.buckets)
        except (BadCredentials, Unreachable):
            raise
        except NotCollected as error:
            advice = "" if self.wanted.buckets else "; name the buckets to look at"
            self.missed.append(NotAudited(self.name, f"the list of its buckets is not known: {error.reason}{advice}"))
            return None

    def _found(self, listed: Listed | None) -> list[Found]:
        regions = {} if listed is None else listed.regions
        names: Iterable[str] = self.wanted.buckets or regions
        return [Found(name, regions.get(name), None if listed is None else name in regions) for name in names]

    def _account(self, who: Identity | None, listed: Listed | None) -> Record:
        record = Record()
        if listed is not None and listed.canonical_id is not None:
            record.state["canonical_id"] = listed.canonical_id
        if who is None:
            self.missed.append(NotAudited(self.name, "Block Public Access is not known: neither is its number"))
            return record
        record.state["id"] = who.account
        self._take(
            record, "public_access_block", "Block Public Access", lambda: account_block(self.clients, who.account)
        )
        self.missed += record.not_audited(self.name)
        return record

    def _take(self, record: Record, key: str, what: str, collect: Callable[[], Any]) -> None:
        """Take a part that another service answers: that this one cannot be reached says nothing of the others."""
        try:
            record.take(key, what, collect)
        except Unreachable as error:
            record.gaps[what] = error.reason

    def _buckets(self, found: list[Found], who: Identity | None) -> dict[str, str]:
        """The buckets; the regions of those that were looked at."""
        account = None if who is None else who.account
        asked = {"account": account, "endpoint": self.clients.endpoint, "objects": [*self.wanted.objects]}
        with nullcontext() if self.resume is None else Journal(self.resume, {"s3": asked}) as journal:
            known = {} if journal is None else journal.known
            done = {one.name: known[one.name] for one in found if one.name in known}
            collector = Buckets(self.clients, account, self.workers, self.wanted.objects)
            self._say(len(done), len(found))
            for one in collector.collect([one for one in found if one.name not in done]):
                done[one.name] = one
                self._say(len(done), len(found))
                if journal is not None:
                    journal.add(one)
            if journal is not None and journal.fault is not None:
                self.missed.append(NotAudited(self.name, f"the journal is not complete: {journal.fault}"))
        # In the order of their list, whichever answered first.
        self.missed += [missed for one in found for missed in _missed(one.name, done)]
        buckets = {one.name: done[one.name].state for one in found if one.name in done and done[one.name].is_known}
        if buckets or not found:
            self.state["buckets"] = buckets
        return {name: one.region for name, one in done.items() if one.state is not None and one.region is not None}

    def _around(self, account: str, regions: dict[str, str]) -> None:
        """What requests to the account's own buckets hang on besides."""
        states = {
            name: state
            for name, state in self.state["buckets"].items()
            if state is not None and state.get("account") == account
        }
        looked = Looked(states, {name: regions[name] for name in states})
        around = Around(self.clients, account, self.workers, self.state)
        steps: list[Callable[[], None]] = [around.organization, lambda: around.principals(self.wanted.principals)]
        if states:
            of_buckets = (around.access_points, around.keys, around.endpoints, around.distributions)
            steps = [*(partial(step, looked) for step in of_buckets), *steps]
        try:
            for step in steps:
                if not self.workers.goes_on():
                    self.missed.append(NotAudited(self.name, f"not everything was collected: {INTERRUPTED}"))
                    return
                step()
        finally:
            self.missed += around.missed

    def _say(self, done: int, total: int) -> None:
        now = time.monotonic()
        if self.tell is not None and (done == total or now >= self._told + _TURN):
            self._told = now
            self.tell(Progress(done, min(self.workers.jobs, total - done), total))


def _missed(name: str, done: dict[str, OfBucket]) -> tuple[NotAudited, ...]:
    return done[name].not_audited if name in done else (NotAudited(target(name), INTERRUPTED),)
