"""Sending requests byte for byte, and reading the answers.

No HTTP library: they tidy up what they send, and what these tests send is often untidy on purpose.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

CLOSED = 444
"""The status of an answer that never came: the server closed the connection, as nginx's own `return 444` does."""

HTTP_09 = 9
"""The status of an HTTP/0.9 answer, which is a body and nothing else."""


class Response(NamedTuple):
    """An answer: the status, the header lines in order with lower-case names, the body without transfer encoding."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """The first header of that name."""
        return next((value for key, value in self.headers if key == name.lower()), None)


class Tls(NamedTuple):
    """How to open a TLS connection. The server's certificate is never checked: it is a throw-away one."""

    sni: str | None = None
    certificate: Path | None = None  # the client's
    key: Path | None = None

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if self.certificate:
            context.load_cert_chain(self.certificate, self.key)
        return context


class Stale(ConnectionError):
    """The server closed the connection before the first byte of an answer."""


class Connection:
    """One connection and its read buffer."""

    def __init__(
        self, host: str, port: int, source: str | None = None, tls: Tls | None = None, timeout: float = 10.0
    ) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(timeout)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if source:
                # Port 0 at bind time would otherwise use up one of the source's ports for each connection.
                sock.setsockopt(socket.IPPROTO_IP, getattr(socket, "IP_BIND_ADDRESS_NO_PORT", 24), 1)
                sock.bind((source, 0))
            sock.connect((host, port))
            if tls is not None:
                sock = tls.context().wrap_socket(sock, server_hostname=tls.sni)
        except BaseException:
            sock.close()
            raise
        self.sock = sock
        self.buffer = b""
        self.used = False
        self.open = True

    def close(self) -> None:
        self.open = False
        self.sock.close()

    def exchange(self, raw: bytes, method: str, *, http_09: bool = False) -> Response:
        """Send the bytes of one request and read its answer."""
        try:
            # A server that has read enough to refuse may close while we still send: its answer is there all the same.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.sock.sendall(raw)
            response = Response(HTTP_09, (), self._rest()) if http_09 else self._response(method)
        except BaseException:
            self.close()
            raise
        self.used = True
        return response

    def _fill(self) -> bool:
        try:
            data = self.sock.recv(65536)
        except (ConnectionResetError, ssl.SSLError):
            data = b""
        self.buffer += data
        return bool(data)

    def _rest(self) -> bytes:
        while self._fill():
            pass
        self.close()
        data, self.buffer = self.buffer, b""
        return data

    def _take(self, size: int) -> bytes:
        while len(self.buffer) < size:
            if not self._fill():
                raise ConnectionError(f"the answer ended {size - len(self.buffer)} bytes short")
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def _until(self, mark: bytes) -> bytes:
        while mark not in self.buffer:
            if not self._fill():
                raise (ConnectionError(f"cut short: {self.buffer[:200]!r}") if self.buffer else Stale())
        data, _, self.buffer = self.buffer.partition(mark)
        return data

    def _response(self, method: str) -> Response:
        while True:
            first, *lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
            version, _, rest = first.partition(" ")
            status = int(rest[:3])
            if status >= 200:
                break
        headers = tuple(
            (name.strip().lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)
        )
        response = Response(status, headers, b"")
        close = (response.header("connection") or ("close" if version == "HTTP/1.0" else "")).lower() == "close"
        body = b"" if method == "HEAD" or status in (204, 304) else self._body(response)
        if close:
            self.close()
        return Response(status, headers, body)

    def _body(self, response: Response) -> bytes:
        if (response.header("transfer-encoding") or "").lower() == "chunked":
            return self._chunks()
        length = response.header("content-length")
        return self._rest() if length is None else self._take(int(length))

    def _chunks(self) -> bytes:
        parts = []
        while size := int(self._until(b"\r\n").split(b";")[0], 16):
            parts.append(self._take(size))
            self._take(2)
        while self._until(b"\r\n"):
            pass
        return b"".join(parts)


class Client:
    """Keeps connections open, one for each way of connecting, and asks over them.

    `with Client() as client: client.get(port, "/x", host="a.example").status`
    """

    def __init__(self, timeout: float = 10.0) -> None:
        self.timeout = timeout
        self._pool: dict[tuple[str, int, str | None, Tls | None], Connection] = {}

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        for connection in self._pool.values():
            connection.close()
        self._pool.clear()

    def get(self, port: int, target: str | bytes = "/", **kwargs: object) -> Response:
        """`ask` with GET."""
        return self.ask(port, "GET", target, **kwargs)  # type: ignore[arg-type]

    def ask(
        self,
        port: int,
        method: str = "GET",
        target: str | bytes = "/",
        headers: Mapping[str, str] | Iterable[tuple[str, str | bytes]] = (),
        *,
        host: str | None = "localhost",
        address: str | None = None,
        source: str | None = None,
        version: str = "HTTP/1.1",
        body: bytes = b"",
        tls: Tls | None = None,
    ) -> Response:
        """Ask for one target.

        `host` is the Host header, None sends none, and one in `headers` takes its place. `source` is the client's
        address; `address` the server's (default: loopback of the source's family). Nothing is added but `Host` and,
        with a body, `Content-Length`. `version` "" is HTTP/0.9.
        """
        lines = list(headers.items() if hasattr(headers, "items") else headers)
        named = {name.lower() for name, _ in lines}
        if host is not None and "host" not in named:
            lines.insert(0, ("Host", host))
        if body and not named & {"content-length", "transfer-encoding"}:
            lines.append(("Content-Length", str(len(body))))
        raw = request_bytes(method, target, lines, version=version, body=body)
        return self.send(raw, port, method=method, address=address, source=source, tls=tls, http_09=not version)

    def send(
        self,
        raw: bytes,
        port: int,
        *,
        method: str = "GET",
        address: str | None = None,
        source: str | None = None,
        tls: Tls | None = None,
        http_09: bool = False,
    ) -> Response:
        """Send raw bytes; `method` says how the answer is to be read (HEAD has no body)."""
        host = address or ("::1" if source and ":" in source else "127.0.0.1")
        key = (host, port, source, tls)
        for _ in range(2):
            connection = self._pool.get(key)
            if connection is None or not connection.open or http_09:
                connection = self._pool[key] = Connection(host, port, source, tls, self.timeout)
            was_used = connection.used
            try:
                return connection.exchange(raw, method, http_09=http_09)
            except Stale:
                if not was_used:  # on a kept connection it may be the server's timeout: ask once more on a new one
                    break
        return Response(CLOSED, (), b"")


def request_bytes(
    method: str,
    target: str | bytes,
    headers: Iterable[tuple[str, str | bytes]] = (),
    *,
    version: str = "HTTP/1.1",
    body: bytes = b"",
) -> bytes:
    """The bytes of a request, exactly as given: text is UTF-8, nothing is quoted or checked."""
    raw_target = target if isinstance(target, bytes) else target.encode("utf-8", "surrogateescape")
    if not version:
        return method.encode() + b" " + raw_target + b"\r\n"
    parts = [method.encode(), b" ", raw_target, b" ", version.encode(), b"\r\n"]
    for name, value in headers:
        raw = value if isinstance(value, bytes) else value.encode("utf-8", "surrogateescape")
        parts += [name.encode(), b": ", raw, b"\r\n"]
    return b"".join([*parts, b"\r\n", body])
