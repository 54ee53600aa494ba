"""Profiles of AppArmor: what apparmor.d(5) says of each kind of rule."""

from __future__ import annotations

import pytest

from audit403.evidence.interface import Entry, NotCollected
from audit403.evidence.machine import Process
from audit403.evidence.memory import MemoryEvidence
from audit403.files.apparmor import ApparmorGuard, profile_of, regex_of
from audit403.files.guard import Kept
from audit403.files.permission import EXECUTE, READ

WORKER = Process(9, 1, "nginx", (), 33, 33, frozenset({33}), 0, label="nginx (enforce)")
OWN, OTHERS, FOLDER = Entry("f", 0o600, 33, 33), Entry("f", 0o644, 0, 0), Entry("d", 0o755, 0, 0)


def guard(*rules: str, files: dict[str, str] | None = None) -> ApparmorGuard:
    """A worker's profile with these rules among others."""
    text = "include <tunables/global>\nprofile other {\n  /** rw,\n}\n"
    text += "\n".join(["profile nginx /usr/sbin/nginx flags=(attach_disconnected) {", *rules, "}", "/** rw,"])
    texts = {"/etc/apparmor.d/nginx": text, "/etc/apparmor.d/tunables/global": "@{www}=/srv/www\n@{www}+=/data\n"}
    texts |= files or {}
    entries: dict[str, Entry] = {"/": FOLDER}
    for path in texts:
        entries[path] = OTHERS
        while path != "/":
            path = path.rpartition("/")[0] or "/"
            entries[path] = FOLDER
    world = MemoryEvidence(entries, {path: data.encode() for path, data in texts.items()})
    return ApparmorGuard(world, WORKER, "nginx")


@pytest.mark.parametrize(
    ("rules", "path", "entry", "answer"),
    [
        (("  /srv/** r,",), "/srv/a/b", OTHERS, None),
        (("  /srv/* r,",), "/srv/a/b", OTHERS, "refused"),
        (("  /srv/* r,",), "/srv/a", OTHERS, None),
        (("  /srv/ r,",), "/srv", FOLDER, None),
        (("  /srv/** r,",), "/srv", FOLDER, "refused"),
        (("  r /srv/a,",), "/srv/a", OTHERS, None),
        (('  "/srv/my site/**" mr,',), "/srv/my site/a", OTHERS, None),
        (("  @{www}/*.html r,",), "/data/a.html", OTHERS, None),
        (("  @{nowhere}/** r,",), "/data/a.html", OTHERS, "unknown"),
        (("  owner /srv/** rw,",), "/srv/a", OWN, None),
        (("  owner /srv/** rw,",), "/srv/a", OTHERS, "refused"),
        (("  /srv/** r,", "  deny /srv/secret/** r,"), "/srv/secret/a", OTHERS, "refused"),
        (("  /srv/** w,",), "/srv/a", OTHERS, "refused"),
        (("  file,",), "/srv/a", OTHERS, None),
        (("  /srv/** r, # all of it",), "/srv/a", OTHERS, None),
        (("  profile child {", "    /srv/** r,", "  }"), "/srv/a", OTHERS, "refused"),
        (("  ^hat {", "    /** r,", "  }", "  /srv/** r,"), "/srv/a", OTHERS, None),
        (("  capability chown,", "  network inet stream,", "  signal (receive) peer=x,"), "/srv/a", OTHERS, "refused"),
        (("  brandnew thing,",), "/srv/a", OTHERS, "unknown"),
        (("  brandnew thing,", "  /srv/** r,"), "/srv/a", OTHERS, None),
        (("  #include <abstractions/www>",), "/srv/a", OTHERS, None),
        (("  include <abstractions/gone>",), "/srv/a", OTHERS, "unknown"),
        (("  include if exists <local/gone>",), "/srv/a", OTHERS, "refused"),
        (("  include <dir.d>",), "/srv/a", OTHERS, None),
        (("  # /srv/** r,",), "/srv/a", OTHERS, "refused"),
    ],
)
def test_what_a_profile_lets_be_read(rules: tuple[str, ...], path: str, entry: Entry, answer: str | None) -> None:
    files = {"/etc/apparmor.d/abstractions/www": "  /srv/** r,\n", "/etc/apparmor.d/dir.d/x": "  /srv/** r,\n"}
    said = guard(*rules, files=files).may_use(path, entry, READ, True)
    assert ("refused" if isinstance(said, Kept) else said if said is None else "unknown") == answer, said


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("/a/{b,c*}/d", "/a/c1/d", True),
        ("/a/{,var/}run", "/a/run", True),
        ("/a/[a-c]?", "/a/bz", True),
        ("/a/[^a]", "/a/a", False),
        ("/a/**.html", "/a/x/y.html", True),
        ("/a*", "/a", True),
        ("/a/*/b", "/a//b", False),
        ("/a.b", "/axb", False),
        ("/a\\*", "/a*", True),
    ],
)
def test_patterns(pattern: str, path: str, matches: bool) -> None:
    import re

    assert bool(re.fullmatch(regex_of(pattern), path)) == matches


def test_searching_is_free_and_modes_come_first() -> None:
    made = guard()
    assert made.may_use("/srv", FOLDER, EXECUTE, True) is None
    assert made.may_use("/srv/a", OTHERS, READ, False) is None


def test_a_profile_that_is_not_seen_is_unknown() -> None:
    world = MemoryEvidence({"/": FOLDER, "/etc": NotCollected("hidden")})
    said = ApparmorGuard(world, WORKER, "nginx").may_use("/srv/a", OTHERS, READ, True)
    assert said is not None and not isinstance(said, Kept) and "nginx" in said.name


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("nginx (enforce)", "nginx"),
        ("docker-default (enforce)", None),
        ("nginx (complain)", None),
        ("unconfined", None),
    ],
)
def test_only_an_enforced_profile_counts(label: str, name: str | None) -> None:
    assert profile_of(WORKER._replace(label=label)) == name
