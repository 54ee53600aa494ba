"""What exploration says of one configuration, held against the real httpd, which a header tells who the client is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit403.apache.decide.evaluator import Evaluator
from audit403.apache.explore.explorer import Explorer
from audit403.apache.model.build import build_model
from audit403.apache.read.configuration import read_configuration
from audit403.core.fact import Refusal
from audit403.core.place import PathPlace
from audit403.evidence.local import LocalEvidence
from differential.score import Key, kind_of
from servers.apache import USUAL, Apache, main_config
from servers.http import CLOSED, request_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from audit403.core.decision import Decision
    from audit403.core.request import Request

CLIENT_HEADER = "X-Audit403-Client"
TOLD = f"RemoteIPHeader {CLIENT_HEADER}\nRemoteIPInternalProxy 127.0.0.0/8 ::1\n"


class Exploration:
    """What is found in one configuration with the files of this machine, each refusal by what refuses and where."""

    def __init__(self, conf: Path) -> None:
        self.conf = conf
        evidence = LocalEvidence()
        self.evaluator = Evaluator(build_model(read_configuration(str(conf), evidence)), evidence)
        self.explorer = Explorer(self.evaluator.model, self.evaluator, tree_known=True)
        self.refusals: list[Refusal] = []
        self._found: set[Key] = set()

    def explore(self) -> None:
        """Every refusal that is found."""
        self.refusals = [fact for fact in self.explorer.facts() if isinstance(fact, Refusal)]
        for refusal in self.refusals:
            server, hits = id(refusal.subject.server), refusal.subject.hits
            # The server is the place where nothing is written; the decision then names none.
            self._found.add((*kind_of(refusal.cause, refusal.decision.where), server))
            members = (*refusal.subject.members, *(member for hit in hits for member in hit.members))
            self._found |= {(refusal.cause, member.rstrip("/"), server) for member in members}

    def key(self, request: Request, decision: Decision) -> Key:
        """Cause, place and server of a refused request."""
        _, exchange = self.evaluator.followed(request)
        return (*kind_of(decision.cause, decision.where), id(exchange.server))

    def is_found(self, request: Request, decision: Decision) -> bool:
        """Whether the refusal that this request belongs to was found."""
        key = self.key(request, decision)
        path = decision.where.path if isinstance(decision.where, PathPlace) else None
        return key in self._found or (decision.cause, path, key[-1]) in self._found


class Explored(Exploration):
    """One generated configuration: what is found, and the real server that knows better."""

    def __init__(self, prefix: Path, body: str, extra: Iterable[str] = ()) -> None:
        conf = prefix / "model.conf"
        extra = tuple(extra)
        conf.write_text(main_config(prefix, body, extra=extra))
        modules = (*USUAL, "remoteip")
        self.server = Apache(prefix, main_config(prefix, f"{TOLD}{body}", modules=modules, extra=extra))
        super().__init__(conf)

    def ask(self, request: Request) -> int:
        """What the real server answers."""
        lines = [*(() if request.host is None else (("Host", request.host),)), *request.headers]
        lines.append((CLIENT_HEADER, request.client))
        if request.body_length is not None:
            lines.append(("Content-Length", str(request.body_length)))
        raw = request_bytes(request.method, request.target, lines, body=b"b" * (request.body_length or 0))
        address = request.to or "127.0.0.1"
        try:
            return self.server.client.send(raw, request.port, method=request.method, address=address).status
        except OSError:
            return CLOSED
