"""The manifest of an inventory: which bucket is listed, in which files, with which fields.

Truth: https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
"""

import json
import re
from typing import Any

from audit403.core.errors import Audit403Error
from audit403.core.named_tuple import NamedTuple

CSV, PARQUET, ORC = "CSV", "Parquet", "ORC"
#: The names of fields in CSV's schema, and what Parquet calls the same columns.
_COLUMNS = {
    "Key": "key",
    "IsLatest": "is_latest",
    "IsDeleteMarker": "is_delete_marker",
    "StorageClass": "storage_class",
    "EncryptionStatus": "encryption_status",
    "IntelligentTieringAccessTier": "intelligent_tiering_access_tier",
    "ObjectAccessControlList": "object_access_control_list",
    "ObjectOwner": "object_owner",
}
_PARQUET_COLUMN = re.compile(r"\b(\w+)\s*(?:\([^)]*\))?\s*;")


class InventoryError(Audit403Error):
    """An inventory cannot be read."""


class Manifest(NamedTuple):
    """An inventory of `bucket`; `files` are the keys of its data in the bucket `destination`.

    `columns` are the names of all columns in their order, in the words of Parquet where they count here.
    """

    path: str
    bucket: str
    destination: str
    format: str
    columns: tuple[str, ...]
    files: tuple[str, ...]

    def has(self, column: str) -> bool:
        """Whether the inventory tells this of its objects."""
        return column in self.columns


def manifest_of(path: str, data: bytes) -> Manifest:
    """What a manifest.json says. Raises InventoryError."""
    try:
        written = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InventoryError(f"The inventory manifest {path} is no JSON: {error}.") from error
    bucket, form, schema = (_text(written, name) for name in ("sourceBucket", "fileFormat", "fileSchema"))
    if bucket is None or form is None or schema is None or not isinstance(written.get("files"), list):
        raise InventoryError(
            f"{path} is no manifest of an S3 Inventory: it lacks sourceBucket, fileFormat, fileSchema or files. "
            "Name the manifest.json of one delivery."
        )
    if form not in (CSV, PARQUET):
        raise InventoryError(f"The inventory {path} is of the format {form}, and only CSV and Parquet can be read.")
    columns = _csv_columns(schema) if form == CSV else tuple(_PARQUET_COLUMN.findall(schema))
    if "key" not in columns:
        raise InventoryError(f"The schema in the inventory manifest {path} names no column of keys: {schema[:80]}.")
    files = tuple(name for one in written["files"] if (name := _text(one, "key")) is not None)
    destination = (_text(written, "destinationBucket") or "").rpartition(":")[2]
    return Manifest(path, bucket, destination, form, columns, files)


def _csv_columns(schema: str) -> tuple[str, ...]:
    names = [name.strip() for name in schema.split(",")]
    return tuple(_COLUMNS.get(name, f"other_{number}") for number, name in enumerate(names))


def _text(written: Any, name: str) -> str | None:
    value = written.get(name) if isinstance(written, dict) else None
    return value if isinstance(value, str) and value else None
