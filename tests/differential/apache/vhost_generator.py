"""Random virtual hosts by address, port, name and path, limits on requests, and requests that hang on them."""

from __future__ import annotations

import os
from email.utils import formatdate
from typing import TYPE_CHECKING

from differential.nginx.duel import Ask
from servers.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

CHANGED = 1_700_000_000
FILES = ("index.html", "page.html", "a/index.html", "a b.html", "pre/page.html", "pre/a/index.html", "x.html/y")
ADDRESSES = ("127.0.0.1", "127.0.0.2", "127.0.0.3")
NAMES = ("a.test", "b.test", "www.b.test", "x.y.test", "c-1.test", "A.TEST", "127.0.0.2")
HOSTS = (
    *NAMES, "a.test.", "a.test:1", "a.test:80", "a.test:", "a.test:x", "b.test..", "", "localhost", "zz", "x.b.test",
    "a..b", "[::1]", "[::1]:80", "127.0.0.1", "127.1", "a_b.test", "a/b", "*", "www.y.test", "1234", "a.test:99999",
    "q.1", "-", "é.test",
)  # fmt: skip
ALIASES = ("*.b.test", "www?.y.test *.y.test", "c-1.test zz", "*", "B.test", "127.0.0.1")
SETTINGS = {
    "TraceEnable": ("On", "Off", "extended"),
    "AllowEncodedSlashes": ("On", "Off", "NoDecode"),
    "LimitRequestLine": (40, 60, 8190, 0),
    "LimitRequestFields": (0, 2, 3, 100),
    "LimitRequestFieldSize": (30, 60, 8190),
    "LimitRequestBody": (0, 5, 100),
    "StrictHostCheck": ("On", "Off"),
    "HttpProtocolOptions": ("Strict", "Unsafe", "RegisteredMethods"),
    "MergeSlashes": ("On", "Off"),
    "AcceptPathInfo": ("On", "Off", "Default"),
}
RULES = (*("Require all granted",) * 5, "Require all denied", "Require ip 127.0.0.2", "", "Options None")
ENDINGS = ("%2Fx", "/info", "%00", "%2e%2e", "/..%2f", "%5c", "//", "%zz", "?x=%2f", "%c3%a9", "%")
RANGES = (
    "bytes=0-", "bytes=0-3", "bytes=-5", "bytes=1000-", "bytes=5-2", "bytes=x", "items=0-1", "bytes=-0",
    "bytes=1000-2000,2000-",
)  # fmt: skip


def make_files(root: Path) -> None:
    """One tree for each host, all with the same files."""
    for host in range(4):
        for file in FILES:
            path = root / f"h{host}" / file
            if path.parent.suffix:
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file * 3)
            os.utime(path, (CHANGED, CHANGED))


class Vhosts:
    """One random configuration after another."""

    def __init__(self, rng: Random, root: Path) -> None:
        self.rng = rng
        self.root = root
        self.ports = (free_port(), free_port())
        self.own: tuple[int, ...] = ()

    def body(self) -> str:
        """Everything behind the LoadModule lines."""
        rng = self.rng
        listens = [rng.choice(("", "", "127.0.0.1:", "0.0.0.0:", "127.0.0.2:")) for _ in self.ports]
        parts = [f"Listen {address}{port}" for address, port in zip(listens, self.ports, strict=True)]
        parts += [f'DocumentRoot "{self.root}/h0"', *self.settings()]
        for host in range(4):
            parts.append(f'<Directory "{self.root}/h{host}">\n{self.rule()}\n</Directory>')
        for _ in range(rng.choice((0, 1, 2, 3, 4, 5))):
            parts.append(self.vhost())
            if rng.random() < 0.2:
                parts += self.settings()
        return "\n".join(parts)

    def vhost(self) -> str:
        rng = self.rng
        where = " ".join(self.address() for _ in range(rng.choice((1, 1, 1, 2))))
        lines = [f'DocumentRoot "{self.root}/h{rng.randrange(4)}"']
        if rng.random() < 0.9:
            lines.append(f"ServerName {rng.choice((*NAMES, 'http://a.test:80', 'b.test:81'))}")
        if rng.random() < 0.5:
            lines.append(f"ServerAlias {rng.choice(ALIASES)}")
        if rng.random() < 0.2:
            lines.append(f"ServerPath {rng.choice(('/pre', '/pre/', '/a'))}")
        lines += self.settings()
        if rng.random() < 0.4:
            lines.append(f"<Location {rng.choice(('/', '/pre', '/a', '/page.html'))}>\n{self.rule()}\n</Location>")
        inside = "\n".join(lines)
        return f"<VirtualHost {where}>\n{inside}\n</VirtualHost>"

    def address(self) -> str:
        port = self.rng.choice((*self.ports, *self.ports, "*"))
        return f"{self.rng.choice(('*', '*', '*', '_default_', *ADDRESSES))}:{port}"

    def settings(self) -> list[str]:
        """Some limits and switches of a server."""
        rng = self.rng
        names = [name for name in SETTINGS if rng.random() < 0.12]
        return [f"{name} {rng.choice(SETTINGS[name])}" for name in names]

    def rule(self) -> str:
        return self.rng.choice(RULES)

    def asks(self, number: int) -> list[Ask]:
        """Requests to every address, for every name."""
        return [self.ask() for _ in range(number)]

    def ask(self) -> Ask:
        rng = self.rng
        target = self.target()
        host = rng.choice(HOSTS) if rng.random() < 0.97 else None
        method = rng.choice(("GET",) * 9 + ("HEAD", "OPTIONS", "TRACE", "POST", "FOO", "CONNECT"))
        headers: list[tuple[str, str]] = []
        if rng.random() < 0.3:
            headers += self.conditions()
        if rng.random() < 0.1:
            headers.append(("X-Long", "y" * rng.choice((10, 21, 22, 23, 24, 51, 52, 53, 54, 100))))
        if method == "TRACE" and rng.random() < 0.3:
            headers.append(("Content-Length", "0"))
        if method == "CONNECT":
            target = rng.choice(("a.test:80", "b.test:1", "[::1]:80", "a.test", target))
        if method in ("GET", "OPTIONS") and target == "*":
            method = "OPTIONS"
        client = rng.choice(("127.0.0.1", "127.0.0.2"))
        return Ask(rng.choice(self.ports), target, method, host, tuple(headers), client, rng.choice(ADDRESSES))

    def target(self) -> str:
        rng = self.rng
        path = "/" + rng.choice((*FILES[:3], "a%20b.html", *FILES[4:6], "", "a", "a/", "none", "pre/", "pre"))
        roll = rng.random()
        if roll < 0.1:
            return path.replace("/", "%2F").replace("%2F", "/", 1)
        if roll < 0.2:
            return path + rng.choice(
                ("%2Fx", "/info", "%00", "%2e%2e", "/..%2f", "%5c", "//", "%zz", "?x=%2f", "%c3%a9", "%")
            )
        if roll < 0.3:
            host = rng.choice(("a.test", "b.test", "x.b.test:81", "c-1.test", "u@a.test", "", "zz"))
            return f"{rng.choice(('http', 'http', 'HTTP', 'https', 'ftp'))}://{host}{path}"
        if roll < 0.32:
            return rng.choice(("*", "a.test:80", "page.html", "/../page.html", "//a/", "/x" * 30, "/" + "x" * 300))
        return path

    def conditions(self) -> list[tuple[str, str]]:
        rng = self.rng
        times = [formatdate(CHANGED + shift, usegmt=True) for shift in (-1, 0, 1, 86_400)]
        times += ["nonsense", formatdate(4_000_000_000, usegmt=True)]
        known = (
            ("If-Modified-Since", rng.choice(times)), ("If-Unmodified-Since", rng.choice(times)),
            ("If-Match", rng.choice(("*", '"x"', 'W/"1e-5"'))),
            ("If-None-Match", rng.choice(("*", '"x"', '"1e-0", "y"'))),
            ("Range", rng.choice(RANGES)), ("Range", rng.choice(RANGES)),
        )  # fmt: skip
        found = dict(rng.sample(known, rng.choice((1, 1, 2))))
        if "Range" in found and rng.random() < 0.3:
            found["If-Range"] = rng.choice((*times, '"x"'))
        return list(found.items())
