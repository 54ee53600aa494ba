"""Random trees of files as web servers meet them, odd ones among them, and URIs into them.

Names repeat, so that a URI made for one directory often means something in another. Most entries are as they should
be; the rest have modes, owners, groups and ACLs that refuse something to somebody. No sticky directory is writable for
everybody: what fs.protected_symlinks makes of those is asked of the kernel in tests/files.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import TYPE_CHECKING

from files.built_tree import Tree as Tree
from files.built_tree import make_socket

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from audit403.core.decision import Step

DIRECTORIES = ("d", "e", "img", "sub", "x y", "ü", ".git", "s1", "s2", "index.html", "a.b")
FILES = (
    "index.html", "index.htm", "a.txt", "b.html", "a.txt.gz", "b.html.gz", "v.mp4", "v.flv", "we'ird", "ü.txt", ".x",
    "home", "d", "index.php", "e.txt",
)  # fmt: skip
ODD_DIRECTORY_MODES = (0o700, 0o711, 0o744, 0o750, 0o705, 0o070, 0o005, 0o000, 0o775, 0o770, 0o1770, 0o1775, 0o2775)
ODD_FILE_MODES = (0o600, 0o640, 0o604, 0o044, 0o440, 0o040, 0o004, 0o000, 0o666, 0o755)
OWNERS = (0, 33, 2001, 65534)
GROUPS = (0, 33, 2600, 2601, 65534)

ACL_ATTRIBUTE = "system.posix_acl_access"
_NO_ID = 0xFFFFFFFF


def build_tree(
    rng: random.Random,
    root: str,
    *,
    odd: float = 0.25,
    links: int = 8,
    special: float = 0.05,
    size: int = 12,
    contained: bool = False,
    names: tuple[str, ...] = FILES,
    odd_files: float | None = None,
) -> Tree:
    """A random tree in the new directory `root`; `odd` is the share of entries with odd permissions.

    `odd_files` is the share among the files, where it is to be another one.

    In a `contained` one no link leads outside, wherever it is moved: what is deleted through it is part of the tree.
    """
    os.mkdir(root)
    os.chmod(root, 0o755)
    tree = Tree(root, [root], [], [])
    taken = {root}
    for name in ("s1", "s2", "d"):
        _add_directory(tree, taken, f"{root}/{name}")
    for _ in range(rng.randint(size // 2, size)):
        _add_directory(tree, taken, f"{rng.choice(tree.directories)}/{rng.choice(DIRECTORIES)}")
    for _ in range(rng.randint(size * 2, size * 3)):
        path = f"{rng.choice(tree.directories)}/{rng.choice(names)}"
        if path not in taken:
            taken.add(path)
            make_file(rng, path, special)
            tree.files.append(path)
            if rng.random() < 0.2 and path + ".gz" not in taken:
                taken.add(path + ".gz")
                make_file(rng, path + ".gz", special)
                tree.files.append(path + ".gz")
    for _ in range(rng.randint(links // 2, links)):
        path = f"{rng.choice(tree.directories)}/{rng.choice((*FILES, *DIRECTORIES, 'l', 'l2'))}"
        if path not in taken:
            taken.add(path)
            os.symlink(_contained_target(rng, tree) if contained else _target(rng, tree, path), path)
            tree.links.append(path)
    for path in tree.everything():
        _own(rng, path, odd if odd_files is None or path in tree.directories else odd_files)
    return tree


def _add_directory(tree: Tree, taken: set[str], path: str) -> None:
    if path not in taken:
        taken.add(path)
        os.mkdir(path)
        os.chmod(path, 0o755)
        tree.directories.append(path)


def make_file(rng: random.Random, path: str, special: float) -> None:
    """A file of some bytes; a share of them are FIFOs and sockets."""
    kind = rng.random()
    if kind < special / 2:
        os.mkfifo(path)
    elif kind < special:
        make_socket(path)
    else:
        Path(path).write_bytes(b"0123456789" * rng.choice((0, 1, 1, 1, 3, 200)))
        time = 1_700_000_000 + rng.randrange(5) * 100_000
        os.utime(path, (time, time))


def _contained_target(rng: random.Random, tree: Tree) -> str:
    """A file, or a directory with nothing below: DELETE walks through links, and round in circles till doomsday."""
    parents = {os.path.dirname(path) for path in (*tree.directories, *tree.links)}
    return rng.choice([*tree.files, *(path for path in tree.directories if path not in parents)])


def _target(rng: random.Random, tree: Tree, path: str) -> str:
    target = rng.choice(tree.everything())
    choice = rng.random()
    if choice < 0.15:
        return rng.choice(("nowhere", "..", ".", "/", os.path.basename(path), "/etc/hostname", "l2", "a.txt/x"))
    if choice < 0.65:
        target = os.path.relpath(target, os.path.dirname(path))
    if choice > 0.92:
        target += rng.choice(("/", "/.", "/nothing"))
    return target


def _own(rng: random.Random, path: str, odd: float) -> None:
    is_odd = rng.random() < odd
    if is_odd or rng.random() < 0.2:
        os.chown(path, rng.choice(OWNERS), rng.choice(GROUPS), follow_symlinks=False)
    if os.path.islink(path):
        return
    is_directory = os.path.isdir(path)
    if not is_odd:
        os.chmod(path, 0o755 if is_directory else 0o644)
        return
    os.chmod(path, rng.choice(ODD_DIRECTORY_MODES if is_directory else ODD_FILE_MODES))
    if rng.random() < 0.3:
        os.setxattr(path, ACL_ATTRIBUTE, _random_acl(rng))


def _random_acl(rng: random.Random) -> bytes:
    """The attribute's bytes, packed here and not by the code under test."""
    bits = (0, 1, 4, 5, 5, 7, 7)
    entries = [(0x01, rng.choice(bits), _NO_ID)]
    entries += [(0x02, rng.choice(bits), uid) for uid in sorted(rng.sample(OWNERS, rng.randint(0, 2)))]
    entries += [(0x04, rng.choice(bits), _NO_ID)]
    entries += [(0x08, rng.choice(bits), gid) for gid in sorted(rng.sample(GROUPS, rng.randint(0, 2)))]
    entries += [(0x10, rng.choice(bits), _NO_ID), (0x20, rng.choice(bits), _NO_ID)]
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


def random_path(rng: random.Random, tree: Tree, docroot: str) -> str:
    """A URI path, not yet quoted, that leads to something in the tree below `docroot`, or nearly so."""
    below = [path[len(docroot) :] for path in tree.everything() if path.startswith(docroot + "/")]
    path = rng.choice(below or ["/nothing"])
    slashed = path in {directory[len(docroot) :] for directory in tree.directories}
    choice = rng.random()
    if choice < 0.08:
        path = path.rpartition("/")[0] + "/" + rng.choice((*FILES, *DIRECTORIES, "l", "missing"))
    elif choice < 0.14:
        path += "/" + rng.choice((*FILES, *DIRECTORIES, "l", "missing"))
    elif choice < 0.16:
        path += "/" + "n" * rng.choice((255, 256, 300))
    elif choice < 0.22:
        path = path.rpartition("/")[0]
    elif choice < 0.24:
        path = ""
    if not path or rng.random() < (0.5 if slashed else 0.1):
        path += "/"
    return path


def quoted(path: str) -> str:
    """The path as a client sends it."""
    safe = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-~"
    return "".join(chr(byte) if byte in safe else f"%{byte:02X}" for byte in os.fsencode(path))


def describe(tree: Tree, trace: Sequence[Step]) -> str:
    """What the steps were about, and all links, as `ls` lines, for the report of a failure."""
    words = " ".join(step.text for step in trace)
    lines = []
    for path in sorted(tree.everything()):
        if path not in words and not os.path.islink(path):
            continue
        status = os.lstat(path)
        acl = ""
        if not os.path.islink(path) and ACL_ATTRIBUTE in os.listxattr(path):
            acl = " acl=" + os.getxattr(path, ACL_ATTRIBUTE).hex()
        target = f" -> {os.readlink(path)}" if os.path.islink(path) else ""
        lines.append(f"{status.st_mode:07o} {status.st_uid}:{status.st_gid} {status.st_size:5} {path}{target}{acl}")
    return "\n".join(lines)
