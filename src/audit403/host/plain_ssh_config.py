"""Which lines of ssh's configuration hold for a host, where it is so plain that this can be told without ssh.

Two hosts for which the very same lines hold get the same answer of `ssh -G` but for their names, and so ssh need be
asked only once for both. What is not plain beyond doubt – Match, quotes, names with capitals, jumps, tokens in what is
used here – is not told. Truth: ssh_config(5); process_config_line_depth of OpenSSH's readconf.c.
"""

import os
import re
from collections.abc import Iterable
from glob import glob, has_magic
from pathlib import Path

from audit403.core.named_tuple import NamedTuple
from audit403.host.known_hosts import names_host

_DEEPEST = 16
_LINE = re.compile(r"([a-z0-9]+)(?:[ \t]*=[ \t]*|[ \t]+)(\S.*)", re.IGNORECASE)
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
_ADDRESS = re.compile(r"[A-Za-z0-9._:-]+")
_PATTERN = re.compile(r"!?[a-z0-9.*?_:-]+")
_NEVER = frozenset(("match", "canonicalizehostname", "canonicaldomains", "canonicalizepermittedcnames", "tag"))
_HOST_NAME, _JUMP = "hostname", "proxyjump"
_USED = frozenset((
    "hostname", "user", "port", "identityfile", "certificatefile", "identitiesonly", "identityagent", "proxyjump",
    "proxycommand", "hostkeyalias", "userknownhostsfile", "globalknownhostsfile", "connecttimeout",
    "gssapiauthentication",
))  # fmt: skip
"""What `ssh_settings` reads of ssh's answer."""


class Lines(NamedTuple):
    """The lines that hold for a host, each as it is written; `host_name` is the HostName among them, which is apart."""

    lines: tuple[str, ...]
    host_name: str


class _NotPlain(Exception):
    """A configuration of which only ssh can say what it means."""


class _Block(NamedTuple):
    """The lines behind one Host line; `conditions` are the patterns of that, and of those around what it is in."""

    conditions: tuple[str, ...]
    lines: tuple[tuple[str, str], ...]


class _Known(NamedTuple):
    """What some files have said: None for the blocks where only ssh can tell; `by_name` are those for single hosts."""

    files: tuple[Path, ...]
    looked_at: tuple[str, ...]
    stamp: object
    blocks: tuple[_Block, ...] | None
    by_name: dict[str, list[int]]
    general: tuple[int, ...]


class PlainConfiguration:
    """Some files, one after the other; it is read again where one of them has changed."""

    def __init__(self) -> None:
        self._known: _Known | None = None

    def lines_for(self, host: str, files: tuple[Path, ...]) -> Lines | None:
        """What holds for a host; None where only ssh can tell."""
        known = self._known  # in one piece: another thread may read the files again meanwhile
        if known is None or files != known.files or known.stamp != _stamp(known.looked_at):
            known = self._known = _known(files)
        if known.blocks is None or not _NAME.fullmatch(host):
            return None
        found: list[str] = []
        host_name = ""
        for number in sorted((*known.by_name.get(host, ()), *known.general)):
            block = known.blocks[number]
            if not all(names_host(patterns, host) for patterns in block.conditions):
                continue
            for keyword, value in block.lines:
                if keyword != _HOST_NAME:
                    found.append(f"{keyword} {value}")
                else:
                    host_name = host_name or value.lower()
        return Lines(tuple(found), host_name or host)


def _known(files: tuple[Path, ...]) -> _Known:
    reader = _Reader()
    blocks: tuple[_Block, ...] | None
    try:
        for path in files:
            reader.take(str(path), (), 0)
        blocks = tuple(reader.blocks)
    except (_NotPlain, OSError, UnicodeDecodeError):
        blocks = None
    by_name: dict[str, list[int]] = {}
    general: list[int] = []
    for number, block in enumerate(blocks or ()):
        names = block.conditions[-1].split(",") if block.conditions else []
        if names and not any(has_magic(name) or name.startswith("!") for name in names):
            for name in dict.fromkeys(names):
                by_name.setdefault(name, []).append(number)
        else:
            general.append(number)
    looked_at = tuple(reader.looked_at)
    return _Known(files, looked_at, _stamp(looked_at), blocks, by_name, tuple(general))


class _Reader:
    """Takes files apart; raises _NotPlain, OSError or UnicodeDecodeError."""

    def __init__(self) -> None:
        self.looked_at: list[str] = []
        self.blocks: list[_Block] = []

    def take(self, path: str, around: tuple[str, ...], depth: int) -> None:
        """The blocks of one file; `around` are the conditions under which it is included."""
        if depth > _DEEPEST:
            raise _NotPlain
        self.looked_at.append(path)
        conditions = around
        lines: list[tuple[str, str]] = []
        for raw in Path(path).read_text("utf-8").splitlines():
            text = raw.strip(" \t\r\f")
            if not text or text.startswith("#"):
                continue
            keyword, value = _parts(text)
            if keyword == "host":
                self._add(conditions, lines)
                conditions, lines = (*around, _patterns(value)), []
            elif keyword == "include":
                self._add(conditions, lines)
                lines = []
                for pattern in value.split():
                    if not pattern.startswith("/"):
                        raise _NotPlain
                    self.looked_at.append(pattern)
                    for one in sorted(glob(pattern)):
                        self.take(one, conditions, depth + 1)
            else:
                lines.append((keyword, value))
        self._add(conditions, lines)

    def _add(self, conditions: tuple[str, ...], lines: Iterable[tuple[str, str]]) -> None:
        if kept := tuple(lines):
            self.blocks.append(_Block(conditions, kept))


def _parts(text: str) -> tuple[str, str]:
    """The keyword and the value of a plain line."""
    found = _LINE.fullmatch(text)
    if found is None or not text.isascii() or any(sign in text for sign in "\"'\\#"):
        raise _NotPlain
    keyword, value = found[1].lower(), found[2]
    is_jump = keyword == _JUMP and value.lower() != "none"  # ssh does not jump to a host through itself
    if keyword in _NEVER or is_jump or (keyword in _USED and "%" in value):
        raise _NotPlain
    if keyword == _HOST_NAME and not _ADDRESS.fullmatch(value):
        raise _NotPlain
    return keyword, value


def _patterns(value: str) -> str:
    """The patterns of a Host line, with commas between them."""
    words = value.split()
    if not all(map(_PATTERN.fullmatch, words)):
        raise _NotPlain
    return ",".join(words)


def _stamp(paths: Iterable[str]) -> tuple[object, ...]:
    """What changes with the files at some paths or patterns."""
    found: list[object] = []
    for path in paths:
        if has_magic(path):
            found.append(tuple(glob(path)))
            continue
        try:
            said = os.stat(path)
        except OSError:
            found.append(None)
        else:
            found.append((said.st_ino, said.st_size, said.st_mtime_ns))
    return tuple(found)
