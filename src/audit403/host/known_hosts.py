"""The known_hosts files of OpenSSH: which keys a host is known by, which authorities may vouch for it, what is revoked.

Truth: sshd(8), SSH_KNOWN_HOSTS FILE FORMAT; hostfile.c and match.c of OpenSSH. paramiko's own loader dies of `@` lines.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Iterator
from pathlib import Path

from audit403.core.named_tuple import NamedTuple

AUTHORITY, REVOKED = "@cert-authority", "@revoked"
DEFAULT_PORT = 22
_HASHED = "|1|"

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

    def names(self, host: str) -> bool:
        """Whether the line is about a host, written as `name` or `[name]:port`."""
        if self.hosts.startswith(_HASHED):
            return _is_hash_of(self.hosts, host)
        return names_host(self.hosts, host)


class Judgement(NamedTuple):
    """What the files say of a key; `lines` are those that say so, for a changed key the ones with another."""

    verdict: str
    lines: tuple[Line, ...] = ()


class KnownHosts:
    """What several files know together."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.lines = tuple(lines)

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
        low = name.lower()
        return (line for line in self.lines if line.marker == marker and line.names(low))


def read_known_hosts(paths: Iterable[Path]) -> KnownHosts:
    """All lines of the files that are there. Raises OSError for one that is there and cannot be read."""
    return KnownHosts(line for path in paths for line in _lines_of(path))


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


def _lines_of(path: Path) -> Iterator[Line]:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return
    for number, raw in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
        line = _parsed(str(path), number, raw)
        if line is not None:
            yield line


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
    return Line(file, number, marker, hosts, key_type, key) if _type_of(key) == key_type else None


def _type_of(key: bytes) -> str:
    """The type that a key says itself that it is, as its first string."""
    length = int.from_bytes(key[:4], "big")
    return key[4 : 4 + length].decode("ascii", "replace")


def _is_hash_of(hosts: str, host: str) -> bool:
    """Whether `|1|salt|hash` is about a host."""
    salt, separator, digest = hosts.removeprefix(_HASHED).partition("|")
    try:
        made = hmac.new(base64.b64decode(salt), host.encode(), hashlib.sha1).digest()
        return bool(separator) and hmac.compare_digest(made, base64.b64decode(digest))
    except (binascii.Error, ValueError):
        return False


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
