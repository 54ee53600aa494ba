"""What a listing says of a tree is what lstat(2) and readdir(3) say of each entry, with every find there is."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audit403.evidence.directories import Directories
from audit403.evidence.interface import ABSENT, Absent, Entry, NotCollected, Unreadable
from audit403.evidence.local import LocalEvidence
from audit403.host.complaints import DENIED, read_complaints
from audit403.host.listing import parse
from audit403.host.listing_fields import ANOTHER, EXCLUDED, NEEDS_ROOT
from audit403.host.listing_reader import Listed, Root
from audit403.host.listing_script import listing_script
from audit403.host.local_shell import LocalShell
from audit403.host.transport import HostError, run
from servers.need import need, need_root
from servers.plenty import cases
from servers.random_trees import below, lay_out

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

TOOLS = ("find", "ls", "readlink", "sh", "head", "cat", "id", "nice", "gzip")
UNPRIVILEGED = "setpriv --reuid=12345 --regid=12345 --clear-groups"

BSD_STAT = f"""#!{sys.executable} -SE
import os, sys
if sys.argv[1:3] == ["-f", "%p %u %g %d"]:
    for path in sys.argv[4:]:
        found = os.lstat(os.fsencode(path))
        print(f"{{found.st_mode:o}} {{found.st_uid}} {{found.st_gid}} {{found.st_dev}}")
elif sys.argv[1:] != ["-f", "%p", "/"]:
    sys.exit(1)
"""
"""A stand-in that takes what stat(1) of FreeBSD takes, and prints what it prints."""


@pytest.fixture
def folder() -> Iterator[str]:
    """A place that everybody may come to."""
    with tempfile.TemporaryDirectory(prefix="audit403-") as made:
        os.chmod(made, 0o755)
        yield os.path.realpath(made)


def stream(script: str, prefix: str = "") -> list[bytes]:
    return [*run(LocalShell(), script, prefix=prefix)]


def listed(
    roots: Sequence[str], prefix: str = "", excludes: Sequence[str] = (), before: str = ""
) -> tuple[Directories, Listed]:
    into = Directories()
    return into, parse(stream(before + listing_script(roots, excludes), prefix), into)


def plain(answer: object) -> object:
    """An entry without what a listing does not carry."""
    return answer._replace(size=None, mtime=None) if isinstance(answer, Entry) else answer


def compare(root: str, there: Directories) -> int:
    """Every entry and every directory's names; how many entries there were."""
    here = LocalEvidence()
    count = 0
    for path, status in below(root):
        count += 1
        assert there.entry(path) == plain(here.entry(path)), path
        assert stat.S_ISLNK(status.st_mode) or there.names(path) == here.names(path), path
        assert there.entry(f"{path}/none") == ABSENT
    names = here.names(root)
    assert not isinstance(names, Absent | NotCollected | Unreadable)
    assert there.names(root) == names
    assert [*there.entries(root, names)] == [plain(entry) for entry in here.entries(root, names)]
    equal = {name: each.entry for each in there.equals(root) for name in each.names}
    assert equal == dict(zip(names, there.entries(root, names), strict=True))
    return count


def finds(folder: str, *, with_stat: bool = True) -> str:
    """A beginning of a script for which there is no find but busybox's."""
    busybox = need("busybox")
    place = Path(folder) / "bin"
    place.mkdir()
    for name in (*TOOLS, *(["stat"] if with_stat else [])):
        (place / name).symlink_to(busybox)
    return f"PATH={place}; export PATH\n"


def test_a_tree_is_listed_as_it_is(folder: str, rng: Random) -> None:
    for number in range(cases(6)):
        root = f"{folder}/{number}"
        lay_out(root, rng, 150)
        there, what = listed([root])
        assert compare(root, there) + 1 == what.entries
        assert what == Listed(what.entries, (Root(0, root),), (), False, (), True, ())
        assert len(there) == what.entries - 1


@pytest.mark.parametrize("kind", ["busybox", "bsd", "ls"])
def test_a_find_without_printf_serves_as_well(folder: str, rng: Random, kind: str) -> None:
    root = f"{folder}/tree"
    lay_out(root, rng, 60 if kind == "ls" else 150)
    before = finds(folder, with_stat=kind == "busybox")
    if kind == "bsd":
        (Path(folder) / "bin/stat").write_text(BSD_STAT)
        (Path(folder) / "bin/stat").chmod(0o755)
    there, what = listed([root], before=before)
    if kind == "ls":
        there.doubts.clear()  # ls tells no device, so that an empty directory might be a mount point
    assert compare(root, there) + 1 == what.entries
    assert what.complaints == ()


@pytest.mark.parametrize("kind", ["gnu", "no printf"])
def test_acls_are_asked_for_where_they_may_let_somebody_in(folder: str, rng: Random, kind: str) -> None:
    """Directories fill several calls of getfacl, each in the middle of what find prints."""
    root = f"{folder}/tree"
    for number in range(2500 if kind == "gnu" else 30):
        os.makedirs(f"{root}/{'n' * 90}-{number}", 0o750)
    lay_out(f"{root}/random", rng, 200)
    acled = [f"{root}/{'n' * 90}-{number}" for number in (1, 7, 20)]
    for path, status in below(f"{root}/random"):
        mode = status.st_mode
        needed = 5 if stat.S_ISDIR(mode) else 4 if stat.S_ISREG(mode) else 6
        if not stat.S_ISLNK(mode) and rng.random() < 0.5 and mode & 0o070 and mode & needed != needed:
            acled.append(path)
    for path in acled:
        setfacl(rng.choice(("u:33:r-x", "u:33:---,g:42:rwx", "m::r", "d:u:33:rx")), path)
    before = ""
    if kind != "gnu":
        before = finds(folder)
        (Path(folder) / "bin/getfacl").symlink_to(need("getfacl"))
    there, what = listed([root], before=before)
    assert compare(root, there) + 1 == what.entries
    assert (what.acls, what.with_acls, what.complaints) == (True, (root,), ())
    assert sum(map(len, there.acls.values())) > 1
    there, what = listed([f"{root}/{'n' * 90}-2"], before=before)
    assert what.with_acls == ()


@pytest.mark.parametrize("name", ["tree", "a [b]*?\\\\"])
@pytest.mark.parametrize("kind", ["gnu", "no printf"])
def test_open_directories_on_top_show_that_a_tree_has_acls(folder: str, name: str, kind: str) -> None:
    before = ""
    if kind != "gnu":
        before = finds(folder)
        (Path(folder) / "bin/getfacl").symlink_to(need("getfacl"))
    for place in ("", "/a", "/a/b"):
        root = f"{folder}/{name}{place.replace('/', '-')}"
        os.makedirs(f"{root}/a/b")
        setfacl("u:33:---", f"{root}{place}")
        there, what = listed([root], before=before)
        assert what.with_acls == (root,)
        assert f"{root}{place}" in {f"{above}/{one}" for above, acls in there.acls.items() for one in acls}


def setfacl(what: str, path: str) -> None:
    if what.startswith("d:") and not os.path.isdir(os.fsencode(path)):
        what = what[2:]
    subprocess.run([need("setfacl"), "-m", what, "--", os.fsencode(path)], check=True)


def test_without_getfacl_it_is_said(folder: str) -> None:
    os.mkdir(f"{folder}/tree")
    assert not listed([f"{folder}/tree"], before=finds(folder))[1].acls


@pytest.mark.parametrize("kind", ["gnu", "busybox"])
def test_what_the_login_may_not_list_is_not_collected(folder: str, kind: str) -> None:
    need_root()
    root = f"{folder}/tree"
    for name, mode in {
        "open": 0o755,
        "no r": 0o711,
        "no x": 0o744,
        "none": 0o700,
        "class": 0o705,
        "empty": 0o755,
    }.items():
        os.makedirs(f"{root}/{name}/inner")
        Path(f"{root}/{name}/file\n").touch()
        os.chmod(f"{root}/{name}", mode)
    os.chown(f"{root}/class", 0, 12345)  # others may, and whoever is of the group may not
    shutil.rmtree(f"{root}/empty/inner")
    os.unlink(f"{root}/empty/file\n")
    before = "" if kind == "gnu" else finds(folder)
    there, what = listed([root], UNPRIVILEGED, before=before)
    for name in ("no r", "no x", "none", "class"):
        assert there.names(f"{root}/{name}") == NotCollected(NEEDS_ROOT), name
        assert there.entry(f"{root}/{name}/inner") in (None, NotCollected(NEEDS_ROOT))
        assert there.names(f"{root}/{name}/inner") in (None, NotCollected(NEEDS_ROOT))
        entry = there.entry(f"{root}/{name}")
        assert isinstance(entry, Entry)
        assert entry.kind == "d"
    assert there.names(f"{root}/open") == ("file\n", "inner")
    assert there.names(f"{root}/empty") == there.names(f"{root}/open/inner") == ()
    assert there.entry(f"{root}/empty/x") == ABSENT
    assert [(gap.reason, gap.directories) for gap in what.gaps] == [(NEEDS_ROOT, 4)]
    assert what.complaints == ()
    everything, _ = listed([root])
    compare(root, everything)


def test_another_file_system_is_not_entered_and_not_empty(folder: str) -> None:
    need_root()
    os.makedirs(f"{folder}/tree/mounted/below")
    prefix = f"unshare -m sh -c 'mount -t tmpfs none {folder}/tree/mounted && exec \"$@\"' sh"
    there, what = listed([f"{folder}/tree"], prefix)
    assert there.names(f"{folder}/tree/mounted") == NotCollected(ANOTHER)
    assert there.entry(f"{folder}/tree/mounted/below") is None
    assert [gap.first for gap in what.gaps] == [f"{folder}/tree/mounted"]
    there, _ = listed([f"{folder}/tree", f"{folder}/tree/mounted"], prefix)
    assert there.names(f"{folder}/tree/mounted") == ()


@pytest.mark.parametrize("kind", ["gnu", "busybox"])
def test_what_is_excluded_is_shown_and_not_entered(folder: str, kind: str) -> None:
    root = f"{folder}/tree"
    for name in ("a/node_modules/x", "b/cache/y", "c/b/cache", "d'e/k", "keep/it", "it's $(id)/z"):
        os.makedirs(f"{root}/{name}")
    Path(f"{root}/keep/cache").touch()
    excludes = ("node_[m]odules", "c/b/cache", f"{root}/b/cach?", "d'e", "it's $(id)")
    there, what = listed([root], excludes=excludes, before="" if kind == "gnu" else finds(folder))
    for name in ("a/node_modules", "b/cache", "c/b/cache", "d'e", "it's $(id)"):
        assert isinstance(there.entry(f"{root}/{name}"), Entry)
        assert there.names(f"{root}/{name}") == NotCollected(EXCLUDED), name
    assert there.names(f"{root}/keep") == ("cache", "it")
    assert there.names(f"{root}/c/b") == ("cache",)
    assert [(gap.reason, gap.directories) for gap in what.gaps] == [(EXCLUDED, 5)]


@pytest.mark.parametrize("kind", ["gnu", "busybox"])
def test_behind_another_root_paths_are_its_own(folder: str, rng: Random, kind: str) -> None:
    need_root()
    lay_out(f"{folder}/tree", rng, 100)
    for name in ("tree/closed/x", "tree/out/x"):
        os.makedirs(f"{folder}/{name}")
    os.chmod(f"{folder}/tree/closed", 0o750)
    setfacl("u:33:r-x", f"{folder}/tree/closed")
    before = "" if kind == "gnu" else finds(folder)
    if before:
        (Path(folder) / "bin/getfacl").symlink_to(need("getfacl"))
    for within, root in ((folder, "/tree"), (f"{folder}/tree", "/")):
        there, here = Directories(), Directories()
        script = before + listing_script([root, "/none"], [f"{root.rstrip('/')}/out"], within=within)
        what = parse(stream(script), there, within=within)
        assert [found.path for found in what.roots] == [root, "/none"]
        assert (what.complaints, what.with_acls) == ((), (root,))
        assert there.entry("/none") == ABSENT
        parse(stream(before + listing_script([within], ["tree/out", "/*/tree/out"])), here)
        for path, status in below(f"{folder}/tree"):
            inside = path.removeprefix(within)
            assert there.entry(inside) == here.entry(path)
            assert stat.S_ISLNK(status.st_mode) or there.names(inside) == here.names(path)
        there = Directories()
        what = parse(stream(script, UNPRIVILEGED), there, within=within)
        assert there.names(f"{root.rstrip('/')}/closed") == NotCollected(NEEDS_ROOT)
        assert what.complaints == ()


def test_a_limit_leaves_nothing_that_looks_complete(folder: str, rng: Random) -> None:
    root = f"{folder}/tree"
    lay_out(root, rng, 300)
    pieces = b"".join(stream(listing_script([root], compress=False)))
    whole = parse([pieces], Directories())
    assert parse([pieces], Directories(), limit=whole.entries) == whole
    for limit in (0, 1, 2, 50, 200):
        there = Directories()
        what = parse((pieces[at : at + 100] for at in range(0, len(pieces), 100)), there, limit=limit)
        assert what.cut_off
        assert limit < what.entries < 300
        here = LocalEvidence()
        hidden = 0
        for path in [root, *(path for path, _ in below(root))]:
            assert there.entry(path) in (plain(here.entry(path)), None), path
            names = there.names(path)
            assert names is None or isinstance(names, NotCollected) or names == here.names(path), path
            hidden += isinstance(names, NotCollected)
            assert there.entry(f"{path}/none") in (ABSENT, None)
        assert hidden
    running = run(LocalShell(), listing_script([root]))
    assert parse(running, Directories(), limit=1).cut_off
    assert [*running] == []


@pytest.mark.parametrize("kind", ["gnu", "busybox"])
def test_roots_of_all_kinds(folder: str, kind: str) -> None:
    before = "" if kind == "gnu" else finds(folder)
    for name in ("real/site/below", "a b'\n"):
        os.makedirs(f"{folder}/{name}")
    for name, target in {"link": "real/site", "file link": "file", "dangling": "nowhere", "loop": "loop"}.items():
        os.symlink(target, f"{folder}/{name}")
    Path(f"{folder}/file").touch(0o640)
    asked = [f"{folder}/{name}" for name in (
        "link", "link/below/", "file", "file link", "dangling", "loop", "none", "none/below", "file/below", "a b'\n",
    )]  # fmt: skip
    there, what = listed([*asked, "/dev/null", "/"], excludes=["/*"], before=before)
    assert what.roots == (
        Root(0, f"{folder}/link"), Root(0, f"{folder}/real/site"), Root(1, f"{folder}/real/site/below"),
        *(Root(number, asked[number]) for number in range(2, 7)), Root(7, None), Root(8, None), Root(9, asked[9]),
        Root(10, "/dev/null"), Root(11, "/"),
    )  # fmt: skip
    here = LocalEvidence()
    for root in what.roots:
        if root.path is not None:
            assert there.entry(root.path) == plain(here.entry(root.path)), root
    assert there.entry(asked[6]) == ABSENT
    assert there.names(f"{folder}/real/site") == NotCollected(EXCLUDED)
    there, _ = listed(asked, before=before)
    assert there.names(f"{folder}/real/site") == ("below",)
    assert there.names(f"{folder}/link") is None
    assert there.names(f"{folder}/file") == Unreadable(20, "Not a directory")


def test_a_stream_may_be_cut_anywhere(folder: str, rng: Random) -> None:
    root = f"{folder}/tree"
    lay_out(root, rng, 120)
    for compress in (False, True):
        whole = b"".join(stream(listing_script([root], compress=compress)))
        assert whole.startswith(b"gzip\n") == compress
        for largest in (1, 3, 50, 1000):
            there = Directories()
            assert parse(pieces_of(whole, rng, largest), there).complaints == ()
            compare(root, there)


def pieces_of(whole: bytes, rng: Random, largest: int) -> Iterator[bytes]:
    at = 0
    while at < len(whole):
        size = rng.randint(1, largest)
        yield whole[at : at + size]
        at += size


def test_garbage_is_one_error(folder: str, rng: Random) -> None:
    root = f"{folder}/tree"
    lay_out(root, rng, 40)
    whole = b"".join(stream(listing_script([root], compress=False)))
    zipped = b"".join(stream(listing_script([root])))
    refused = 0
    for number in range(cases(1500)):
        data = bytearray(rng.choice((whole, whole, zipped)))
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(len(data))
            match number % 4:
                case 0:
                    data[at] = rng.choice(b"\0\0/0d=@!.x\n\xff")
                case 1:
                    del data[at : at + rng.choice((1, 5, 500))]
                case 2:
                    data[at:at] = rng.choice(
                        (b"\0", b"\0\0", b"/", b"d9/755/0/0/1/x\0", rng.randbytes(9), bytes(data[:99]))
                    )
                case _:
                    del data[at:]
            data = data or bytearray(b"?")
        there = Directories()
        try:
            parse(pieces_of(bytes(data), rng, 400), there)
        except HostError as error:
            assert str(error).count("\n") == 0
            refused += 1
    assert refused > 500


@pytest.mark.parametrize(
    "text",
    [
        b"", b"hello\n", b"plain", b"plain\n", b"plain\n0\0", b"gzip\nnothing", b"x" * 9999, b"plain\n" + b"1" * 9999,
        b"plain\n0\0\0@0/r\0\0d0/755/0/0/1/r\0\0d2/755/0/0/1/deep\0\0=0\0\0!\0\0.\0",
        b"plain\n0\0\0@0/r\0\0d0/755/0/0/1/r\0\0d1/755/0/0/1/..\0\0=0\0\0!\0\0.\0",
        b"plain\n0\0\0@0/r\0\0d0/755/0/0/1/r\0f1/644/0/0/..\0\0=0\0\0!\0\0.\0",
        b"plain\n0\0\0@0/r\0\0d0/755/0/0/1/r\0f1/644/0/0/\0\0=0\0\0!\0\0.\0",
        b"plain\n0\0\0@0/r\0\0d0/755/0/0/1/r\0f1/644/0/0/a\0f1/644/0/0/f1/644/0/0/b\0b\0\0=0\0\0!\0\0.\0",
        b"plain\n0\0\0@0/r\0\0d0/99999/0/0/1/r\0\0=0\0\0!\0\0.\0",
        b"plain\n0\0\0@0/r\0f0/644/0/0/r\0f0/644/0/0/r\0\0=0\0\0!\0\0.\0",
        b"plain\n0\0\0d0/755/0/0/1/r\0\0=0\0\0!\0\0.\0",
    ],
)  # fmt: skip
def test_no_listing_at_all(text: bytes) -> None:
    with pytest.raises(HostError):
        parse([text], Directories())


def test_a_find_that_is_killed_leaves_its_directories_open() -> None:
    start = b"plain\n0\0\0@0/r\0\0d0/755/0/0/1/r\0f1/644/0/0/a\0\0d1/755/0/0/1/b\0f2/644/0/0/c\0"
    end = b"\0=137\0\0@1/s\0\0d0/700/0/0/1/s\0\0=0\0\0!\0\0.\0"
    for cut in (b"", b"f", b"f2/644/0/0/na", b"\0d2/75", b"\0d2/755/0/0/1/na", b"\0l2/777/0/0/li"):
        for size in (1, 7, 9999):
            there, text = Directories(), start + cut + end
            what = parse((text[at : at + size] for at in range(0, len(text), size)), there)
            assert what.entries == 5, cut
            assert isinstance(there.names("/r"), NotCollected)
            assert isinstance(there.names("/r/b"), NotCollected)
            assert there.entry("/r/b/c") == there.entry("/r/a") == Entry("f", 0o644, 0, 0, size=None)
            assert there.entry("/r/b/na") is None
            assert there.names("/s") == ()


def test_a_zip_bomb_is_read_in_small_pieces() -> None:
    zipper = zlib.compressobj(wbits=31)
    text = zipper.compress(b"0\0" + b"\0" * 30_000_000) + zipper.flush()
    with pytest.raises(HostError):
        parse([b"gzip\n" + text], Directories())


def test_complaints_that_nobody_understands_make_empty_directories_doubtful() -> None:
    text = b"plain\n0\0\0@0/r\0\0d0/755/0/0/1/r\0\0d1/755/0/0/1/b\0\0=1\0\0!find: what is this\0\0.\0"
    there = Directories()
    assert parse([text], there).complaints == ("what is this",)
    assert there.names("/r") == ("b",)
    assert isinstance(there.names("/r/b"), NotCollected)
    assert there.entry("/r/b/x") is None


def test_complaints_of_every_find_are_understood() -> None:
    text = (
        b"find: '/a/tab\\t\\'\\\\\\303\\274\\n': Permission denied\nfind: /b\nc: d: Permission denied\n"
        b"find: cannot read directory '/e': Input/output error\nfind: getfilecon failed: '/f': No data available\n"
        b"find: what?\x1b[0m\nfind: File system loop detected; '/g' is part of '/h'.\nfind: '/i': Stale file handle"
    )
    assert read_complaints(text) == (
        {
            "/a/tab\t'\\\u00fc\n": DENIED[0],
            "/b\nc: d": DENIED[0],
            "/e": "Input/output error",
            "/i": "Stale file handle",
        },
        (
            "what??[0m",
            "File system loop detected; '/g' is part of '/h'.",
        ),
    )
    assert read_complaints(b"") == ({}, ())


def test_no_find_is_said() -> None:
    with pytest.raises(HostError, match="no find"):
        parse(stream("PATH=/nonexistent; export PATH\n" + listing_script(["/"])), Directories())


def test_labels_stand_beside_the_entries() -> None:
    text = (
        b"plain\n0\0\0@0/r\0\0d0/755/0/0/u:r:a_t:s0/1/r\0f1/644/0/0/u:r:b_t:s0\0"
        b"f1/644/0/0//none\0\0l1/777/0/0/u:r:c_t:s0/l/a/b\0\0=0\0\0!\0\0.\0"
    ).replace(b"b_t:s0\0", b"b_t:s0/f\0")
    there = Directories()
    parse([text], there, labels=True)
    labels = [there.attributes_of(path) for path in ("/r", "/r/f", "/r/none", "/r/l")]
    assert [found and found.label for found in labels] == ["u:r:a_t:s0", "u:r:b_t:s0", None, "u:r:c_t:s0"]
    entry = there.entry("/r/l")
    assert isinstance(entry, Entry)
    assert entry.target == "a/b"


def test_a_file_system_without_labels_is_listed_all_the_same(folder: str, rng: Random) -> None:
    root = f"{folder}/tree"
    lay_out(root, rng, 50)
    there = Directories()
    what = parse(stream(listing_script([root], labels=True)), there, labels=True)
    assert what.complaints == ()
    compare(root, there)


def test_nothing_is_changed(folder: str, rng: Random) -> None:
    root = f"{folder}/tree"
    lay_out(root, rng, 100)
    before = [(path, status) for path, status in below(root)]
    listed([root])
    listed([root], before=finds(folder))
    after = [(path, status) for path, status in below(root)]
    assert [(path, status[:7], status.st_ctime_ns) for path, status in after] == [
        (path, status[:7], status.st_ctime_ns) for path, status in before
    ]
