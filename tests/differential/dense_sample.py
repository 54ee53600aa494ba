"""A dense sample of requests around a configuration, drawn from what is written in it and not from the code under test.

Every word that decides something – networks, patterns, headers, cookies, arguments, hosts, methods, paths, files – is
noted with texts on either side of it. A request is ordinary in most things, and in some on one side of what is noted.
What a server's words are is for the subclass to say, in `read`.
"""

from __future__ import annotations

import base64
import os
import re
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, NamedTuple

from audit403.core.request import Request, Tls
from differential.nginx.tree_generator import quoted

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
ORDINARY = ("203.0.113.9", "2001:db8::9")
CLIENTS = (*ORDINARY, "198.51.100.200", "127.0.0.1", "::1", "192.168.1.7", "10.1.2.3", "10.1.2.4")
METHODS = ("HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND", "PATCH")
AGENTS = (None, "curl/8.0", "Googlebot/2.1", "python-requests/2.31", "Wget/1.21", "")
TEXTS = 6
"""So many texts are drawn for one pattern."""


class Change(NamedTuple):
    """One thing that a request may have that an ordinary one has not; `value` None takes a header away."""

    kind: str
    name: str
    value: str | None


class Port(NamedTuple):
    """A socket that is asked: the server's address, the port, whether it speaks TLS."""

    address: str
    number: int
    tls: bool


class Notes:
    """What one server, or what is around all of them, says."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.hosts: list[str] = []
        self.clients: list[str] = []
        self.changes: list[tuple[Change, ...]] = []
        self.limited = False

    def change(self, *changes: Change) -> None:
        self.changes.append(changes)


class DenseSample:
    """Draws requests around what was noted of a configuration, for ever."""

    def __init__(self, rng: random.Random, ports: list[Port]) -> None:
        self.rng = rng
        self.ports = ports
        self.around = Notes()
        self.servers: list[Notes] = []

    def requests(self, count: int) -> Iterator[Request]:
        for _ in range(count):
            yield self._request()

    def clients(self) -> list[str]:
        """Everybody whom the configuration may mean, and some others."""
        every = [self.around, *self.servers]
        return list(dict.fromkeys((*CLIENTS, *(client for notes in every for client in notes.clients))))

    def _request(self) -> Request:
        rng = self.rng
        own = rng.choice(self.servers or [self.around])
        host = rng.choice(own.hosts) if own.hosts and rng.random() < 0.85 else self._any_host()
        client = self._client(own) if rng.random() < 0.4 else ORDINARY[0]
        ports = [port for port in self.ports if (":" in port.address) == (":" in client)]
        if not ports:
            client, ports = ORDINARY[0], [port for port in self.ports if ":" not in port.address] or self.ports
        port = rng.choice(ports)
        target = self._path(own)
        tls = Tls(host.partition(":")[0], rng.choice(("none", "none", "verified", "failed"))) if port.tls else None
        request = Request(
            "GET", "https" if port.tls else "http", host, port.number, target, client, (("User-Agent", BROWSER),),
            port.address, tls, None, own.limited and rng.random() < 0.06,
        )  # fmt: skip
        for changes in self._changes(own):
            for change in changes:
                request = changed(request, change)
        return request

    def _any_host(self) -> str:
        every = [host for notes in self.servers for host in notes.hosts]
        return self.rng.choice([*every, "unknown.example", "192.0.2.1"])

    def _client(self, own: Notes) -> str:
        return self.rng.choice([*CLIENTS, *own.clients * 2, *self.around.clients])

    def _changes(self, own: Notes) -> Iterator[tuple[Change, ...]]:
        rng = self.rng
        noted = [*own.changes, *self.around.changes]
        yield from rng.sample(noted, min(len(noted), rng.choice((0, 0, 1, 1, 2, 2, 3))))
        if rng.random() < 0.12:
            yield (Change("method", "", rng.choice(METHODS)),)
        if rng.random() < 0.08:
            yield (Change("header", "User-Agent", rng.choice(AGENTS)),)

    def _path(self, own: Notes) -> str:
        rng = self.rng
        if not own.paths or rng.random() < 0.06:
            return rng.choice(("/", "/nothing", "/index.html", "/a/b.php", "/.hidden", "/.well-known/acme-challenge/x"))
        path = rng.choice(own.paths)
        if rng.random() < 0.12:
            path = path.rstrip("/") + rng.choice(("/", "/x", ".bak", "/x.php", "/.git/config", "/a/b.html", "~", "/.x"))
        elif rng.random() < 0.06:
            path = path.rpartition("/")[0] + rng.choice(("/", "/other.html"))
        return quoted(path) if path.startswith("/") else "/" + quoted(path)


def changed(request: Request, change: Change) -> Request:
    """The request with a change; one that cannot be sent leaves it as it is."""
    kind, name, value = change
    text = value or ""
    if any(character < " " for character in text):
        return request
    path, _, arguments = request.target.partition("?")
    if kind == "method":
        return request._replace(method=text) if re.fullmatch("[A-Z_-]+", text) else request
    if kind == "header":
        return _with_header(request, name, value)
    if kind == "user":
        return _with_header(request, "Authorization", "Basic " + base64.b64encode(text.encode()).decode())
    if kind == "cookie":
        known = next((line for key, line in request.headers if key == "Cookie"), "")
        return _with_header(request, "Cookie", f"{known}; {name}={text}".lstrip("; "))
    if kind == "body":
        return request._replace(body_length=int(text))
    if kind == "host":
        return request._replace(host=text) if re.fullmatch(r"[\w.:-]+", text) else request
    if kind == "path":
        return request._replace(target=quoted(text)) if text.startswith("/") else request
    if any(not "!" <= character <= "~" for character in text):
        return request
    if kind == "argument":
        return request._replace(target=f"{path}?{arguments}&{name}={text}".replace("?&", "?"))
    if kind == "query":
        return request._replace(target=f"{path}?{text}")
    return request._replace(target=text if text.startswith("/") else f"{path}?{text}")


def around(text: str) -> list[str]:
    """Addresses inside and beside a network or a range."""
    first, _, last = text.partition("-")
    if last and is_address(first) and is_address(last):
        return [*around(first), *around(last)]
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return []
    low, high = int(network.network_address), int(network.broadcast_address)
    bits = 32 if network.version == 4 else 128
    beside = (low - 1, low, low + 1, high - 1, high, high + 1)
    return [str(ip_address(number.to_bytes(bits // 8, "big"))) for number in beside if 0 < number < 2**bits - 1]


def _with_header(request: Request, name: str, value: str | None) -> Request:
    kept = tuple(pair for pair in request.headers if pair[0].lower() != name.lower())
    return request._replace(headers=kept if value is None else (*kept, (name, value.strip())))


def is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def entries(folder: str) -> Iterator[str]:
    """What lies below a folder, as paths below it; links are not followed."""
    for path, directories, files in os.walk(folder):
        below = path[len(folder.rstrip("/")) :]
        yield f"{below}/"
        yield from (f"{below}/{name}" for name in (*directories, *files))
