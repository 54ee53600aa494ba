"""One request to httpd with everything that decides what it answers: TLS and certificates, a body, both addresses."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, NamedTuple

from audit403.core.request import Request
from audit403.core.request import Tls as Handshake
from servers.http import CLOSED, Client, Response, Tls, request_bytes

if TYPE_CHECKING:
    from servers.apache import Apache


class Trial(NamedTuple):
    """One request over TLS, or without it. A `body` of None sends none, and no Content-Length."""

    port: int
    target: str
    method: str
    host: str | None
    headers: tuple[tuple[str, str], ...]
    client: str
    tls: Tls | None = None
    certificate: str = "none"
    body: int | None = None

    def request(self) -> Request:
        """The request as the evaluator takes it."""
        tls = None if self.tls is None else Handshake(self.tls.sni, self.certificate)
        scheme = "http" if tls is None else "https"
        return Request(
            self.method, scheme, self.host, self.port, self.target, self.client, self.headers, "127.0.0.1", tls,
            self.body,
        )  # fmt: skip

    def prepare(self, server: Apache) -> None:
        """Nothing has to be asked before."""

    def send(self, server: Apache) -> Response:
        """Ask the real server; over TLS on a connection of its own."""
        lines = [*(() if self.host is None else (("Host", self.host),)), *self.headers]
        if self.body is not None:
            lines.append(("Content-Length", str(self.body)))
        raw = request_bytes(self.method, self.target, lines, body=b"b" * (self.body or 0))
        client = server.client if self.tls is None else Client(server.timeout)
        try:
            return client.send(
                raw, self.port, method=self.method, address="127.0.0.1", source=self.client, tls=self.tls
            )
        except (ssl.SSLError, ConnectionError):
            return Response(CLOSED, (), b"")
        finally:
            if client is not server.client:
                client.close()
