"""The records that the discovery's script writes: fields with a NUL after each, the content, and a mark at the end.

What comes from a host may be anything. A stream that is not whole is an error, and a record that cannot be understood
as well: what it hides would else look as if it were not there.
"""

from collections.abc import Iterator

from audit403.core.named_tuple import NamedTuple

_ARGUMENTS = {
    "argv": 1, "boolean": 2, "built": 1, "label": 2, "link": 2, "map": 1, "mounts": 1, "sees": 2, "selinux": 1,
    "apparmor": 1, "stat": 2, "left-out": 1, "own-label": 1, "permissive": 1, "policy-store": 1, "unit": 1,
    "unit-of": 2,
}  # fmt: skip
"""How many fields stand behind the kind of a record; the others have none."""
_LAST = "complete"
_LONGEST_MARK = 64


class Record(NamedTuple):
    """One record: its kind, its fields and what comes behind them."""

    kind: str
    fields: tuple[str, ...]
    content: str


def records_of(output: bytes) -> Iterator[Record]:
    """The records of a whole output. Raises ValueError where it is not whole."""
    mark, separator, rest = output.partition(b"\0")
    if not separator or not mark.isalnum() or len(mark) > _LONGEST_MARK:
        raise ValueError("the output does not begin with its mark")
    complete = False
    for data in rest.split(b"\0" + mark + b"\0"):
        if complete or not data:
            continue
        record = _record(data.decode("utf-8", "surrogateescape"))
        complete = record.kind == _LAST
        yield record
    if not complete:
        raise ValueError("the output ends too early")


def _record(text: str) -> Record:
    kind, separator, rest = text.partition("\0")
    count = _ARGUMENTS.get(kind, 0)
    *fields, content = rest.split("\0", count)
    if not separator or len(fields) != count:
        raise ValueError(f"a record {kind[:20]!r} lacks fields")
    return Record(kind, tuple(fields), content)
