"""Random trees, and what the kernel itself answers about them to a process with given credentials.

One child is forked for each credential; it drops to it and makes the real system calls.
"""

import ctypes
import errno
import os
import random
import stat
import struct
import subprocess
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from audit403.core.edit import AclUserEdit, CreateFileEdit, Edit, ModeEdit, OwnerEdit, RemoveEdit, TextEdit
from audit403.files.identity import Identity
from files.built_tree import Tree as Tree
from files.built_tree import make_socket

UIDS = (0, 33, 2001, 2002)
GIDS = (0, 33, 2600, 2601, 2602)

CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER = 1, 2, 3

IDENTITIES = (
    Identity(33, 33, frozenset({33})),
    Identity(33, 33, frozenset({33, 2600})),
    Identity(33, 2601, frozenset({2601})),
    Identity(33, 2602, frozenset()),
    Identity(2001, 2600, frozenset({2600, 2601, 2602})),
    Identity(2002, 2602, frozenset({33})),
    Identity(0, 0, frozenset({0}), True, True, True),
    Identity(2002, 2002, frozenset(), dac_override=True),
    Identity(2002, 2002, frozenset({2600}), dac_read_search=True),
    Identity(65534, 65534, frozenset()),
)

ACCESSES = ("stat", "lstat", "open", "list", "search", "steps", "permission", "create")
REACH_ACCESSES = ("read", "list", "search")


class Question(NamedTuple):
    """One thing to ask: `bits` counts for "permission" only."""

    identity: int
    access: str
    path: str
    bits: int = 0


def build_tree(rng: random.Random, root: str) -> Tree:
    """A random tree below the new directory `root`."""
    os.mkdir(root, 0o755)
    os.chmod(root, 0o755)
    tree = Tree(root, [root], [], [])
    for number in range(rng.randint(3, 9)):
        path = os.path.join(rng.choice(tree.directories[-4:]), _name(rng, f"d{number}"))
        os.mkdir(path)
        tree.directories.append(path)
    for number in range(rng.randint(4, 10)):
        path = os.path.join(rng.choice(tree.directories), _name(rng, f"f{number}"))
        _make_file(rng, path)
        tree.files.append(path)
    for number in range(rng.randint(3, 10)):
        path = os.path.join(rng.choice(tree.directories), f"l{number}")
        os.symlink(_target(rng, tree, path), path)
        tree.links.append(path)
    if rng.random() < 0.2:
        _make_chain(rng, tree, rng.choice((38, 39, 40, 41, 45)))
    for path in tree.everything():
        set_random_permissions(rng, path)
    return tree


def _name(rng: random.Random, name: str) -> str:
    if rng.random() < 0.06:
        return name + rng.choice(
            ("\udcff\udcfe", "ü ", " $x'\"", "y" * (255 - len(name)), "é" * ((255 - len(name)) // 2), "-r")
        )
    return name


def _make_file(rng: random.Random, path: str) -> None:
    kind = rng.random()
    if kind < 0.06:
        os.mkfifo(path)
    elif kind < 0.1:
        make_socket(path)
    else:
        with open(path, "wb") as file:
            file.write(b"0123456789")


def _target(rng: random.Random, tree: Tree, path: str) -> str:
    target = rng.choice(tree.everything())
    choice = rng.random()
    if choice < 0.1:
        return rng.choice(
            ("nowhere", "../..", ".", "/", "//", "l0", os.path.basename(path), "/etc/hostname", "../" * 40 + "etc")
        )
    if choice < 0.4:
        target = os.path.relpath(target, os.path.dirname(path))
    if choice > 0.9:
        target += rng.choice(("/", "/.", "/..", "//", "/nothing"))
    return target


def _make_chain(rng: random.Random, tree: Tree, length: int) -> None:
    directory = rng.choice(tree.directories)
    target = rng.choice(tree.directories + tree.files)
    for number in range(length):
        path = os.path.join(directory, f"c{number}")
        os.symlink(target, path)
        target = f"c{number}" if rng.random() < 0.9 else path
    tree.links.append(path)


def set_random_permissions(rng: random.Random, path: str) -> None:
    """Random owner, group, mode and ACL, now and then with a chmod after the ACL."""
    uid, gid = rng.choice(UIDS), rng.choice(GIDS)
    os.chown(path, uid, gid, follow_symlinks=False)
    if os.path.islink(path):
        return
    os.chmod(path, random_mode(rng, os.path.isdir(path)))
    if rng.random() < 0.3:
        os.setxattr(path, "system.posix_acl_access", random_acl(rng))
        if rng.random() < 0.3:
            os.chmod(path, random_mode(rng, os.path.isdir(path)))


def random_mode(rng: random.Random, directory: bool) -> int:
    """A mode that lets a walk get somewhere, mostly."""
    if rng.random() < 0.4:
        usual = (
            (0o755, 0o711, 0o750, 0o775, 0o1777, 0o2770, 0o1775, 0o3777)
            if directory
            else (0o644, 0o640, 0o604, 0o755, 0o6755, 0o6745)
        )
        return rng.choice(usual)
    mode = rng.getrandbits(9)
    if directory and rng.random() < 0.6:
        mode |= 0o111
    if rng.random() < 0.15:
        mode |= rng.choice((0o1000, 0o2000, 0o4000, 0o1002))
    return mode


def random_acl(rng: random.Random) -> bytes:
    """The attribute's bytes, packed here and not by the code under test."""
    entries = [(0x01, rng.getrandbits(3), 0xFFFFFFFF)]
    entries += [(0x02, rng.getrandbits(3), uid) for uid in sorted(rng.sample(UIDS, rng.randint(0, 3)))]
    entries += [(0x04, rng.getrandbits(3), 0xFFFFFFFF)]
    entries += [(0x08, rng.getrandbits(3), gid) for gid in sorted(rng.sample(GIDS, rng.randint(0, 3)))]
    entries += [(0x10, rng.choice((0, 1, 4, 5, 5, 7, 7)), 0xFFFFFFFF), (0x20, rng.getrandbits(3), 0xFFFFFFFF)]
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


def random_path(rng: random.Random, tree: Tree) -> str:
    """A path into the tree: straight, or with a detour, a slash, a missing or an overlong name."""
    path = rng.choice(tree.everything())
    choice = rng.random()
    if choice < 0.25:
        directory = rng.choice(tree.directories + tree.links)
        other = rng.choice(tree.everything())
        path = os.path.join(directory, os.path.basename(other))
    elif choice < 0.35:
        directory = rng.choice(tree.directories + tree.links)
        path = directory + "/" + "../" * rng.randint(1, 3) + os.path.basename(rng.choice(tree.everything()))
    elif choice < 0.4:
        path = rng.choice(tree.links or tree.files) + "/" + rng.choice(("", ".", "..", "./f0", "../f1"))
    elif choice < 0.45:
        path += rng.choice(("/missing", "/" + "n" * 255, "/" + "n" * 256, "/" + "é" * 127, "/" + "é" * 128, "missing"))
    elif choice < 0.47:
        filler = rng.choice(("./", "/", "../"))
        path = tree.root + "/" + filler * ((rng.choice((4094, 4095, 4096, 4097)) - len(tree.root)) // len(filler))
        path += "/" * rng.randint(0, 2)
    if rng.random() < 0.15:
        path += rng.choice(("/", "//", "/.", "/./", "/.."))
    if rng.random() < 0.05:
        path = path.replace("/", rng.choice(("//", "/./")), rng.randint(1, 4))
    if rng.random() < 0.003:
        path = rng.choice(("", "/", "//", "/.", "/..", "/dev/null", "/etc/shadow", "/root/x"))
    return path


def random_questions(rng: random.Random, tree: Tree, number: int, accesses: Sequence[str] = ACCESSES) -> list[Question]:
    """Questions that leave the tree as it is."""
    return [
        Question(rng.randrange(len(IDENTITIES)), rng.choice(accesses), random_path(rng, tree), rng.randint(1, 7))
        for _ in range(number)
    ]


def random_deletion(rng: random.Random, tree: Tree) -> Question | None:
    """A deletion in the tree and nowhere else, to be asked alone, because the kernel then makes it."""
    path = random_path(rng, tree)
    directory = os.path.realpath(os.path.dirname(path.rstrip("/")))
    if len(os.fsencode(path)) > 4000 or os.path.commonpath((directory, tree.root)) != tree.root:
        return None
    return Question(rng.randrange(len(IDENTITIES)), "delete", path)


def random_edits(rng: random.Random, tree: Tree) -> list[Edit]:
    """Some edits that can all be made one after the other."""
    edits: list[Edit] = []
    removed: list[str] = []
    edited: list[str] = []
    for number in range(rng.randint(1, 8)):
        path = rng.choice(tree.everything())
        if any(path == gone or path.startswith(gone + "/") for gone in removed):
            continue
        choice = rng.randrange(7)
        if choice == 0 and path != tree.root:
            removed.append(path)
            edits.append(RemoveEdit(path))
        elif choice == 1 and path in tree.directories:
            new = os.path.join(path, f"new{number}")
            edits.append(CreateFileEdit(new, b"new", random_mode(rng, False), rng.choice(UIDS), rng.choice(GIDS)))
        elif choice == 2 and path in tree.files and stat.S_ISREG(os.lstat(path).st_mode) and path not in edited:
            edited.append(path)
            edits += [TextEdit(path, 8, 9, "\u20ac"), TextEdit(path, 0, 0, "<"), TextEdit(path, 2, 4, "")]
        elif choice == 3:
            edits.append(OwnerEdit(path, rng.choice((None, *UIDS)), rng.choice((None, *GIDS))))
        elif choice == 4 and path not in tree.links:
            edits.append(AclUserEdit(path, rng.choice(UIDS), rng.randint(0, 7)))
        elif path not in tree.links:
            edits.append(ModeEdit(path, random_mode(rng, path in tree.directories)))
    return edits


def apply(edits: Iterable[Edit]) -> None:
    """Make the edits for real, with the programs that a person would use."""
    edits = tuple(edits)
    texts: dict[str, list[TextEdit]] = {}
    for edit in edits:
        if isinstance(edit, TextEdit):
            texts.setdefault(edit.file, []).append(edit)
    for path, in_file in texts.items():
        _apply_texts(path, in_file)
    for edit in edits:
        match edit:
            case ModeEdit(path, mode):
                os.chmod(path, mode)
            case OwnerEdit(path, uid, gid):
                os.chown(path, -1 if uid is None else uid, -1 if gid is None else gid, follow_symlinks=False)
            case AclUserEdit(path, uid, bits):
                subprocess.run(["setfacl", "-m", f"u:{uid}:{_letters(bits)}", "--", path], check=True)
            case CreateFileEdit(path, content, mode, uid, gid):
                with open(path, "wb") as file:
                    file.write(content)
                os.chown(path, uid, gid)
                os.chmod(path, mode)
            case RemoveEdit(path):
                subprocess.run(["rm", "-rf", "--", path], check=True)


def _apply_texts(path: str, edits: list[TextEdit]) -> None:
    with open(path, "r+b") as file:
        content = file.read()
        for edit in sorted(edits, key=lambda edit: -edit.start):
            content = content[: edit.start] + edit.text.encode() + content[edit.end :]
        file.seek(0)
        file.truncate()
        file.write(content)


def _letters(bits: int) -> str:
    return "".join(letter if bits & bit else "-" for letter, bit in (("r", 4), ("w", 2), ("x", 1)))


def ask_kernel(questions: Sequence[Question]) -> list[int]:
    """The errno of each question (0: granted), each asked with its own credential."""
    answers = [-1] * len(questions)
    for number, identity in enumerate(IDENTITIES):
        indexes = [index for index, question in enumerate(questions) if question.identity == number]
        if indexes:
            for index, answer in zip(indexes, _in_child(identity, [questions[i] for i in indexes]), strict=True):
                answers[index] = answer
    return answers


def _in_child(identity: Identity, questions: Sequence[Question]) -> tuple[int, ...]:
    receiving, sending = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.close(receiving)
            become(identity)
            with os.fdopen(sending, "wb") as pipe:
                pipe.write(struct.pack(f"<{len(questions)}i", *(_ask(question) for question in questions)))
            status = 0
        finally:
            os._exit(status)
    os.close(sending)
    with os.fdopen(receiving, "rb") as pipe:
        packed = pipe.read()
    _, status = os.waitpid(pid, 0)
    assert status == 0, f"the child with {identity} failed"
    return struct.unpack(f"<{len(questions)}i", packed)


def become(identity: Identity) -> None:
    """Take the identity's ids and exactly its capabilities, for good."""
    libc = ctypes.CDLL(None, use_errno=True)
    pr_set_keepcaps = 8
    if libc.prctl(pr_set_keepcaps, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    os.setgroups(sorted(identity.groups))
    os.setresgid(identity.gid, identity.gid, identity.gid)
    os.setresuid(identity.uid, identity.uid, identity.uid)
    if identity.uid == 0:
        return
    capabilities = (
        identity.dac_override << CAP_DAC_OVERRIDE
        | identity.dac_read_search << CAP_DAC_READ_SEARCH
        | identity.fowner << CAP_FOWNER
    )
    version_3 = 0x20080522
    header = ctypes.create_string_buffer(struct.pack("<Ii", version_3, 0))
    data = ctypes.create_string_buffer(struct.pack("<6I", capabilities, capabilities, 0, 0, 0, 0))
    if libc.capset(header, data) != 0:
        raise OSError(ctypes.get_errno(), "capset")


def _ask(question: Question) -> int:
    path = os.fsencode(question.path)
    try:
        _CALLS[question.access](path, question)
    except OSError as error:
        return error.errno or -2
    return 0


def _stat(path: bytes, _: Question) -> None:
    os.stat(path)


def _lstat(path: bytes, _: Question) -> None:
    os.lstat(path)


def _open(path: bytes, _: Question) -> None:
    os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))


def _list(path: bytes, _: Question) -> None:
    os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_DIRECTORY))


def _chdir(path: bytes, _: Question) -> None:
    os.chdir(path)


def _steps(path: bytes, _: Question) -> None:
    """Component by component with O_PATH | O_NOFOLLOW, as nginx's disable_symlinks opens."""
    directory = os.open("/", os.O_PATH)
    try:
        for name in components_of(path):
            following = os.open(name, os.O_PATH | os.O_NOFOLLOW, dir_fd=directory)
            os.close(directory)
            directory = following
    finally:
        os.close(directory)


def components_of(path: bytes) -> list[bytes]:
    """The names in a path, without empty ones."""
    return [name for name in path.split(b"/") if name]


def _permission(path: bytes, question: Question) -> None:
    """faccessat(2) with the effective ids, which says what inode_permission() says."""
    os.stat(path)
    libc = ctypes.CDLL(None, use_errno=True)
    at_fdcwd, at_eaccess, faccessat2 = -100, 0x200, 439
    if libc.syscall(faccessat2, at_fdcwd, path, question.bits, at_eaccess) != 0:
        raise OSError(ctypes.get_errno(), "faccessat2")


def _create(path: bytes, _: Question) -> None:
    """A file without a name needs what a named one does: write and search on the directory."""
    os.close(os.open(path, os.O_TMPFILE | os.O_RDWR))


def _delete(path: bytes, _: Question) -> None:
    is_directory = stat.S_ISDIR(os.lstat(path.rstrip(b"/")).st_mode)
    try:
        os.rmdir(path) if is_directory else os.unlink(path)
    except OSError as error:
        # The kernel says this only after it has granted the deletion, except of `..`.
        if error.errno != errno.ENOTEMPTY or path.rstrip(b"/").endswith(b"/.."):
            raise


_CALLS: dict[str, Callable[[bytes, Question], None]] = {
    "stat": _stat,
    "lstat": _lstat,
    "open": _open,
    "read": _open,
    "list": _list,
    "search": _chdir,
    "steps": _steps,
    "permission": _permission,
    "create": _create,
    "delete": _delete,
}
