"""The compact store answers as plain dicts do."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit403.evidence import directories
from audit403.evidence.directories import Attributes, Directories, Lone
from audit403.evidence.interface import ABSENT, AclEntry, Entry, NotCollected, Unreadable

if TYPE_CHECKING:
    import pytest

WHY = NotCollected("for this reason")
names = st.binary(min_size=1, max_size=8).filter(lambda name: not {0, 47} & {*name} and name not in (b".", b".."))
attributes = st.builds(
    Attributes,
    st.sampled_from("fdl"),
    st.sampled_from((0o644, 0o755)),
    st.sampled_from((0, 33)),
    st.just(0),
    st.none(),
    st.none(),
)
targets = st.binary(min_size=1, max_size=5).filter(lambda target: 0 not in target)
contents = st.dictionaries(names, st.tuples(attributes, targets), max_size=30)


def text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def put(into: Directories, path: str, content: dict[bytes, tuple[Attributes, bytes]]) -> None:
    into.put_single(path, Lone(into.number_of(Attributes("d", 0o755, 0, 0))))
    found: dict[int, list[bytes]] = {}
    links = []
    for name, (what, target) in content.items():
        found.setdefault(into.number_of(what), []).append(name)
        if what.kind == "l":
            links.append(name + b"/" + target)
    into.put(path, {number: b"\0" + b"\0".join(several) + b"\0" for number, several in found.items()}, links)


def entry_of(what: Attributes, target: bytes) -> Entry:
    to = text(target) if what.kind == "l" else None
    return Entry(what.kind, what.mode, what.uid, what.gid, to, size=None)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(contents, st.lists(names, max_size=5), st.sampled_from((0, 1 << 20)), st.sampled_from(("/", "/srv/a")))
def test_it_says_of_each_name_what_was_put(
    content: dict[bytes, tuple[Attributes, bytes]], others: list[bytes], large: int, path: str
) -> None:
    store = Directories()
    put(store, "/other", content)
    put(store, path, content)
    kept, directories._LARGE = directories._LARGE, large
    try:
        prefix = path.rstrip("/") + "/"
        for name, (what, target) in content.items():
            assert store.entry(prefix + text(name)) == entry_of(what, target)
            assert store.attributes_of(prefix + text(name)) == what
            below = store.names(prefix + text(name))
            assert below == {"f": Unreadable(20, "Not a directory"), "d": (), "l": None}[what.kind]
        for name in others:
            if name not in content and (path != "/" or name != b"other"):
                assert store.entry(prefix + text(name)) == ABSENT
        assert store.names(path) == tuple(text(name) for name in sorted(content))
        asked = [text(name) for name in (*content, *others)]
        if path != "/":
            assert [*store.entries(path, asked)] == [store.entry(prefix + name) for name in asked]
        equal = {name: each.entry for each in store.equals(path) for name in each.names}
        assert equal == {text(name): entry_of(*what) for name, what in content.items()}
    finally:
        directories._LARGE = kept


def test_what_is_not_known_is_never_absent() -> None:
    store = Directories()
    assert store.entry("/a") is store.names("/a") is store.entry("/") is None
    put(store, "/a", {b"d": (Attributes("d", 0o755, 0, 0), b""), b"u": (Attributes("d", 0o700, 0, 0, None, "no"), b"")})
    assert (store.names("/a/d"), store.entry("/a/d/x")) == ((), ABSENT)
    assert (store.names("/a/u"), store.entry("/a/u/x")) == (NotCollected("no"), None)
    assert (store.names("/a/none"), store.entry("/a/none/x")) == (ABSENT, None)
    store.hide("/a/d", WHY)
    assert (store.names("/a/d"), store.entry("/a/d/x")) == (WHY, None)
    store.doubt("/a", WHY)
    put(store, "/a/d", {})
    assert (store.names("/a/d"), store.entry("/a/d/x")) == (WHY, None)
    store.doubts.clear()
    assert (store.names("/a/d"), store.entry("/a/d/x")) == ((), ABSENT)
    store.hide("/a", WHY)
    assert (store.names("/a"), store.entry("/a/x")) == (WHY, None)
    assert isinstance(store.entry("/a/u"), Entry)
    store.miss("/a/x", WHY)
    assert store.entry("/a/x") == WHY


def test_a_name_that_no_file_can_have_is_not_there() -> None:
    store = Directories()
    put(store, "/a", {b"x": (Attributes("f", 0o644, 0, 0), b""), b"y": (Attributes("f", 0o644, 0, 0), b"")})
    assert store.entry("/a/x\0y") == store.entry("/a/\ud800") == ABSENT
    assert store.entry("/a/x/\ud800") == ABSENT


def test_an_acl_stands_beside_its_entry() -> None:
    store = Directories()
    put(store, "/a", {b"x": (Attributes("f", 0o640, 0, 0), b""), b"y": (Attributes("f", 0o640, 0, 0), b"")})
    acl = (AclEntry("user", 33, 4), AclEntry("mask", None, 4))
    store.put_acl("/a/x", acl, 0)
    found = Entry("f", 0o640, 0, 0, None, acl, 0, size=None)
    assert store.entry("/a/x") == found
    assert [*store.entries("/a", ["y", "x"])] == [Entry("f", 0o640, 0, 0, size=None), found]
    assert {name: each.entry for each in store.equals("/a") for name in each.names} == {
        "x": found,
        "y": Entry("f", 0o640, 0, 0, size=None),
    }


def test_a_file_costs_little_more_than_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, other = Attributes("f", 0o644, 0, 33), Attributes("f", 0o640, 33, 33)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        store = Directories()
        for directory in range(1000):
            content = {f"file-{number:05}.html".encode(): (other if number % 5 else plain, b"") for number in range(20)}
            put(store, f"/srv/www/some.example/{directory:04}", content)
        size = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert len(store) == 20_000
    assert size < 60 * len(store)
    monkeypatch.setattr(directories, "_KEPT_NAMES", 100)
    for directory in range(1000):
        store.names(f"/srv/www/some.example/{directory:04}")
    assert store._kept <= 100
