"""What exploration says of configurations, held against a real server: counts, and examples of what is wrong."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Protocol

from audit403.core.decision import REFUSED, UNKNOWN, Decision
from audit403.core.place import PathPlace, Place
from audit403.explore.blocking import of_one_kind
from audit403.nginx.model.address import parse_address, parse_network
from servers.told import tell

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from audit403.core.fact import Refusal
    from audit403.core.request import Request

Key = tuple[str, object, int]
COMPLETE, COMPLETE_PLACES = 0.995, 0.98
"""The least share of the 403s seen whose refusal was found (issue B, section 1), and of the places that they name."""


class Decides(Protocol):
    def decide(self, request: Request) -> Decision: ...


class Explored(Protocol):
    """One configuration: the model's facts, and the real server that knows better."""

    conf: Path
    refusals: list[Refusal]

    @property
    def evaluator(self) -> Decides: ...

    def ask(self, request: Request) -> int: ...

    def key(self, request: Request, decision: Decision) -> Key: ...

    def is_found(self, request: Request, decision: Decision) -> bool: ...


class Score:
    """The counts over many configurations."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.missed_keys: list[str] = []
        self.shown: dict[str, list[str]] = {}

    def note(self, kind: str, text: str) -> None:
        self.counts[kind] += 1
        kept = self.shown.setdefault(kind, [])
        if len(kept) < 3:
            kept.append(f"--- {kind}: {text}")

    def sample(self, explored: Explored, requests: Iterable[Request]) -> None:
        """Ask for everything; every real 403 must belong to a refusal that was found."""
        keys: dict[Key, bool] = {}
        for request in requests:
            self.counts["asked"] += 1
            if explored.ask(request) != 403:
                continue
            self.counts["refused"] += 1
            decision = explored.evaluator.decide(request)
            if decision.verdict != REFUSED:  # so many requests one after the other go over a limit
                over = explored.evaluator.decide(request._replace(over_limits=True))
                decision = over if over.verdict == REFUSED else decision
            if decision.verdict == UNKNOWN:
                self.counts["left open"] += 1
                continue
            if decision.verdict != REFUSED:
                self.note(
                    "not in the model", f"{request} {decision.verdict} {decision.cause}\n{explored.conf.read_text()}"
                )
                continue
            key = explored.key(request, decision)
            found = explored.is_found(request, decision)
            if not found and key not in keys:
                steps = "\n".join(f"    {step.phase}: {step.text}" for step in decision.trace)
                text = f"{request}\n{decision.cause} {decision.where}\n{steps}\n{explored.conf.read_text()}"
                self.note("missed places", text)
            keys[key] = found
            self.counts["missed"] += not found
        self.counts["places"] += len(keys)

    def replay(self, explored: Explored, clients: Iterable[str]) -> None:
        """Every witness is 403 on the real server, `served` is not, and `who` says no more than is so."""
        clients = tuple(clients)
        for refusal in explored.refusals:
            self.counts["refusals"] += 1
            if explored.ask(refusal.witness) != 403:
                self.note("witness not refused", f"{refusal.witness} {refusal.cause}\n{explored.conf.read_text()}")
            if refusal.served is not None and explored.ask(refusal.served) == 403:
                self.note("served is refused", f"{refusal.served} {refusal.cause}\n{explored.conf.read_text()}")
            for client in clients:
                wanted = _is_hit(refusal.who, client)
                request = _from(refusal.witness, client)
                if not wanted or request is None:
                    continue
                self.counts["who asked"] += 1
                if explored.ask(request) != 403:
                    text = (
                        f"“{refusal.who}” and {client}: {refusal.witness} {refusal.cause}\n{explored.conf.read_text()}"
                    )
                    self.note("who is wrong", text)

    def check(self, program: str, *, refused: float, places: int = 0, model: int = 0, spare: int) -> None:
        """Tell, and fail where what was found is not complete or not so.

        At least the share `refused` of all answers is 403. A small sample may have so many `places` more that were not
        found, `spare` requests that come to such, and `model` 403s more that the model does not know.
        """
        self.tell()
        counts = self.counts
        assert counts["rejected"] < counts["configurations"], f"{program} rejects most configurations"
        assert counts["refused"] > counts["asked"] * refused, "too few 403s to say anything"
        assert counts["missed"] <= (1 - COMPLETE) * counts["refused"] + spare, "403s that exploration did not find"
        missed = counts["missed places"]
        assert missed <= (1 - COMPLETE_PLACES) * counts["places"] + places, "places that exploration did not find"
        assert counts["not in the model"] <= 0.001 * counts["asked"] + model, "403s that the model does not know"
        assert not counts["witness not refused"], "witnesses that the real server does not refuse"
        assert not counts["served is refused"], "requests said to be served that the real server refuses"
        assert not counts["who is wrong"], "refusals that hit others than they say"

    def tell(self) -> None:
        """Print at the end what was counted, with examples of what is wrong."""
        summary = ", ".join(f"{count} {kind}" for kind, count in sorted(self.counts.items()))
        tell("\n".join((summary, *(text for texts in self.shown.values() for text in texts))))


def kind_of(cause: str, where: Place | None) -> tuple[str, object]:
    """What two refused requests have in common that belong to one refusal."""
    return of_one_kind(cause, where) if isinstance(where, PathPlace) else (cause, where)


def _from(request: Request, client: str) -> Request | None:
    """The same request from another client, who must come to the same socket."""
    return request._replace(client=client) if (":" in client) == (":" in request.client) else None


def _is_hit(who: str, client: str) -> bool | None:
    """Whether `who` says that this client is hit; None where it speaks of something else."""
    who = who.partition(" with ")[0]
    if who == "every client":
        return True
    if who == "IPv6 clients":
        return ":" in client
    if who == "IPv4 clients":
        return ":" not in client
    listed = re.fullmatch(r"(every client but|clients in|the client) ([^…]*)", who)
    if listed is None:
        return None
    address = parse_address(client)
    networks = [parse_network(word.strip()) for word in listed[2].split(",")]
    inside = address is not None and any(network is not None and network.contains(address) for network in networks)
    return inside == (listed[1] != "every client but")
