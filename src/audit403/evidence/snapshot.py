"""A snapshot: everything that was collected of a host, in one gzip file of JSON lines, read back as the same record.

The first line says what the file is. After it comes a line for each record: `{"kind": …, …}`. `docs/snapshot.md`
describes every kind. Bytes that are no UTF-8 are kept as surrogate escapes in names and as base64 in contents.
"""

import gzip
import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from audit403.evidence.collected import Answer, Basics, Collected, CollectedEvidence, Content
from audit403.evidence.interface import (
    ABSENT,
    Absent,
    AclEntry,
    Entry,
    Group,
    NotCollected,
    Unreadable,
    User,
)
from audit403.evidence.machine_json import machine_from, machine_json
from audit403.evidence.trees_json import TREE_KINDS, take_tree_record, trees_records

VERSION = 1
_HEADER = "audit403-snapshot"
_LARGEST_LINE = 64 * 1024 * 1024
_LARGEST = 4 * 1024**3


class SnapshotError(Exception):
    """A file that is no snapshot, or one that cannot be read: one plain sentence."""


def write_snapshot(path: Path, host: str, collected: Collected) -> None:
    """Write what was collected; the file is for its owner alone, and it is whole or not there. Raises OSError."""
    import os

    beside = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(descriptor, "wb") as file, gzip.GzipFile("", "wb", 6, file, 0) as packed:
            for record in _records(host, collected):
                packed.write(json.dumps(record, separators=(",", ":"), ensure_ascii=True).encode("ascii") + b"\n")
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def opened_snapshot(path: str) -> tuple[str, CollectedEvidence]:
    """The host that a snapshot was taken of, and its world. Raises SnapshotError."""
    try:
        with open(path, "rb") as file:
            host, collected = read_snapshot(file, path)
    except OSError as error:
        raise SnapshotError(f"{path} cannot be read: {error.strerror or error}") from error
    return host, CollectedEvidence(collected)


def read_snapshot(file: BinaryIO, name: str) -> tuple[str, Collected]:
    """The host's name and the record. Raises SnapshotError."""
    collected = part = Collected()
    try:
        with gzip.GzipFile(fileobj=file) as packed:
            header = _line(packed.readline(_LARGEST_LINE))
            if not isinstance(header, dict) or _HEADER not in header:
                raise SnapshotError(f"{name} is no snapshot of audit403")
            if header[_HEADER] != VERSION:
                raise SnapshotError(
                    f"{name} is a snapshot of version {header[_HEADER]}, and this audit403 reads version {VERSION}"
                )
            count = size = 0
            while text := packed.readline(_LARGEST_LINE):
                count, size = count + 1, size + len(text)
                if size > _LARGEST:
                    raise ValueError("it is larger than any host's")
                record = _line(text)
                if record["kind"] == "end":
                    if record["records"] != count:
                        raise ValueError("records are missing")
                    return str(header["host"]), collected
                if record["kind"] == "view":
                    part = collected.views[_text(record["root"])] = Collected()
                elif record["kind"] in TREE_KINDS:
                    take_tree_record(part.trees, record)
                else:
                    _READERS[record["kind"]](part, record)
            raise EOFError
    except EOFError:
        raise SnapshotError(f"{name} is cut off: the end of the snapshot is missing") from None
    except (OSError, zlib.error) as error:
        raise SnapshotError(f"{name} cannot be read as a snapshot: {error}") from error
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        what = "has a line that no snapshot of this version has: it was changed, or is none; save it anew"
        raise SnapshotError(f"{name} {what}") from error


def _line(text: bytes) -> Any:
    return json.loads(text)


def _records(host: str, collected: Collected) -> Iterator[dict[str, Any]]:
    yield {_HEADER: VERSION, "host": host}
    count = 1
    for root, part in ((None, collected), *sorted(collected.views.items())):
        if root is not None:
            count += 1
            yield {"kind": "view", "root": root}
        for record in _body(part):
            count += 1
            yield record
    yield {"kind": "end", "records": count}


def _body(collected: Collected) -> Iterator[dict[str, Any]]:
    basics = collected.basics
    if basics is not None:
        yield {"kind": "host", "name": basics.hostname, "protected_symlinks": basics.protected_symlinks}
    for what, reason in sorted(collected.gaps.items()):
        yield {"kind": "gap", "what": what, "reason": reason}
    if collected.machine is not None:
        yield {"kind": "machine", **machine_json(collected.machine)}
    for key, user in _ordered(collected.users):
        yield {"kind": "user", "key": key, **({"user": list(user)} if isinstance(user, User) else _gap(user))}
    for key, group in _ordered(collected.groups):
        yield {"kind": "group", "key": key, **({"group": list(group)} if isinstance(group, Group) else _gap(group))}
    for name, gids in sorted(collected.memberships.items()):
        yield {
            "kind": "member",
            "user": name,
            **(_gap(gids) if isinstance(gids, NotCollected) else {"gids": list(gids)}),
        }
    yield from _tree(collected)
    for label, paths in sorted(_by_label(collected).items()):
        yield {"kind": "label", "label": label, "paths": paths}
    yield from trees_records(collected.trees)
    if collected.tree_roots:
        yield {"kind": "trees", "roots": sorted(collected.tree_roots)}
    if collected.labelled:
        yield {"kind": "labelled", "paths": sorted(collected.labelled)}
    for path, content in sorted(collected.contents.items()):
        yield {"kind": "content", "path": path, **_content(content)}


def _by_label(collected: Collected) -> dict[str, list[str]]:
    paths: dict[str, list[str]] = {}
    for path, label in sorted(collected.labels.items()):
        paths.setdefault(label, []).append(path)
    return paths


def _tree(collected: Collected) -> Iterator[dict[str, Any]]:
    inside: set[str] = set()
    for path, names in sorted(collected.listed.items()):
        prefix = path.rstrip("/") + "/"
        inside.update(prefix + name for name in names)
        rows = [[name, *_entry(collected.entries[prefix + name])] for name in names]
        yield {"kind": "directory", "path": path, "entries": rows}
    for path, unlisted in sorted(collected.unlisted.items()):
        yield {"kind": "unlisted", "path": path, **_gap(unlisted)}
    for path, entry in sorted(collected.entries.items()):
        if path not in inside:
            yield {"kind": "entry", "path": path, "entry": _entry(entry)}


def _ordered(table: dict[str | int, Any]) -> Iterator[tuple[str | int, Any]]:
    yield from sorted(table.items(), key=lambda item: (isinstance(item[0], int), item[0]))


def _gap(answer: Absent | NotCollected | Unreadable) -> dict[str, Any]:
    if isinstance(answer, NotCollected):
        return {"not_collected": answer.reason}
    return {"errno": answer.errno, "message": answer.message} if isinstance(answer, Unreadable) else {"absent": True}


def _gap_from(record: dict[str, Any]) -> Absent | NotCollected | Unreadable:
    if "not_collected" in record:
        return NotCollected(str(record["not_collected"]))
    if "errno" in record:
        return Unreadable(int(record["errno"]), str(record["message"]))
    return ABSENT


def _entry(answer: Answer) -> list[Any]:
    if isinstance(answer, Absent):
        return ["absent"]
    if isinstance(answer, NotCollected):
        return ["not-collected", answer.reason]
    row: list[Any] = [answer.kind, oct(answer.mode)[2:], answer.uid, answer.gid, answer.size, answer.mtime]
    if answer.target is not None or answer.acl or answer.group_bits is not None:
        row.append(answer.target)
    if answer.acl or answer.group_bits is not None:
        row += [[list(one) for one in answer.acl], answer.group_bits]
    return row


def _entry_from(row: list[Any]) -> Answer:
    if row[0] == "absent":
        return ABSENT
    if row[0] == "not-collected":
        return NotCollected(str(row[1]))
    kind, mode, uid, gid, size, mtime, *rest = row
    target = None if not rest or rest[0] is None else _text(rest[0])
    acl = tuple(AclEntry(str(tag), number, int(bits)) for tag, number, bits in rest[1]) if len(rest) > 1 else ()
    group_bits = rest[2] if len(rest) > 1 else None
    made = None if mtime is None else int(mtime)
    return Entry(_text(kind), int(mode, 8), int(uid), int(gid), target, acl, group_bits, int(size), made)


def _content(content: Content) -> dict[str, Any]:
    if not isinstance(content, bytes):
        return _gap(content)
    try:
        return {"text": content.decode("utf-8")}
    except UnicodeDecodeError:
        return {"base64": b64encode(content).decode("ascii")}


def _take_host(collected: Collected, record: dict[str, Any]) -> None:
    collected.basics = Basics(str(record["name"]), record["protected_symlinks"])


def _take_gap(collected: Collected, record: dict[str, Any]) -> None:
    collected.gaps[_text(record["what"])] = _text(record["reason"])


def _take_machine(collected: Collected, record: dict[str, Any]) -> None:
    collected.machine = machine_from(record)


def _take_user(collected: Collected, record: dict[str, Any]) -> None:
    key = _key(record["key"])
    if "user" in record:
        name, uid, gid, home = record["user"]
        collected.users[key] = User(_text(name), int(uid), int(gid), None if home is None else _text(home))
    else:
        collected.users[key] = _no_account(record)


def _take_group(collected: Collected, record: dict[str, Any]) -> None:
    key = _key(record["key"])
    if "group" in record:
        name, gid, members = record["group"]
        collected.groups[key] = Group(_text(name), int(gid), tuple(map(_text, members)))
    else:
        collected.groups[key] = _no_account(record)


def _take_member(collected: Collected, record: dict[str, Any]) -> None:
    gap = NotCollected(str(record.get("not_collected")))
    collected.memberships[_text(record["user"])] = tuple(map(int, record["gids"])) if "gids" in record else gap


def _take_directory(collected: Collected, record: dict[str, Any]) -> None:
    rows = {_text(row[0]): _entry_from(row[1:]) for row in record["entries"]}
    collected.add_directory(_text(record["path"]), rows)


def _take_unlisted(collected: Collected, record: dict[str, Any]) -> None:
    gap = _gap_from(record)
    if isinstance(gap, Absent):
        raise ValueError("a directory that was not listed has no reason")
    collected.unlisted[_text(record["path"])] = gap


def _take_entry(collected: Collected, record: dict[str, Any]) -> None:
    collected.entries[_text(record["path"])] = _entry_from(record["entry"])


def _take_label(collected: Collected, record: dict[str, Any]) -> None:
    label = _text(record["label"])
    collected.labels.update((_text(path), label) for path in record["paths"])


def _take_trees(collected: Collected, record: dict[str, Any]) -> None:
    collected.tree_roots.update(map(_text, record["roots"]))


def _take_labelled(collected: Collected, record: dict[str, Any]) -> None:
    collected.labelled.update(map(_text, record["paths"]))


def _take_content(collected: Collected, record: dict[str, Any]) -> None:
    path = _text(record["path"])
    if "text" in record:
        collected.contents[path] = _text(record["text"]).encode("utf-8")
    else:
        collected.contents[path] = b64decode(record["base64"]) if "base64" in record else _gap_from(record)


def _no_account(record: dict[str, Any]) -> Absent | NotCollected:
    return NotCollected(str(record["not_collected"])) if "not_collected" in record else ABSENT


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")
    return value


def _key(value: object) -> str | int:
    return value if isinstance(value, int) else _text(value)


_READERS: dict[str, Callable[[Collected, dict[str, Any]], None]] = {
    "host": _take_host,
    "gap": _take_gap,
    "machine": _take_machine,
    "user": _take_user,
    "group": _take_group,
    "member": _take_member,
    "directory": _take_directory,
    "unlisted": _take_unlisted,
    "entry": _take_entry,
    "label": _take_label,
    "labelled": _take_labelled,
    "trees": _take_trees,
    "content": _take_content,
}
