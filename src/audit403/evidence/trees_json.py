"""The store of listed trees as records of a snapshot, a line for each directory, and back."""

from collections.abc import Iterator
from typing import Any

from audit403.evidence.directories import Attributes, Directories, Lone
from audit403.evidence.interface import ABSENT, Absent, AclEntry, NotCollected

TREE_KINDS = frozenset(("attributes", "names", "single", "hidden", "missed", "doubt", "acl"))


def trees_records(trees: Directories) -> Iterator[dict[str, Any]]:
    """All of it, in an order that is always the same."""
    if trees.attributes:
        yield {"kind": "attributes", "table": [list(one) for one in trees.attributes]}
    for path, node in sorted(trees.nodes.items()):
        names = [
            [number, _text(joined).split("\0")[1:-1]] for number, joined in zip(node[::2], node[1::2], strict=True)
        ]
        links = _text(trees.targets.get(path, b"")).split("\0")[1:-1]
        yield {"kind": "names", "path": path, "of": names, **({"links": links} if links else {})}
    for path, single in sorted(trees.singles.items()):
        yield {"kind": "single", "path": path, **_single(single)}
    for path, why in sorted(trees.hidden.items()):
        yield {"kind": "hidden", "path": path, "reason": why.reason}
    for directory, missed in sorted(trees.gaps.items()):
        for name, why in sorted(missed.items()):
            yield {"kind": "missed", "path": f"{directory.rstrip('/')}/{name}", "reason": why.reason}
    for path, why in sorted(trees.doubts.items()):
        yield {"kind": "doubt", "path": path, "reason": why.reason}
    for directory, acls in sorted(trees.acls.items()):
        for name, (named, group_bits) in sorted(acls.items()):
            path = f"{directory.rstrip('/')}/{name}"
            yield {"kind": "acl", "path": path, "entries": [list(one) for one in named], "group_bits": group_bits}


def take_tree_record(trees: Directories, record: dict[str, Any]) -> None:
    """Put one record back. Raises KeyError, TypeError or ValueError where it is none of these."""
    kind = record["kind"]
    if kind == "attributes":
        for row in record["table"]:
            letter, mode, uid, gid, label, unlisted = row
            known = Attributes(str(letter), int(mode), int(uid), int(gid), _or_none(label), _or_none(unlisted))
            trees.number_of(known)
        return
    path = record["path"]
    if not isinstance(path, str) or not path.startswith("/"):
        raise ValueError(f"{path!r} is no path")
    if kind == "names":
        names = {_number(trees, number): _joined(of) for number, of in record["of"]}
        trees.put(path, names, [_bytes(link) for link in record.get("links", ())])
    elif kind == "single":
        trees.put_single(path, _single_from(trees, record))
    elif kind == "hidden":
        trees.hide(path, NotCollected(str(record["reason"])))
    elif kind == "missed":
        trees.miss(path, NotCollected(str(record["reason"])))
    elif kind == "doubt":
        trees.doubt(path, NotCollected(str(record["reason"])))
    else:
        entries = tuple(AclEntry(str(tag), number, int(bits)) for tag, number, bits in record["entries"])
        trees.put_acl(path, entries, None if record["group_bits"] is None else int(record["group_bits"]))


def _single(single: Lone | Absent | NotCollected) -> dict[str, Any]:
    if isinstance(single, NotCollected):
        return {"reason": single.reason}
    return {"number": single.number, "target": single.target} if isinstance(single, Lone) else {"absent": True}


def _single_from(trees: Directories, record: dict[str, Any]) -> Lone | Absent | NotCollected:
    if "reason" in record:
        return NotCollected(str(record["reason"]))
    if "absent" in record:
        return ABSENT
    return Lone(_number(trees, record["number"]), _or_none(record["target"]))


def _number(trees: Directories, number: object) -> int:
    if not isinstance(number, int) or not 0 <= number < len(trees.attributes):
        raise ValueError(f"there are no attributes {number!r}")
    return number


def _joined(names: list[str]) -> bytes:
    if not names:
        raise ValueError("no names")
    return b"\0" + b"\0".join(_bytes(name) for name in names) + b"\0"


def _bytes(name: str) -> bytes:
    encoded = name.encode("utf-8", "surrogateescape")
    if not encoded or b"\0" in encoded:
        raise ValueError(f"{name!r} is no name")
    return encoded


def _text(joined: bytes) -> str:
    return joined.decode("utf-8", "surrogateescape")


def _or_none(value: object) -> str | None:
    return None if value is None else str(value)
