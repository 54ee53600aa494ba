"""A tree whose names come together by their entries is explored as if they came one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit403.apache.decide.evaluator import Evaluator
from audit403.apache.explore.about import Below
from audit403.apache.explore.mounts import mounts_of
from audit403.apache.explore.tree import walk
from audit403.apache.model.build import build_model
from audit403.apache.read.configuration import read_configuration
from audit403.evidence.interface import DIRECTORY, FILE, Entry, Group, User
from audit403.evidence.memory import MemoryEvidence
from audit403.explore import alike_names, classes
from servers.apache import USUAL
from servers.every_visited import EveryVisited, PartlyListed
from servers.in_groups import InGroups, random_entries

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from audit403.evidence.interface import Evidence

WRITTEN = (
    *(f"<{kind} {text}>\nOptions -Indexes\n</{kind.partition(' ')[0]}>" for kind, text in (
        ("Directory", "/w/admin"), ("Directory", "/w/*/a"), ("Directory", "/*/admin/"), ("Directory ~", r"\.git"),
        ("DirectoryMatch", "^/w/uploads/"), ("DirectoryMatch", r"/\."), ("Location", "/a"), ("Location", "/uploads/a/"),
        ("Location", "/*/b"), ("LocationMatch", r"\.php$"), ("LocationMatch", "^/(?:admin|ab)/"),
        ("LocationMatch", "/$"),
        ("Files", "a.php"), ("Files", ".ht*"), ("Files", "*.key"), ("Files", "a-?.png"), ("Files", "*.p*"),
        ("FilesMatch", r"^\.ht"), ("FilesMatch", r".+\.ph(ar|p|tml)$"), ("FilesMatch", r"\.(?:png|jpe?g)$"),
        ("FilesMatch", "(?i)php"), ("FilesMatch", r"[^\x00-\x7f]"), ("FilesMatch", "^$"), ("FilesMatch", "."),
    )),
    "RedirectMatch 403 ^/uploads/.*\\.php$", "RewriteEngine on\nRewriteRule \\.key$ - [F]",
    "DirectoryIndex README a.php",
    "<Directory /w>\nRewriteEngine on\nRewriteRule ^admin/ - [F]\nRewriteRule b - [F]\n</Directory>",
    "<Directory /w/uploads>\n<FilesMatch \"\\.png$\">\nRequire all denied\n</FilesMatch>\n</Directory>",
    "Alias /elsewhere /w/admin", "DirectorySlash Off",
)  # fmt: skip
ACCESS = (
    "<Files a.png>\nRequire all denied\n</Files>", '<FilesMatch "\\.(php|html)$">\nRequire all denied\n</FilesMatch>',
    "RewriteEngine on\nRewriteRule ^a/ - [F]", "RewriteEngine on\nRewriteRule \\.php$ - [F]", "RedirectMatch 403 /b/",
    "Options -Indexes", "<Files",
)  # fmt: skip


def world(entries: dict[str, Entry], written: list[str], access: Callable[[], str]) -> Evidence:
    modules = "".join(f"LoadModule {name}_module modules/mod_{name}.so\n" for name in USUAL)
    opened = "<Directory /w>\nAllowOverride All\nRequire all granted\n</Directory>\n"
    start = "ServerRoot /etc\nServerName own.test\nUser www-data\nGroup www-data\nListen 80\nDocumentRoot /w\n"
    every = {path: Entry(DIRECTORY, 0o755, 0, 0) for path in ("/", "/etc", "/w")}
    every |= {"/etc/conf": Entry(FILE, 0o644, 0, 0), **{f"/w/{path}": entry for path, entry in entries.items()}}
    contents = {path: access().encode() for path, entry in every.items() if path.endswith("/.htaccess")}
    contents["/etc/conf"] = (start + modules + opened + "\n".join(written) + "\n").encode()
    users, groups = [User("www-data", 33, 33), User("root", 0, 0)], [Group("www-data", 33, ()), Group("root", 0, ())]
    return MemoryEvidence(every, contents, users, groups, complete=True, protected_symlinks=False)


def seen(asked: Evaluator) -> object:
    missed: list[object] = []
    files: dict[str, str] = {}
    server = asked.model.servers[0]
    found = [
        (one.target, one.purpose, one.path, sorted(one.names), one.places, one.examples, one.members)
        for mount in mounts_of(asked, server)
        for one in walk(asked, server, mount, missed, files)  # type: ignore[arg-type]
    ]
    return found, missed, files


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

    def counted(*args: object, **named: object) -> set[bytes] | None:
        nonlocal together
        told = told_apart(*args, **named)  # type: ignore[arg-type]
        together += told is not None
        return told

    monkeypatch.setattr(Below, "told_apart", counted)
    for _ in range(cases(100)):
        written = [*dict.fromkeys(rng.choice(WRITTEN) for _ in range(rng.randint(0, 5)))]
        entries = random_entries(rng, rng.randint(1, 80))
        evidence = world(entries, written, lambda: rng.choice(ACCESS))
        apart = frozenset(f"/w/{path}" for path in entries if rng.random() < 0.05)
        model = build_model(read_configuration("/etc/conf", evidence))
        one_by_one, in_groups = Evaluator(model, evidence), Evaluator(model, InGroups(evidence, rng))
        for asked in (one_by_one, in_groups):
            asked.files().resolver.apart = apart
        assert seen(in_groups) == seen(one_by_one), written
    assert together > 100


def test_each_directory_once(rng: random.Random, cases: Callable[[int], int], monkeypatch: pytest.MonkeyPatch) -> None:
    before = EveryVisited.met
    for _ in range(cases(100)):
        evidence = world(random_entries(rng, rng.randint(20, 80)), [], lambda: rng.choice(ACCESS))
        model = build_model(read_configuration("/etc/conf", evidence))
        asked = Evaluator(model, PartlyListed(evidence, rng))
        frugally = seen(asked)
        with monkeypatch.context() as patch:
            patch.setattr("audit403.apache.explore.tree.Visited", EveryVisited)
            assert seen(asked) == frugally
    assert EveryVisited.met - before > 20
