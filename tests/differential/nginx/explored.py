"""What exploration says of one configuration, held against the real nginx.

The real server is told by a header who the client is, so that any address can ask; and only a request that is meant to
be over its limits carries a key for them.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from audit403.core.decision import REFUSED, UNKNOWN, Decision
from audit403.core.fact import Refusal
from audit403.core.place import PathPlace, Place
from audit403.evidence.local import LocalEvidence
from audit403.explore.blocking import of_one_kind
from audit403.nginx.decide.evaluator import Evaluator
from audit403.nginx.explore.explorer import Explorer
from audit403.nginx.model.address import parse_address, parse_network
from audit403.nginx.model.build import build_model
from audit403.nginx.read.configuration import read_configuration
from servers.http import CLOSED, Response, Tls, request_bytes
from servers.nginx import Nginx, main_config
from servers.told import tell

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from audit403.core.request import Request
    from servers.certificates import Certificates

CLIENT_HEADER = "X-Audit403-Client"
REAL_IP = f"set_real_ip_from 127.0.0.0/8; set_real_ip_from ::1; real_ip_header {CLIENT_HEADER};"
_BURST = 3
Key = tuple[str, object, int]


class Missed(NamedTuple):
    """A request that the real server refuses and that belongs to no refusal that was found."""

    request: Request
    decision: Decision


class Asker:
    """Asks the real server as any client."""

    def __init__(self, server: Nginx, certificates: Certificates | None = None) -> None:
        self.server = server
        self.certificates = certificates
        self._keys = count(1)

    def ask(self, request: Request) -> int:
        """What the real server answers."""
        lines = [*(() if request.host is None else (("Host", request.host),)), *request.headers]
        lines.append((CLIENT_HEADER, request.client))
        if request.over_limits:
            lines.append(("X-Unique", str(next(self._keys))))
        body = b"b" * (request.body_length or 0)
        if request.body_length is not None:
            lines.append(("Content-Length", str(request.body_length)))
        raw = request_bytes(request.method, request.target, lines, body=body)
        status = CLOSED
        for _ in range(_BURST if request.over_limits else 1):
            status = self._send(request, raw).status
        return status

    def _send(self, request: Request, raw: bytes) -> Response:
        tls = None
        if request.tls is not None and self.certificates is not None:
            make = {"verified": self.certificates.verified, "failed": self.certificates.failed}
            certificate = make.get(request.tls.client_certificate, Tls)
            tls = certificate(request.tls.sni)
        address = request.to or "127.0.0.1"
        try:
            return self.server.client.send(raw, request.port, method=request.method, address=address, tls=tls)
        except OSError:
            return Response(CLOSED, (), b"")


class Exploration:
    """The facts of one configuration with the files of this machine, each by what it refuses and where."""

    def __init__(self, main: Path, prefix: Path) -> None:
        self.conf = main
        evidence = LocalEvidence()
        self.model = build_model(read_configuration(str(main), evidence, prefix=str(prefix)))
        self.evaluator = Evaluator(self.model, evidence)
        self.explorer = Explorer(self.model, self.evaluator, tree_known=True)
        self.refusals: list[Refusal] = []
        self.found: set[Key] = set()

    def explore(self) -> list[Refusal]:
        """Every refusal that is found."""
        self.refusals = [fact for fact in self.explorer.facts() if isinstance(fact, Refusal)]
        for refusal in self.refusals:
            server = id(refusal.subject.server)
            self.found.add((*_kind(refusal.cause, refusal.where), server))
            self.found |= {(refusal.cause, member, server) for member in refusal.subject.members}
        return self.refusals

    def key(self, request: Request, decision: Decision) -> Key:
        """Cause, place and server block of a refused request."""
        return (*_kind(decision.cause, decision.where), id(self.explorer.trails.server(request, decision)))

    def is_found(self, request: Request, decision: Decision) -> bool:
        """Whether the refusal that this request belongs to was found."""
        key = self.key(request, decision)
        path = decision.where.path if isinstance(decision.where, PathPlace) else None
        return key in self.found or (decision.cause, path, key[-1]) in self.found


class Explored(Asker, Exploration):
    """One configuration: the model's facts, and the real server that knows better."""

    def __init__(self, prefix: Path, http: str, certificates: Certificates, back: int) -> None:
        modelled = http.replace("$http_x_unique", "$binary_remote_addr")
        conf = prefix / "model.conf"
        conf.write_bytes(main_config(prefix, modelled).encode("utf-8", "surrogateescape"))
        other = f"server {{ listen 127.0.0.1:{back}; allow all; return 200; }}"
        Asker.__init__(self, Nginx(prefix, main_config(prefix, f"{REAL_IP}\n{http}\n{other}")), certificates)
        Exploration.__init__(self, conf, prefix)


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

    def tell(self) -> None:
        """Print at the end what was counted, with examples of what is wrong."""
        summary = ", ".join(f"{count} {kind}" for kind, count in sorted(self.counts.items()))
        tell("\n".join((summary, *(text for texts in self.shown.values() for text in texts))))


def _kind(cause: str, where: Place | None) -> tuple[str, object]:
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
    listed = re.fullmatch(r"(every client but|clients in) ([^…]*)", who)
    if listed is None:
        return None
    address = parse_address(client)
    networks = [parse_network(word.strip()) for word in listed[2].split(",")]
    inside = address is not None and any(network is not None and network.contains(address) for network in networks)
    return inside == (listed[1] == "clients in")
