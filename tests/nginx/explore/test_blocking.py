"""Files and directories of one kind that refuse are one refusal, which names them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nginx.decide.small_site import directory, file, link
from nginx.explore.small_facts import refusals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit403.evidence.interface import Entry


def blocked(tree: Mapping[str, Entry], server: str = "") -> dict[str, list[str]]:
    found = refusals(tree, server)
    return {fact.cause: sorted(one.path for one in fact.subject.blocking) for fact in found if fact.subject.blocking}


def test_unreadable_files_of_one_mode() -> None:
    tree = {"a.jpg": file(0o600), "u": directory(), "u/b.jpg": file(0o600), "u/c.pdf": file(0o600), "d.jpg": file()}
    assert blocked(tree) == {"file-unreadable": ["/w/a.jpg", "/w/u/b.jpg", "/w/u/c.pdf"]}


def test_files_of_another_mode_are_another_refusal() -> None:
    found = refusals({"a.jpg": file(0o600), "b.jpg": file(0o640)}, "")
    assert sorted(one.path for fact in found for one in fact.subject.blocking) == ["/w/a.jpg", "/w/b.jpg"]
    assert len([fact for fact in found if fact.subject.blocking]) == 2


def test_closed_directories_beside_each_other() -> None:
    tree = {f"{name}": directory(0o700) for name in ("a", "b")} | {"a/x.html": file(), "b/x.html": file()}
    tree |= {"c": directory(), "c/d": directory(0o700), "c/d/x.html": file()}
    found = [fact for fact in refusals(tree, "") if fact.cause == "ancestor-not-searchable"]
    assert sorted([sorted(one.path for one in fact.subject.blocking) for fact in found]) == [
        ["/w/a", "/w/b"],
        ["/w/c/d"],
    ]


def test_the_most_telling_request_stands_first() -> None:
    found = refusals({"index.html": file(0o600), "a.jpg": file(0o600)}, "")
    (fact,) = [fact for fact in found if fact.subject.blocking]
    assert [(one.target, one.purpose) for one in fact.subject.blocking] == [("/", "home"), ("/a.jpg", "file")]
    assert set(fact.addresses) >= {"/", "/a.jpg"}


def test_what_is_reached_through_a_link_is_counted_as_well() -> None:
    tree = {"site": directory(), "site/up": link("../out"), "out": directory(), "out/d.jpg": file()}
    tree |= {f"out/{name}.jpg": file(0o600) for name in "abc"}
    found = refusals(tree, "location / { root /w/site; }")
    (files,) = [fact for fact in found if fact.cause == "file-unreadable"]
    assert [one.path for one in files.subject.blocking] == ["/w/out/a.jpg", "/w/out/b.jpg", "/w/out/c.jpg"]
    assert [one.target for one in files.subject.blocking] == ["/up/a.jpg", "/up/b.jpg", "/up/c.jpg"]


def test_all_that_lies_behind_a_closed_directory_is_counted_behind_a_link() -> None:
    tree = {"site": directory(), "site/up": link("../out"), "out": directory(0o700)}
    tree |= {f"out/{name}.jpg": file() for name in "abc"}
    (closed,) = [fact for fact in refusals(tree, "location / { root /w/site; }") if fact.subject.blocking]
    assert [(one.path, one.places) for one in closed.subject.blocking] == [("/w/out", 4)]
