"""What the layouts of all servers share: ports on loopback, and files as bytes that are text."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .ports import free_ports

if TYPE_CHECKING:
    from pathlib import Path

CLIENT_HEADER = "X-Audit403-Client"
"""Tells the real server who the client is, so that requests from any address can be sent."""

STAND_IN = "127.0.0.5"
"""Stands in for a proxy of a private network where the example trusts all addresses of this machine."""

_WILD = ("", "*", "0.0.0.0", "_default_")


class Live(NamedTuple):
    """A copy that can run here: its main file, where each port of the example now is, how it learns who asks."""

    main: Path
    ports: dict[int, dict[str, str]]
    by_header: bool
    has_stand_in: bool


class Addresses:
    """Gives sockets of an example places on loopback; `places` tells, for each port, which address is now where."""

    def __init__(self) -> None:
        self.places: dict[int, dict[str, str]] = {}
        self._ports: dict[int, int] = {}

    def port(self, number: int) -> int:
        """The free port that stands for one of the example's."""
        if number not in self._ports:
            free = free_ports(len(self._ports) + 1)
            self._ports[number] = next(port for port in free if port not in self._ports.values())
        return self._ports[number]

    def local(self, address: str, number: int) -> str:
        """The address and port that stand for one of the example's."""
        port = self.port(number)
        known = self.places.setdefault(number, {})
        if address not in known:
            if address.startswith("["):
                local = "[::1]"
            else:
                local = "127.0.0.1" if address in _WILD else f"127.0.1.{len(known) + 1}"
            known[address] = f"{local}:{port}"
        return known[address]


def read(path: Path) -> str:
    """A file's text; what is no UTF-8 survives."""
    return path.read_bytes().decode("utf-8", "surrogateescape")


def write(path: Path, text: str) -> None:
    """Write it back."""
    path.write_bytes(text.encode("utf-8", "surrogateescape"))


def texts_of(folder: Path) -> list[str]:
    """The texts of all files of a folder."""
    return [read(path) for path in folder.rglob("*") if path.is_file()]
