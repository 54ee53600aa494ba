"""The objects of an inventory in classes: those of one owner, ACL, encryption and storage class, to which the same
statements apply.

Truth: https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory.html; keys in CSV are URL-encoded, a
space as a plus. DuckDB reads the files in a stream, however large they are; of each class one key and the number stay.
"""

import re
from collections.abc import Iterable, Sequence

from audit403.core.named_tuple import NamedTuple
from audit403.s3.inventory.manifest import CSV, InventoryError, Manifest

#: So many classes are looked at; the largest come first.
MOST_CLASSES = 5_000
_MOST_PATTERNS = 200
_ATTRIBUTES = (
    "object_owner",
    "object_access_control_list",
    "encryption_status",
    "storage_class",
    "intelligent_tiering_access_tier",
)
_VARIABLE = re.compile(r"\$\{[^}]*\}")


class ObjectClass(NamedTuple):
    """Objects that are alike: one key, the number of them, and what the inventory says of them.

    An attribute is None where the inventory has no such column.
    """

    key: str
    number: int
    owner: str | None
    access_list: str | None
    encryption: str | None
    storage_class: str | None
    access_tier: str | None


class Classes(NamedTuple):
    """The classes, the largest first; `left_out` says how many further classes there are."""

    found: tuple[ObjectClass, ...]
    left_out: int


def classes_of(manifest: Manifest, files: Sequence[str], patterns: Iterable[str]) -> Classes:
    """The classes of the objects in some data files, paths here.

    `patterns` are those of policies for resources: objects that one of them tells apart are of different classes.
    Raises InventoryError.
    """
    import duckdb

    if not files:
        return Classes((), 0)
    try:
        with duckdb.connect() as connection:
            connection.execute("SET autoinstall_known_extensions = false")
            told_apart = _expressions(manifest.bucket, patterns)
            rows = connection.execute(
                _query(manifest, told_apart), [[_literally(file) for file in files], *told_apart]
            ).fetchall()
    except (duckdb.Error, UnicodeError) as error:
        said = str(error).strip().partition("\n")[0]
        raise InventoryError(f"The files of the inventory {manifest.path} cannot be read: {said}.") from error
    found = tuple(ObjectClass(*row[: len(ObjectClass._fields)]) for row in rows[:MOST_CLASSES])
    left_out = rows[0][-1] - len(found) if rows else 0
    return Classes(found, left_out)


def _query(manifest: Manifest, told_apart: Sequence[str]) -> str:
    attributes = [name if manifest.has(name) else f"NULL AS {name}" for name in _ATTRIBUTES]
    conditions = ["TRUE"]
    if manifest.has("is_latest"):
        conditions.append("coalesce(lower(CAST(is_latest AS VARCHAR)), 'true') = 'true'")
    if manifest.has("is_delete_marker"):
        conditions.append("coalesce(lower(CAST(is_delete_marker AS VARCHAR)), 'false') <> 'true'")
    if manifest.format == CSV:
        columns = ", ".join(f"'{name}': 'VARCHAR'" for name in manifest.columns)
        source = (
            f"read_csv($1, columns = {{{columns}}}, header = false, auto_detect = false, compression = 'gzip', "
            "delim = ',', quote = '\"', escape = '\"')"
        )
        key = "url_decode(replace(key, '+', '%20'))"
    else:
        source, key = "read_parquet($1)", "key"
    matches = "".join(f", regexp_full_match(key, ${number})" for number in range(2, len(told_apart) + 2))
    groups = ", ".join(_ATTRIBUTES)
    return (
        f"SELECT min(key), count(*), {groups}, count(*) OVER () FROM (SELECT {key} AS key, {', '.join(attributes)} "
        f"FROM {source} WHERE {' AND '.join(conditions)}) GROUP BY {groups}{matches} "
        f"ORDER BY count(*) DESC, min(key) LIMIT {MOST_CLASSES}"
    )


def _expressions(bucket: str, patterns: Iterable[str]) -> list[str]:
    """The keys of the bucket that patterns match, as regular expressions; a variable may be any text."""
    found: dict[str, None] = {}
    for pattern in patterns:
        head, slash, key = pattern.partition("/")
        if slash and re.fullmatch(_regex(head), f"arn:aws:s3:::{bucket}", re.DOTALL):
            found[f"(?s){_regex(key)}"] = None
    return list(found)[:_MOST_PATTERNS]


def _literally(path: str) -> str:
    """A path in which nothing is a wildcard of DuckDB's."""
    return re.sub(r"[*?\[]", r"[\g<0>]", path)


def _regex(pattern: str) -> str:
    text = _VARIABLE.sub("*", pattern)
    return "".join(".*" if one == "*" else "." if one == "?" else re.escape(one) for one in text)
