"""A tree costs its classes, and not its files; what is closed is told by the entry that closes it, with a count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit403.core.fact import Refusal
from audit403.evidence.interface import DIRECTORY, FILE, LINK, Entry
from audit403.explore import classes
from audit403.explore.classes import MOST_EACH
from audit403.nginx.explore.explorer import Explorer
from nginx.decide.small_site import evaluator

if TYPE_CHECKING:
    import pytest

MANY = 3_000


def explored(tree: dict[str, Entry], server: str, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Refusal], int]:
    asked = evaluator(tree, server)
    count = 0
    decide = asked.decide

    def counted(*args: object, **options: object) -> object:
        nonlocal count
        count += 1
        return decide(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(asked, "decide", counted)
    facts = list(Explorer(asked.model, asked, tree_known=True).facts())
    return [fact for fact in facts if isinstance(fact, Refusal)], count


def test_many_files_of_a_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    tree = {"index.html": Entry(FILE, 0o644, 0, 0)}
    for number in range(MANY):
        tree[f"{number}.png"] = Entry(FILE, 0o600 if number % 10 == 0 else 0o644, 0, 0)
        tree[f"{number}.lnk"] = Entry(LINK, 0o777, 0, 0, f"{number}.png")
    found, asked = explored(tree, "", monkeypatch)
    assert asked < 100
    assert [refusal.cause for refusal in found] == ["file-unreadable"]
    assert found[0].places >= MANY // 10


def test_what_lies_behind_a_closed_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    tree = {"index.html": Entry(FILE, 0o644, 0, 0)}
    tree |= {"a": Entry(DIRECTORY, 0o700, 0, 0), "a/b": Entry(DIRECTORY, 0o700, 0, 0)}
    tree |= {f"a/b/{number}.png": Entry(FILE, 0o644, 0, 0) for number in range(MANY)}
    tree |= {"a/x.html": Entry(FILE, 0o644, 0, 0), "a/x.php": Entry(FILE, 0o644, 0, 0)}
    found, asked = explored(tree, "location ~ \\.php$ { deny all; }", monkeypatch)
    assert asked < 100
    closed = [refusal for refusal in found if refusal.cause == "ancestor-not-searchable"]
    assert len(closed) == 1
    assert closed[0].witness.target == "/a/x.html"
    assert [one.path for one in closed[0].subject.blocking] == ["/w/a"]
    assert closed[0].places == MANY + 4


def test_urls_that_lead_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of the root whose URLs another location has taken for its own is no part of the site."""
    tree = {"index.html": Entry(FILE, 0o644, 0, 0)}
    tree |= {"img": Entry(DIRECTORY, 0o755, 0, 0), "img/a.png": Entry(FILE, 0o600, 0, 0)}
    tree |= {"data": Entry(DIRECTORY, 0o755, 0, 0), "data/a.png": Entry(FILE, 0o644, 0, 0)}
    server = "location /img/ { alias /w/data/; autoindex on; } location /data/ { return 404; }"
    found, _ = explored(tree, server, monkeypatch)
    assert "file-unreadable" not in [refusal.cause for refusal in found]


def test_many_directories_of_a_class(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of directories that hold pages and have no index some are told one by one, and of the others how many."""
    tree = {"index.html": Entry(FILE, 0o644, 0, 0)}
    for number in range(MANY):
        tree |= {f"{number:04}": Entry(DIRECTORY, 0o755, 0, 0), f"{number:04}/a.html": Entry(FILE, 0o644, 0, 0)}
    found, asked = explored(tree, "", monkeypatch)
    assert asked < 200
    bare = [refusal for refusal in found if refusal.cause == "missing-index"]
    assert len(bare) == MOST_EACH + 1
    assert sum(refusal.places for refusal in bare) == MANY


def test_directories_that_differ_in_the_index_that_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    tree = {"start.html": Entry(FILE, 0o644, 0, 0)}
    for name in ("a", "a/b", "a/b/c", "a/b/c/d", "a/b/c/e"):
        tree[name] = Entry(DIRECTORY, 0o755, 0, 0)
        tree[f"{name}/x.png"] = Entry(FILE, 0o644, 0, 0)
        if not name.endswith("e"):
            tree[f"{name}/start.html"] = Entry(FILE, 0o644, 0, 0)
    found, _ = explored(tree, "index start.html;", monkeypatch)
    assert [refusal.witness.target for refusal in found if refusal.cause == "missing-index"] == ["/a/b/c/e/"]


def test_a_link_into_a_closed_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the walk stops at is a directory; what the link leads to is a file."""
    tree = {"index.html": Entry(FILE, 0o644, 0, 0), "a.css": Entry(LINK, 0o777, 0, 0, "/w/.away/a.css")}
    tree |= {".away": Entry(DIRECTORY, 0o700, 0, 0), ".away/a.css": Entry(FILE, 0o644, 0, 0)}
    found, _ = explored(tree, "", monkeypatch)
    assert [(refusal.cause, refusal.witness.target) for refusal in found] == [("ancestor-not-searchable", "/a.css")]


def test_what_a_limit_leaves_out_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    tree = {f"{above}{name}": Entry(DIRECTORY, 0o755, 0, 0) for above in ("", "a/", "a/b/") for name in "abc"}
    for limit, words in (("MOST_ENTRIES", "5 files and folders"), ("MOST_DIRECTORIES", "5 folders")):
        with monkeypatch.context() as patched:
            patched.setattr(classes, limit, 5)
            asked = evaluator(tree, "")
            explorer = Explorer(asked.model, asked, tree_known=True)
            assert len(list(explorer.facts())) > 0
            reasons = {one.reason for one in explorer.missed}
            assert f"more than {words} were looked at before it: the rest was not" in reasons
