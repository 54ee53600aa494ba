"""What the installed httpd's own files say about its modules: each one's source file and its table of directives.

`apache2 -L` does not tell how a directive takes its arguments. The tables lie as data in the shared objects
(command_rec in include/http_config.h), and that is where they are read from: ELF, 64 bit, as on every Debian here.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import NamedTuple

MODULES = Path("/usr/lib/apache2/modules")
MAGIC = 0x41503234  # "AP24"
COMMAND_SIZE = 40
HOW = (
    "RAW_ARGS", "TAKE1", "TAKE2", "ITERATE", "ITERATE2", "FLAG", "NO_ARGS",
    "TAKE12", "TAKE3", "TAKE23", "TAKE123", "TAKE13", "TAKE_ARGV",
)  # fmt: skip


class Command(NamedTuple):
    """One directive: its name as the module spells it, the bits of where it may stand, how it takes arguments."""

    name: str
    override: int
    how: str


class Module(NamedTuple):
    """One module: the symbol that LoadModule names, the file name that <IfModule> knows it by, its directives."""

    symbol: str
    file: str
    commands: tuple[Command, ...]


def modules_of(path: Path) -> list[Module]:
    """The modules that a shared object or the server itself defines."""
    return _Object(path.read_bytes()).modules()


class _Object:
    def __init__(self, data: bytes) -> None:
        if data[:5] != b"\x7fELF\x02":
            raise ValueError("not a 64-bit ELF file")
        self.data = data
        self.segments = self._segments()
        self.sections = self._sections()
        self.pointers = self._relocations()

    def modules(self) -> list[Module]:
        """The exported symbols that end in `_module` and carry httpd's mark."""
        found = []
        for name, value in self._symbols():
            if not name.endswith("_module"):
                continue
            at = self._offset(value)
            if at is None or self._number("<Q", at + 40) & 0xFFFFFFFF != MAGIC:
                continue
            file = self._text(self.pointers.get(value + 16, 0)).rpartition("/")[2]
            found.append(Module(name, file, tuple(self._commands(self.pointers.get(value + 88, 0)))))
        return sorted(found)

    def _commands(self, address: int) -> list[Command]:
        found = []
        while address:
            name = self.pointers.get(address, 0)
            at = self._offset(address)
            if not name or at is None:
                break
            override, how = struct.unpack_from("<iI", self.data, at + 24)
            found.append(Command(self._text(name), override, HOW[how]))
            address += COMMAND_SIZE
        return found

    def _segments(self) -> list[tuple[int, int, int]]:
        offset, size, count = (self._number("<Q", 32), self._number("<H", 54), self._number("<H", 56))
        found = []
        for at in range(offset, offset + size * count, size):
            if self._number("<I", at) == 1:
                start, address, _, length = struct.unpack_from("<QQQQ", self.data, at + 8)
                found.append((address, length, start))
        return found

    def _sections(self) -> list[tuple[int, int, int, int]]:
        offset, size, count = (self._number("<Q", 40), self._number("<H", 58), self._number("<H", 60))
        found = []
        for at in range(offset, offset + size * count, size):
            kind = self._number("<I", at + 4)
            start, length, link = struct.unpack_from("<QQI", self.data, at + 24)
            found.append((kind, start, length, link))
        return found

    def _relocations(self) -> dict[int, int]:
        return {
            address: addend
            for kind, start, length, _ in self.sections
            if kind == 4  # SHT_RELA
            for address, what, addend in struct.iter_unpack("<QQq", self.data[start : start + length])
            if what & 0xFFFFFFFF == 8  # R_X86_64_RELATIVE
        }

    def _symbols(self) -> list[tuple[str, int]]:
        found = []
        for kind, start, length, link in self.sections:
            if kind != 11:  # SHT_DYNSYM
                continue
            names = self.sections[link][1]
            for name, _, _, _, value, _ in struct.iter_unpack("<IBBHQQ", self.data[start : start + length]):
                if value:
                    end = self.data.index(0, names + name)
                    found.append((self.data[names + name : end].decode(), value))
        return found

    def _offset(self, address: int) -> int | None:
        return next((start + address - low for low, size, start in self.segments if low <= address < low + size), None)

    def _text(self, address: int) -> str:
        at = self._offset(address)
        return "" if at is None or not address else self.data[at : self.data.index(0, at)].decode()

    def _number(self, form: str, at: int) -> int:
        value: int = struct.unpack_from(form, self.data, at)[0]
        return value
