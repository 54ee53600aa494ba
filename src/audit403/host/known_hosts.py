"""The known_hosts files of OpenSSH: which keys a host is known by, which authorities may vouch for it, what is revoked.

Truth: sshd(8), SSH_KNOWN_HOSTS FILE FORMAT; hostfile.c and match.c of OpenSSH. paramiko's own loader dies of `@` lines.
"""

import base64
import binascii
import hashlib
import os
import threading
import time
from collections.abc import Iterable, Iterator

from audit403.core.named_tuple import NamedTuple
from audit403.host.wire import is_of_type

AUTHORITY, REVOKED = "@cert-authority", "@revoked"
DEFAULT_PORT = 22
_HASHED = "|1|"
_OF_PATTERNS = "*?!"
_SHA1_BLOCK = 64
_INNER, _OUTER = bytes(one ^ 0x36 for one in range(256)), bytes(one ^ 0x5C for one in range(256))
_TICK = 2_000_000_000

KNOWN, UNKNOWN, CHANGED, REVOKED_KEY = "known", "unknown", "changed", "revoked"
"""What the files say of a key that a host shows."""


class Line(NamedTuple):
    """One line: `marker` is empty for an ordinary key; `key` is the key itself, decoded."""

    file: str
    number: int
    marker: str
    hosts: str
    key_type: str
    key: bytes


class Judgement(NamedTuple):
    """What the files say of a key; `lines` are those that say so, for a changed key the ones with another."""

    verdict: str
    lines: tuple[Line, ...] = ()


class LineIndex:
    """The lines of a file by whom they are about: a big estate has ten thousand, and each host asks several times."""

    def __init__(self) -> None:
        self._named: dict[str, list[Line]] = {}
        self._patterns: list[Line] = []
        self._hashed: list[tuple[bytes, bytes, bytes, Line]] = []
        self._found: dict[str, tuple[Line, ...]] = {}

    def add(self, lines: Iterable[Line]) -> None:
        """Lines that stand behind those that are there."""
        self._found.clear()
        for line in lines:
            if line.hosts.startswith(_HASHED):
                self._hashed += [(*parts, line) for parts in _hash_parts(line.hosts)]
            elif any(sign in line.hosts for sign in _OF_PATTERNS):
                self._patterns.append(line)
            else:
                for name in dict.fromkeys(line.hosts.lower().split(",")):
                    self._named.setdefault(name, []).append(line)

    def about(self, host: str) -> tuple[Line, ...]:
        """The lines about a host, written as `name` or `[name]:port`, in their order."""
        known = self._found.get(host)
        if known is None:
            name = host.encode("utf-8", "surrogateescape")
            found = [
                *self._named.get(host, ()),
                *(line for line in self._patterns if names_host(line.hosts, host)),
                *(line for inner, outer, digest, line in self._hashed
                  if hashlib.sha1(outer + hashlib.sha1(inner + name).digest()).digest() == digest),
            ]  # fmt: skip
            known = self._found[host] = tuple(sorted(found, key=lambda line: line.number))
        return known


class KnownHosts:
    """What several files know together."""

    def __init__(self, files: Iterable[LineIndex]) -> None:
        self._files = tuple(files)

    def about(self, host: str) -> Iterator[Line]:
        """The lines about a host, written as `name` or `[name]:port`."""
        return (line for file in self._files for line in file.about(host.lower()))

    def judge(self, host: str, port: int, key: bytes) -> Judgement:
        """What is known of a key that a host has shown; `host` is its name or its HostKeyAlias.

        A revoked key is refused whatever else is said, on every port. A host on another port than 22 that has no line
        of its own is known by the line of its name alone; but no line of that makes its key a changed one.
        """
        name = at_port(host, port)
        revoked = tuple(
            line for one in dict.fromkeys((name, host)) for line in self._of(one, REVOKED) if line.key == key
        )
        if revoked:
            return Judgement(REVOKED_KEY, revoked)
        own = tuple(self._of(name, ""))
        same = tuple(line for line in own or self._of(host, "") if line.key == key)
        if same:
            return Judgement(KNOWN, same)
        return Judgement(CHANGED, own) if own else Judgement(UNKNOWN)

    def authorities(self, host: str, port: int) -> tuple[Line, ...]:
        """The authorities that may vouch for a host by a certificate."""
        return tuple(self._of(at_port(host, port), AUTHORITY))

    def key_types(self, host: str, port: int) -> tuple[str, ...]:
        """The types of the keys that a host is known by, so that one of them is asked for first."""
        found = [line.key_type for line in self._of(at_port(host, port), "")]
        return tuple(dict.fromkeys(found or [line.key_type for line in self._of(host, "")]))

    def _of(self, name: str, marker: str) -> Iterator[Line]:
        return (line for line in self.about(name) if line.marker == marker)


def read_known_hosts(paths: Iterable[str]) -> KnownHosts:
    """All lines of the files that are there. Raises OSError for one that is there and cannot be read."""
    with _reading:
        return KnownHosts(_file(path).read() for path in paths)


def _file(path: str) -> "_File":
    known = _files.get(path)
    if known is None:
        known = _files[path] = _File(path)
    return known


class _File:
    """A file as it was read last; what was written behind that is all that is read of it then."""

    def __init__(self, path: str) -> None:
        self._path, self._data, self._count, self._index = path, b"", 0, LineIndex()
        self._seen: tuple[int, ...] = ()

    def read(self) -> LineIndex:
        try:
            with open(self._path, "rb") as file:
                about = os.fstat(file.fileno())
                seen = (about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns)
                # A file may be written twice within one tick of the clock that its times are from.
                if seen != self._seen or time.time_ns() - about.st_mtime_ns < _TICK:
                    self._take(file.read())
                    self._seen = seen
        except FileNotFoundError:
            self._take(b"")
            self._seen = ()
        return self._index

    def _take(self, data: bytes) -> None:
        if data == self._data:
            return
        if not (self._data.endswith(b"\n") and data.startswith(self._data)):
            self._data, self._count, self._index = b"", 0, LineIndex()
        more = data[len(self._data) :].decode("utf-8", "surrogateescape").split("\n")
        parsed = (_parsed(self._path, number, text) for number, text in enumerate(more, self._count + 1))
        self._index.add(line for line in parsed if line is not None)
        self._data, self._count = data, self._count + len(more) - 1


def at_port(host: str, port: int) -> str:
    """A host as the files name it: with its port unless that is the usual one."""
    low = host.lower()
    return low if port == DEFAULT_PORT else f"[{low}]:{port}"


def line_for(host: str, port: int, key_type: str, key: bytes) -> str:
    """The line that makes a key known."""
    return f"{at_port(host, port)} {key_type} {base64.b64encode(key).decode('ascii')}\n"


def fingerprint(key: bytes) -> str:
    """A key's fingerprint as ssh shows it."""
    digest = base64.b64encode(hashlib.sha256(key).digest()).decode("ascii")
    return f"SHA256:{digest.rstrip('=')}"


def _parsed(file: str, number: int, text: str) -> Line | None:
    """One line; None for a comment, and for what ssh passes over too."""
    words = text.split()
    if not words or words[0].startswith("#"):
        return None
    marker = ""
    if words[0].startswith("@"):
        marker = words.pop(0)
        if marker not in (AUTHORITY, REVOKED):
            return None
    if len(words) < 3:
        return None
    hosts, key_type, encoded = words[:3]
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None
    return Line(file, number, marker, hosts, key_type, key) if is_of_type(key, key_type) else None


def _hash_parts(hosts: str) -> list[tuple[bytes, bytes, bytes]]:
    """Of `|1|salt|hash` the two keys that HMAC (RFC 2104) makes of the salt, and the hash; nothing where it is none."""
    salt, separator, digest = hosts.removeprefix(_HASHED).partition("|")
    try:
        key = base64.b64decode(salt).ljust(_SHA1_BLOCK, b"\0")
        parts = key.translate(_INNER), key.translate(_OUTER), base64.b64decode(digest)
        return [parts] if separator and len(key) == _SHA1_BLOCK else []
    except (binascii.Error, ValueError):
        return []


def names_host(patterns: str, host: str) -> bool:
    """Whether a list of patterns, parted by commas, names a host; one with `!` that fits takes it all away."""
    named = False
    for pattern in patterns.lower().split(","):
        if pattern.startswith("!"):
            if _fits(pattern[1:], host):
                return False
        elif pattern and _fits(pattern, host):
            named = True
    return named


def _fits(pattern: str, text: str) -> bool:
    """`*` is any text and `?` any character; brackets are no class here. Linear in both, whatever the pattern."""
    at = start = 0
    star = -1
    for_star = 0
    while start < len(text):
        if at < len(pattern) and (pattern[at] == "?" or (pattern[at] != "*" and pattern[at] == text[start])):
            at, start = at + 1, start + 1
        elif at < len(pattern) and pattern[at] == "*":
            star, for_star, at = at, start, at + 1
        elif star >= 0:
            for_star += 1
            at, start = star + 1, for_star
        else:
            return False
    return not pattern[at:].strip("*")


_reading = threading.Lock()
_files: dict[str, _File] = {}
