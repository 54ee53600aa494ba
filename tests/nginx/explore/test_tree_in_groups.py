"""A tree whose names come together by their entries is explored as if they came one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from audit403.explore import alike_names, classes
from audit403.nginx.decide.evaluator import Evaluator
from audit403.nginx.explore.doors import doors_of
from audit403.nginx.explore.locations_of import Below
from audit403.nginx.explore.mounts import mounts
from audit403.nginx.explore.tree import walk
from nginx.decide.small_site import directory, evaluator, file, link
from servers.every_visited import EveryVisited, PartlyListed
from servers.in_groups import InGroups, random_entries

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

LOCATIONS = (
    "location / { }", "location /a/ { }", "location /ab { }", "location = /admin/ { }", "location ^~ /uploads/ { }",
    "location /uploads/a/ { location ~ \\.php$ { } }", "location = /a.png { }", "location /b/b { }",
    *(f"location ~ {pattern} {{ }}" for pattern in (
        r"\.php$", r"\.(?:png|jpe?g)$", r"\.php(/|$)", r"/\.(?!well-known)", r"/\.ht", r"^/a/[^/]+$", r"~$",
        "^/uploads/.*/", r"\.(gz)$", r"^/(README|LICENSE)$", r"a-[12]\.png$", r"/$", r"[^\x00-\x7f]", r"\.tar\.gz$",
    )),
    r"location ~* \.PNG$ { }", r"location ~* ^/A/ { }", r"location ~ \.png$ { location /a/ { } }",
    "location /admin/ { root /elsewhere; }", r"location ~ \.js$ { alias /elsewhere/x; }", "index index.html README;",
    "disable_symlinks on;",
)  # fmt: skip


PATTERNS = ("", r"location ~ ^/(?<x>a.*) { alias /w/$x; }")


def seen(asked: Evaluator) -> tuple[list[Any], list[Any]]:
    server = asked.model.servers[0]
    door = doors_of(server, asked.model.sockets)[0]
    missed: list[Any] = []
    found = [
        (one.target, one.purpose, one.path, sorted(one.names), one.places, one.examples, one.members)
        for mount in mounts(asked, server, door, missed)
        for one in walk(asked, server, door, mount, missed)
    ]
    return found, missed


@pytest.mark.parametrize("few", [False, True])
def test_as_one_by_one(
    rng: random.Random, cases: Callable[[int], int], monkeypatch: pytest.MonkeyPatch, few: bool
) -> None:
    if few:
        monkeypatch.setattr(alike_names, "_MANY", 2)
        monkeypatch.setattr(alike_names, "_LARGE", 30)
        monkeypatch.setattr(classes, "MOST_MEMBERS", 3)
    together = 0
    told_apart = Below.told_apart

    def counted(*args: object) -> set[bytes] | None:
        nonlocal together
        told = told_apart(*args)  # type: ignore[arg-type]
        together += told is not None
        return told

    monkeypatch.setattr(Below, "told_apart", counted)
    for _ in range(cases(150)):
        written = [*dict.fromkeys(rng.choice(LOCATIONS) for _ in range(rng.randint(0, 5)))]
        entries = random_entries(rng, rng.randint(1, 80))
        apart = frozenset(f"/w/{path}" for path in entries if rng.random() < 0.05)
        one_by_one = evaluator(entries, " ".join(written))
        in_groups = Evaluator(one_by_one.model, InGroups(one_by_one.evidence, rng))
        for asked in (one_by_one, in_groups):
            asked.files().resolver.apart = apart
        assert seen(in_groups) == seen(one_by_one), written
    assert together > 100


def test_each_directory_once(rng: random.Random, cases: Callable[[int], int], monkeypatch: pytest.MonkeyPatch) -> None:
    before = EveryVisited.met
    for _ in range(cases(150)):
        listed = evaluator(random_entries(rng, rng.randint(20, 80)), rng.choice(PATTERNS))
        asked = Evaluator(listed.model, PartlyListed(listed.evidence, rng))
        frugally = seen(asked)
        with monkeypatch.context() as patch:
            patch.setattr("audit403.nginx.explore.tree.Visited", EveryVisited)
            assert seen(asked) == frugally
    assert EveryVisited.met - before > 30


def test_a_link_leads_into_what_cannot_be_listed(rng: random.Random) -> None:
    entries = {"x": directory(), "x/y": directory(), "x/y/page.html": file(), "l": link("x/y"), "m": link("/w/x/y")}
    listed = evaluator(entries, "")
    asked = Evaluator(listed.model, PartlyListed(listed.evidence, rng, {"/w/x"}))
    found, missed = seen(asked)
    assert [one[0] for one in found if one[0].endswith(".html")] == ["/m/page.html"] and len(missed) == 1
