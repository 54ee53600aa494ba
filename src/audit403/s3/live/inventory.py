"""Lists of S3 Inventory for a state: files here, or fetched out of the bucket that they were delivered to.

Truth: https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
"""

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from audit403.core.family import NotAudited
from audit403.s3.inventory.add import add_inventory, read_manifest
from audit403.s3.inventory.manifest import InventoryError, Manifest, manifest_of
from audit403.s3.live.call import NotCollected, call
from audit403.s3.live.client import Clients

_SCHEME = "s3://"
_PIECE = 1024 * 1024


def add_inventories(state: dict[str, Any], manifests: Iterable[str], clients: Clients) -> tuple[NotAudited, ...]:
    """Put the objects of some inventories into a state; what is not known, be it that an inventory cannot be read.

    A manifest is a file here or `s3://bucket/key`.
    """
    missed: list[NotAudited] = []
    for place in manifests:
        try:
            missed += _fetched(state, place, clients) if place.startswith(_SCHEME) else _here(state, place)
        except InventoryError as error:
            missed.append(NotAudited(place, str(error).rstrip(".")))
    return tuple(missed)


def _here(state: dict[str, Any], path: str) -> list[NotAudited]:
    return add_inventory(state, read_manifest(path))


def _fetched(state: dict[str, Any], url: str, clients: Clients) -> list[NotAudited]:
    bucket, _, key = url.removeprefix(_SCHEME).partition("/")
    with TemporaryDirectory(prefix="audit403-inventory-") as folder:
        path = Path(folder) / "manifest.json"
        _fetch(clients, bucket, key, path)
        manifest = manifest_of(url, path.read_bytes())
        return add_inventory(state, manifest, lambda one: _files(clients, one, bucket, Path(folder)))


def _files(clients: Clients, manifest: Manifest, bucket: str, folder: Path) -> list[str]:
    found = []
    for number, key in enumerate(manifest.files):
        path = folder / f"{number}{''.join(Path(key).suffixes[-2:])}"
        _fetch(clients, manifest.destination or bucket, key, path)
        found.append(str(path))
    return found


def _fetch(clients: Clients, bucket: str, key: str, path: Path) -> None:
    """One object into a file. Raises InventoryError."""
    where = f"{_SCHEME}{bucket}/{key}"
    try:
        answer = call(clients.of("s3"), "get_object", "s3:GetObject", Bucket=bucket, Key=key)
        with path.open("wb") as file:
            for piece in answer["Body"].iter_chunks(_PIECE):
                file.write(piece)
    except NotCollected as error:
        raise InventoryError(f"The inventory's file {where} cannot be fetched: {error.reason}.") from error
    except Exception as error:  # a connection that breaks, a disk that is full
        raise InventoryError(f"The inventory's file {where} cannot be fetched: {error}.") from error
