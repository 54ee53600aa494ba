"""A snapshot is the record again, whatever is in it; what is none, or only a part of one, is one plain sentence."""

from __future__ import annotations

import gzip
import io
import json
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from audit403.evidence.collected import Basics, Collected, CollectedEvidence
from audit403.evidence.directories import Attributes, Lone
from audit403.evidence.interface import ABSENT, AclEntry, Entry, Group, NotCollected, Unreadable, User
from audit403.evidence.kernel import KernelAnswer
from audit403.evidence.machine import Login, Machine, Mount, Process, Unit
from audit403.evidence.snapshot import SnapshotError, read_snapshot, write_snapshot
from servers.plenty import cases

if TYPE_CHECKING:
    from random import Random

ROOT = Path(__file__).parents[2]
MACHINE = Machine(
    "Linux 6.1",
    Login("deploy", 1000, frozenset({1000, 27})),
    processes=(Process(7, 1, "nginx", ("nginx: worker process",), 33, 33, frozenset({33}), 0, seccomp=True, mounts=0),),
    mount_tables=((Mount("/", "/", "ext4", "/dev/vda1", frozenset({"rw", "relatime"})),),),
    units=(Unit("nginx.service", (("ProtectHome", "yes"),)),),
    selinux="enforcing",
    booleans=(("httpd_enable_homedirs", False),),
    apparmor=(("php-fpm", "enforce"),),
    not_seen=(("/proc/7/root", "root"),),
    permissive=("httpd_t",),
    kernel=(KernelAnswer(7, frozenset({33}), ("/srv",), ("/",), (("/srv/a", 4),), frozenset({"/srv/b"})),),
)


def everything() -> Collected:
    """One of each kind of record."""
    made = Collected()
    made.basics = Basics("web1", True)
    made.machine = MACHINE
    made.gaps["ACLs"] = "no getfacl"
    made.users.update({"root": User("root", 0, 0, "/root"), 0: User("root", 0, 0, "/root"), "x": ABSENT})
    made.groups.update({"adm": Group("adm", 4, ("deploy", "\udcff")), 9: NotCollected("why")})
    made.memberships.update({"root": (), "deploy": (4, 27), "x": NotCollected("why")})
    named = (AclEntry("user", 33, 5), AclEntry("mask", None, 5))
    made.add_directory("/", {"srv": Entry("d", 0o755, 0, 0, mtime=5), "proc": NotCollected("why")})
    made.add_directory(
        "/srv",
        {
            "a\n": Entry("f", 0o640, 1, 2, None, named, 4, 12, 1700000000),
            "\udcfe": Entry("l", 0o777, 0, 0, "a\n", size=2),
        },
    )
    made.entries.update({"/": Entry("d", 0o755, 0, 0), "/x/y": ABSENT, "/x/z": NotCollected("why")})
    made.labels.update({"/srv": "system_u:object_r:var_t:s0", "/srv/a\n": "system_u:object_r:default_t:s0"})
    trees = made.trees
    directory, file = (
        trees.number_of(Attributes("d", 0o750, 1, 2)),
        trees.number_of(Attributes("f", 0o644, 1, 2, "t_t")),
    )
    link = trees.number_of(Attributes("l", 0o777, 0, 0))
    trees.put_single("/srv/www", Lone(directory))
    trees.put_single("/srv/gone", ABSENT)
    trees.put_single("/srv/other", NotCollected("why"))
    trees.put("/srv/www", {file: b"\0a\n\0\xff\0", link: b"\0ln\0", directory: b"\0sub\0"}, [b"ln/../a"])
    trees.hide("/srv/www/sub", NotCollected("why"))
    trees.miss("/srv/www/odd", NotCollected("why"))
    trees.doubt("/srv/www", NotCollected("why"))
    trees.put_acl("/srv/www/a\n", named, 4)
    made.tree_roots.add("/srv/www")
    made.views["/proc/7/root"] = Collected()
    made.views["/proc/7/root"].basics = Basics("inner", False)
    made.labelled.add("/srv")
    made.unlisted.update({"/root": NotCollected("why"), "/x/f": Unreadable(20, "Not a directory")})
    made.contents.update({"/srv/a\n": b"text\n\xc3\xbc", "/b": b"\xff\0", "/d": Unreadable(21, "Is a directory"),
                          "/e": ABSENT, "/k": NotCollected("why")})  # fmt: skip
    return made


def plain(collected: Collected) -> dict[str, object]:
    """All that is in a record."""
    trees = {name: value for name, value in vars(collected.trees).items() if name not in ("_decoded", "_kept")}
    views = {root: plain(view) for root, view in collected.views.items()}
    return {**vars(collected), "trees": trees, "views": views}


def again(path: Path) -> Collected:
    with path.open("rb") as file:
        name, collected = read_snapshot(file, path.name)
    assert name == "web1"
    return collected


def test_the_record_comes_back(tmp_path: Path) -> None:
    path, made = tmp_path / "web1.snapshot", everything()
    write_snapshot(path, "web1", made)
    found = again(path)
    assert plain(found) == plain(made)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    write_snapshot(tmp_path / "again", "web1", found)
    assert (tmp_path / "again").read_bytes() == path.read_bytes()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["again", "web1.snapshot"]


def test_its_world_answers_as_the_host_did(tmp_path: Path) -> None:
    world = CollectedEvidence(everything())
    assert world.entry("/srv/none") == ABSENT and world.entry("/x/y/z") == ABSENT
    assert world.entry("/var") == ABSENT and world.entry("/x/other") == ABSENT
    assert world.read("/srv/\udcfe") == b"text\n\xc3\xbc"
    assert world.names("/srv") == ("a\n", "\udcfe")
    assert isinstance(world.entry("/proc/self"), NotCollected)
    assert world.group_ids("deploy", 100) == (4, 27, 100)


@pytest.mark.parametrize(
    "data", [b"", b"text", b"\x1f\x8b", gzip.compress(b"", mtime=0), gzip.compress(b"{}\n", mtime=0), b"\x1f\x8b" * 9]
)
def test_what_is_no_snapshot(data: bytes) -> None:
    with pytest.raises(SnapshotError, match="it"):
        read_snapshot(io.BytesIO(data), "it")


def test_another_version_is_named() -> None:
    data = gzip.compress(json.dumps({"audit403-snapshot": 2, "host": "x"}).encode() + b"\n")
    with pytest.raises(SnapshotError, match="version 2, and this audit403 reads version 1"):
        read_snapshot(io.BytesIO(data), "it")


def test_a_part_of_one_is_no_whole_one(tmp_path: Path, rng: Random) -> None:
    write_snapshot(tmp_path / "it", "web1", everything())
    data = (tmp_path / "it").read_bytes()
    lines = gzip.decompress(data).splitlines(keepends=True)
    for _ in range(cases(300)):
        kept = list(lines)
        if rng.random() < 0.5:
            del kept[rng.randrange(1, len(kept))]
            broken = gzip.compress(b"".join(kept))
        else:
            # The last bytes close the compression and hold the checksum: every record may be there without them.
            broken = data[: rng.randrange(len(data) - 16)]
        with pytest.raises(SnapshotError):
            read_snapshot(io.BytesIO(broken), "it")


def test_nothing_in_one_crashes_the_reader(tmp_path: Path, rng: Random) -> None:
    write_snapshot(tmp_path / "it", "web1", everything())
    lines = gzip.decompress((tmp_path / "it").read_bytes()).splitlines()
    odd: list[object] = [None, 1, -1, "x", [], {}, [[]], [["a"]], True, 1e300, "absent", 10**30]
    for _ in range(cases(2000)):
        number = rng.randrange(len(lines))
        record = json.loads(lines[number])
        record[rng.choice(list(record))] = rng.choice(odd)
        made = b"\n".join([*lines[:number], json.dumps(record).encode(), *lines[number + 1 :]]) + b"\n"
        try:
            read_snapshot(io.BytesIO(gzip.compress(made, 1)), "it")
        except SnapshotError as error:
            assert str(error).startswith("it ")


def test_the_documentation_names_every_kind_of_record_and_every_field(tmp_path: Path) -> None:
    page = (ROOT / "docs/snapshot.md").read_text()
    kinds, _, parts = page.partition("| part | fields |")
    documented, machine = _fields_in(kinds), _fields_in(parts)
    instead = {"absent", "not_collected", "errno", "message"}
    assert all(f"`{name}`" in kinds for name in instead)
    write_snapshot(tmp_path / "all", "web1", everything())
    written: dict[str, set[str]] = {}
    for line in gzip.decompress((tmp_path / "all").read_bytes()).splitlines()[1:]:
        record = json.loads(line)
        written.setdefault(record.pop("kind"), set()).update(record)
    assert written.pop("machine") == machine["machine"] and documented.pop("machine") == set()
    assert {kind: fields - instead for kind, fields in written.items()} == documented
    types: dict[str, Any] = {
        "login": Login,
        "processes": Process,
        "mount_tables": Mount,
        "units": Unit,
        "kernel": KernelAnswer,
    }
    assert {"machine": set(Machine._fields), **{part: set(kind._fields) for part, kind in types.items()}} == machine


def _fields_in(text: str) -> dict[str, set[str]]:
    """The fields of each kind in a table of the documentation."""
    rows = re.findall(r"^\| `([a-z_]+)` \| ([^|]+) \|", text, re.MULTILINE)
    return {kind: set(re.findall(r"`([a-z_0-9]+)`", fields)) for kind, fields in rows}
