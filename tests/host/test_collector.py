"""What is pulled from a host is what the machine's own calls say, entry by entry and byte by byte."""

from __future__ import annotations

import os
import subprocess
import tempfile
from typing import TYPE_CHECKING

import pytest

from audit403.evidence.collected import NO_GETFACL, Collected
from audit403.evidence.interface import ABSENT, Entry, NotCollected
from audit403.evidence.local import LocalEvidence
from audit403.evidence.machine import Login, Machine, Mount
from audit403.host.collector import HostCollector
from audit403.host.local_shell import LocalShell
from audit403.host.proc_files import mounts_of
from audit403.host.pulled import Pulled
from audit403.host.transport import HostError
from servers.need import need, need_root
from servers.plenty import cases
from servers.sandbox import in_private_mounts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from random import Random

HOSTILE = (
    "-rf", "a b", "line\nfeed", "tab\t", "$(touch hit)", "`id`", "'single'", '"double"', "back\\slash", "star*", "?",
    "#", "~root", "\udcff\udcfe", "ümlaut", "ends with\n", " ", "\x1b[31m", "%s%n", ";id", "&", "n" * 255,
)  # fmt: skip


def collector(prefix: str = "") -> HostCollector:
    made = HostCollector(LocalShell(), Collected(), prefix)
    made.basics()
    return made


def raw(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")


@pytest.fixture
def tree() -> Iterator[str]:
    """Names of every sort, as files, folders and links, some of them with an ACL; everybody may come to it."""
    with tempfile.TemporaryDirectory(prefix="audit403-") as folder:
        os.chmod(folder, 0o755)
        yield laid_out(f"{folder}/tree")


def laid_out(root: str) -> str:
    os.mkdir(root)
    for number, name in enumerate(HOSTILE):
        path = raw(f"{root}/{name}")
        if number % 3 == 0:
            with open(path, "wb") as file:
                file.write(bytes(range(256)) * number)
        elif number % 3 == 1:
            os.mkdir(path, 0o751)
            with open(path + b"/inner\n", "w") as file:
                file.write(name.encode("utf-8", "replace").decode())
        else:
            os.symlink(raw(HOSTILE[number - 1]), path)
        if number % 3 != 2:
            os.chmod(path, 0o640 + number)
        if number % 4 == 0 and number % 3 != 2:
            subprocess.run([need("setfacl"), "-m", "u:33:r-x,g:42:--x", "--", path], check=True)
    os.mkfifo(f"{root}/fifo")
    os.symlink("\n", f"{root}/to line feed")
    return root


def test_entries_and_contents_are_the_machine_s_own(tree: str) -> None:
    there, here = collector().evidence(), LocalEvidence()
    assert there.names(tree) == here.names(tree)
    for name in (*HOSTILE, "fifo", "to line feed", "missing"):
        path = f"{tree}/{name}"
        assert there.entry(path) == here.entry(path), name
        assert there.read(path) == here.read(path), name
        assert there.names(path) == here.names(path), name
        if not os.path.islink(raw(path)):
            assert there.entry(f"{path}/inner\n") == here.entry(f"{path}/inner\n"), name
    assert not os.path.exists(f"{tree}/hit") and not os.path.exists("hit")


TOOLS = ("find", "stat", "ls", "wc", "head", "readlink", "base64", "grep", "id", "tr", "cat", "uname", "od", "sh")


def busybox_only(folder: Path) -> HostCollector:
    """A host that has nothing but busybox."""
    folder.mkdir()
    for name in TOOLS:
        (folder / name).write_text(f'#!/bin/sh\nexec {need("busybox")} {name} "$@"\n')
        (folder / name).chmod(0o755)
    return collector(f"env PATH={folder} {need('busybox')}")


@pytest.mark.parametrize("listed_first", [False, True])
def test_without_printf_and_getfacl(tree: str, tmp_path: Path, listed_first: bool) -> None:
    """busybox has no `-printf` and shows no ACLs: that is said, and all else is as it is."""
    made = busybox_only(tmp_path / "tools")
    there, here = made.evidence(), LocalEvidence()
    names = here.names(tree)
    assert isinstance(names, tuple)
    if listed_first:
        assert there.names(tree) == names
    for name in names:
        mine, right = there.entry(f"{tree}/{name}"), here.entry(f"{tree}/{name}")
        assert isinstance(right, Entry) and mine == right._replace(acl=(), group_bits=None), name
        assert there.read(f"{tree}/{name}") == here.read(f"{tree}/{name}")
    assert "getfacl" in made.collected.gaps["ACLs"]


@pytest.mark.parametrize("tools", ["busybox", "GNU without getfacl"])
def test_trees_without_getfacl_are_not_silently_clean(tree: str, tmp_path: Path, tools: str) -> None:
    if tools == "busybox":
        made = busybox_only(tmp_path / "tools")
    else:
        (tmp_path / "tools").mkdir()
        for name in (*TOOLS, "gzip"):
            (tmp_path / "tools" / name).symlink_to(need(name))
        made = collector(f"env PATH={tmp_path / 'tools'}")
    made.take_trees([tree])
    assert made.collected.gaps["ACLs"] == NO_GETFACL


def test_trees_with_getfacl_have_no_such_gap(tree: str) -> None:
    made = collector()
    made.take_trees([tree])
    assert "ACLs" not in made.collected.gaps


def test_where_only_ls_tells_of_acls(tree: str, tmp_path: Path) -> None:
    """Without getfacl an entry that has an ACL is not known, nor are its neighbours where only a list was looked at."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in TOOLS:
        (tools / name).symlink_to(need(name))
    there, here = collector(f"env PATH={tools}").evidence(), LocalEvidence()
    names = here.names(tree)
    assert isinstance(names, tuple) and there.names(tree) == names
    for one in names:
        mine, right = there.entry(f"{tree}/{one}"), here.entry(f"{tree}/{one}")
        assert isinstance(right, Entry)
        if mine != right:
            assert isinstance(mine, NotCollected) and "getfacl" in mine.reason and right.mode & 0o070
        assert mine == right or right.kind != "l"
        if right.group_bits is not None:
            assert isinstance(mine, NotCollected)


def test_what_the_login_may_not_see_is_not_collected(tree: str) -> None:
    need_root()
    os.chmod(tree, 0o700)
    there = collector("setpriv --reuid=65534 --regid=65534 --clear-groups").evidence()
    for answer in (there.entry(f"{tree}/a b"), there.names(tree), there.read(f"{tree}/a b")):
        assert isinstance(answer, NotCollected)
    os.chmod(tree, 0o711)
    assert there.collected.entries  # what is known stays known
    fresh = collector("setpriv --reuid=65534 --regid=65534 --clear-groups").evidence()
    assert fresh.entry(f"{tree}/missing") == ABSENT
    assert isinstance(fresh.entry(f"{tree}/a b"), Entry)
    assert isinstance(fresh.names(tree), NotCollected)


def test_users_and_groups() -> None:
    there, here = collector().evidence(), LocalEvidence()
    asked: tuple[str | int, ...] = (
        "root",
        "www-data",
        "nobody",
        0,
        33,
        65534,
        "nobody-else",
        54321,
        "-x",
        "a b",
        "$(id)",
    )
    key: str | int
    for key in asked:
        assert there.user(key) == here.user(key), key
        assert there.group(key) == here.group(key), key
    for user in ("root", "www-data", "nobody"):
        for gid in (0, 33, 4242):
            assert there.group_ids(user, gid) == here.group_ids(user, gid)
    assert there.hostname() == here.hostname()
    assert there.protected_symlinks() == here.protected_symlinks()


def test_folders_are_taken_at_once(tree: str) -> None:
    made = collector()
    made.take_folders([tree])
    asked = made.questions
    there, here = made.evidence(), LocalEvidence()
    names = there.names(tree)
    assert isinstance(names, tuple)
    for name in names:
        assert there.entry(f"{tree}/{name}") == here.entry(f"{tree}/{name}")
        assert there.read(f"{tree}/{name}") == here.read(f"{tree}/{name}"), name
    assert made.questions == asked


def test_private_keys_stay_where_they_are(tmp_path: Path) -> None:
    key = tmp_path / "site.key"
    key.write_text("-----BEGIN EC PRIVATE KEY-----\nc2VjcmV0\n-----END EC PRIVATE KEY-----\n")
    made = collector()
    answer = made.evidence().read(str(key))
    assert isinstance(answer, NotCollected) and "private key" in answer.reason
    again = collector()
    again.take_folders([str(tmp_path)])
    assert again.collected.contents[str(key)] == answer


def test_garbage_is_one_error(rng: Random) -> None:
    parts = (
        b"D/x\0",
        b"e",
        b"f/644/0/0/1/2.0/n\0",
        b"l\0",
        b"G\0",
        b"C/x\0",
        b"c=",
        b"c",
        b"zz\0",
        b"M1\0",
        b"\0",
        b"V",
    )
    for _ in range(cases(2000)):
        output = b"".join(rng.choice((*parts, rng.randbytes(3))) for _ in range(rng.randint(1, 9)))
        try:
            Pulled(Collected(), "").take(output)
        except HostError as error:
            assert str(error).startswith("the host's answer")


def test_labels_come_with_entries_where_selinux_enforces(tree: str) -> None:
    need_root()
    label, other = "system_u:object_r:httpd_sys_content_t:s0", "system_u:object_r:default_t:s0:c1,c2"
    os.setxattr(tree, "security.selinux", label.encode() + b"\0")
    paths = [f"{tree}/{name}" for name in HOSTILE]
    for number, path in enumerate(paths[:-1]):
        os.setxattr(
            raw(path), "security.selinux", (label if number % 2 else other).encode() + b"\0", follow_symlinks=False
        )

    def ask() -> None:
        subprocess.run(["sh", "-c", ENFORCES], check=True)
        evidence, here = collector().evidence(), LocalEvidence()
        for path in (tree, *paths):
            answer = evidence.label(path)
            known = here.label(path)
            assert answer == known if known is not None else isinstance(answer, NotCollected), path
        assert evidence.label(tree) == label and evidence.label(paths[0]) == other

    in_private_mounts(ask)
    assert isinstance(collector().evidence().label(tree), NotCollected), "nobody asks for labels where it is off"


def test_labels_of_a_whole_tree_come_at_once(tree: str) -> None:
    need_root()
    label, other = "system_u:object_r:httpd_sys_content_t:s0", "unconfined_u:object_r:user_tmp_t:s0"
    for folder, names, files in os.walk(raw(tree)):
        for path in (folder, *(os.path.join(folder, name) for name in (*names, *files))):
            odd = path.endswith((b"star*", b"inner\n"))
            os.setxattr(path, "security.selinux", (other if odd else label).encode() + b"\0", follow_symlinks=False)

    def ask() -> None:
        subprocess.run(["sh", "-c", ENFORCES], check=True)
        made = collector()
        made.collected.machine = Machine("Linux", Login("root", 0, frozenset({0})), selinux="enforcing")
        made.take_trees([tree])
        asked, evidence = made.questions, made.evidence()
        assert made.collected.labelled == {tree}
        for folder, names, files in os.walk(raw(tree)):
            for name in (*names, *files):
                path = os.path.join(folder, name).decode("utf-8", "surrogateescape")
                assert evidence.label(path) == LocalEvidence().label(path), path
        assert made.questions == asked, "nothing more is asked"
        assert set(made.collected.labels.values()) == {label, other}

    in_private_mounts(ask)


def test_what_is_mounted_below_a_tree_comes_with_it(tree: str) -> None:
    """File systems of the machine's own, one in the other; what a program or another machine shows is left out."""
    mounted, inner, away = f"{tree}/mounted", f"{tree}/mounted/sub/inner", f"{tree}/away"

    def ask() -> None:
        os.mkdir(mounted)
        os.mkdir(away)
        for point in (mounted, inner, away):
            os.makedirs(point, exist_ok=True)
            subprocess.run(["mount", "-t", "tmpfs", "none", point], check=True)
            for number in range(30):
                os.mkdir(f"{point}/{number}", 0o750)
                with open(f"{point}/{number}/page.html", "w") as file:
                    file.write("page")
        made = collector()
        with open("/proc/thread-self/mountinfo", encoding="utf-8") as file:
            mounts = [_as_nfs(mount, away) for mount in mounts_of(file.read())]
        login = Login("root", 0, frozenset({0}), mounts=0)
        made.collected.machine = Machine("Linux", login, mount_tables=(tuple(mounts),))
        made.take_trees([tree])
        asked, evidence, here = made.questions, made.evidence(), LocalEvidence()
        for top in (mounted, inner):
            assert evidence.names(top) == here.names(top)
            for number in range(30):
                folder = f"{top}/{number}"
                assert evidence.names(folder) == here.names(folder) == ("page.html",)
                for path in (folder, f"{folder}/page.html"):
                    assert evidence.entry(path)[:4] == here.entry(path)[:4]
        assert evidence.names(away) == NotCollected(
            "another file system is mounted there (nfs4), of a kind that is not listed"
        )
        assert made.questions == asked <= 6, "nothing more is asked"

    in_private_mounts(ask)


def _as_nfs(mount: Mount, point: str) -> Mount:
    return mount._replace(kind="nfs4") if mount.point == point else mount


ENFORCES = """
mount -t tmpfs tmpfs /sys/fs/selinux 2>/dev/null || mount -t tmpfs tmpfs /sys/fs && mkdir -p /sys/fs/selinux
printf 1 > /sys/fs/selinux/enforce
"""


def test_a_folder_comes_whole_and_with_what_its_links_lead_to(tmp_path: Path) -> None:
    for name, text in (("a/nginx.conf", "x"), ("a/sites/shop", "y"), ("a/sites/empty/none", "z"), ("b/mod.conf", "m")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "b/secret.pem").write_text("-----BEGIN PRIVATE KEY-----\n")
    (tmp_path / "a/enabled").mkdir()
    (tmp_path / "a/enabled/10-mod.conf").symlink_to(tmp_path / "b/mod.conf")
    (tmp_path / "a/enabled/20-mod.conf").symlink_to("../../b/mod.conf")
    (tmp_path / "a/key").symlink_to("../b/secret.pem")
    asked = collector()
    asked.take_folders([str(tmp_path / "a")])
    before, world = asked.questions, asked.evidence()
    assert before == 3
    assert world.read(str(tmp_path / "a/enabled/10-mod.conf")) == b"m"
    assert world.read(str(tmp_path / "a/sites/shop")) == b"y"
    assert world.names(str(tmp_path / "a/enabled")) == ("10-mod.conf", "20-mod.conf")
    assert world.names(str(tmp_path / "a/sites")) == ("empty", "shop")
    assert isinstance(world.entry("/"), Entry)
    assert asked.questions == before
    assert str(tmp_path / "b/secret.pem") not in asked.collected.contents


def test_trees_behind_another_root(tree: str) -> None:
    """As in a container, whose paths and links are its own."""
    folder = os.path.dirname(tree)
    os.mkdir(f"{folder}/srv")
    os.symlink("/tree", f"{folder}/srv/site")
    collected = Collected()
    behind = HostCollector(LocalShell(), collected, root=folder)
    behind.basics()
    behind.take_trees(["/srv/site", "/tree", "/none"])
    assert collected.tree_roots == {"/srv/site", "/tree", "/none"}
    there, here = behind.evidence(), LocalEvidence()
    questions = behind.questions
    acls = 0
    for name in HOSTILE:
        expected, found = here.entry(f"{tree}/{name}"), collected.trees.entry(f"/tree/{name}")
        assert isinstance(expected, Entry)
        assert found == expected._replace(size=None, mtime=None), name
        acls += bool(expected.acl)
    assert acls
    assert there.names("/srv/site") == here.names(tree)
    assert behind.questions == questions
