"""What exploration says of one configuration, held against the real nginx.

The real server is told by a header who the client is, so that any address can ask; and only a request that is meant to
be over its limits carries a key for them.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from audit403.core.decision import Decision
from audit403.core.fact import Refusal
from audit403.core.place import PathPlace
from audit403.evidence.local import LocalEvidence
from audit403.nginx.decide.evaluator import Evaluator
from audit403.nginx.explore.explorer import Explorer
from audit403.nginx.model.build import build_model
from audit403.nginx.read.configuration import read_configuration
from differential.score import Key, kind_of
from servers.http import CLOSED, Response, Tls, request_bytes
from servers.nginx import Nginx, main_config

if TYPE_CHECKING:
    from pathlib import Path

    from audit403.core.request import Request
    from servers.certificates import Certificates

CLIENT_HEADER = "X-Audit403-Client"
REAL_IP = f"set_real_ip_from 127.0.0.0/8; set_real_ip_from ::1; real_ip_header {CLIENT_HEADER};"
_BURST = 3


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
            self.found.add((*kind_of(refusal.cause, refusal.where), server))
            self.found |= {(refusal.cause, member, server) for member in refusal.subject.members}
        return self.refusals

    def key(self, request: Request, decision: Decision) -> Key:
        """Cause, place and server block of a refused request."""
        return (*kind_of(decision.cause, decision.where), id(self.explorer.trails.server(request, decision)))

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
