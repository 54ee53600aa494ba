"""The names of a directory in one text say of each name what a tuple of them would."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit403.evidence.interface import FILE, Entry
from audit403.explore.alike_names import extensions
from audit403.explore.joined_names import NamesIn, bytes_of
from servers.in_groups import NAMES

if TYPE_CHECKING:
    import random


def test_as_a_tuple_of_them(rng: random.Random) -> None:
    for _ in range(100):
        names = rng.sample(NAMES, rng.randint(1, len(NAMES)))
        joined = b"\0".join([b"", *map(bytes_of, names), b""])
        inside = NamesIn(((Entry(FILE, 0o644, 0, 0), joined),), "/w")
        assert [*inside] == names
        assert len(inside) == len(names)
        assert {name for name in (*NAMES, "\ud800", "", "index", "x.html\0") if name in inside} == set(names)
        endings = (".html", ".png", ".php")
        assert [*inside.ending_in(endings)] == [name for name in names if name.lower().endswith(endings)]


def test_extensions_of_large_directories() -> None:
    for more in ([], ["README"], ["a.other"], ["x."]):
        names = [f"{number}.{'png' if number % 3 else 'tar.gz'}" for number in range(2000)] + more
        joined = b"\0".join([b"", *map(bytes_of, names), b""])
        expected: dict[bytes | None, int] = {}
        for name in names:
            ending = bytes_of(name.rpartition(".")[2]) if "." in name else None
            expected[ending] = expected.get(ending, 0) + 1
        assert extensions(joined) == expected
