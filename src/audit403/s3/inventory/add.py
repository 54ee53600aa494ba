"""An inventory added to a state: the objects of the bucket that it lists."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from audit403.core.family import NotAudited
from audit403.s3.inventory.classes import classes_of
from audit403.s3.inventory.manifest import InventoryError, Manifest, manifest_of
from audit403.s3.inventory.objects import objects_of
from audit403.s3.model.world import World

_TOLD = {
    "object_owner": "who owns them",
    "object_access_control_list": "their ACLs",
    "encryption_status": "how they are encrypted",
    "storage_class": "whether they are archived",
}


def read_manifest(path: str) -> Manifest:
    """The manifest in a file. Raises InventoryError."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise InventoryError(f"The inventory manifest {path} cannot be read: {error.strerror or error}.") from error
    return manifest_of(path, data)


def files_beside(manifest: Manifest) -> list[str]:
    """The data files of a downloaded manifest: beside it, or as they lie in the bucket. Raises InventoryError."""
    folder = Path(manifest.path).resolve().parent
    found = []
    for key in manifest.files:
        name = key.rpartition("/")[2]
        usual = [folder / name, folder / "data" / name, folder.parent / "data" / name]
        usual += [above / key for above in folder.parents]
        there = next((path for path in usual if path.is_file()), None)
        if there is None:
            raise InventoryError(
                f"The inventory {manifest.path} names {key}, and it lies neither beside the manifest nor in ../data: "
                "download the whole folder of the inventory."
            )
        found.append(str(there))
    return found


def add_inventory(
    state: dict[str, Any], manifest: Manifest, files: Callable[[Manifest], Sequence[str]] = files_beside
) -> list[NotAudited]:
    """Put the objects of an inventory into a state, in classes; what was left out or is not in it.

    Objects that the state has already stay. Raises InventoryError, and where the state lacks the bucket.
    """
    buckets = state.get("buckets")
    bucket = buckets.get(manifest.bucket) if isinstance(buckets, dict) else None
    if not isinstance(bucket, dict):
        raise InventoryError(
            f"The inventory {manifest.path} lists the bucket {manifest.bucket}, and nothing else is known of that: "
            "name the bucket as well."
        )
    patterns = [
        pattern for policy in World(state).policies() for one in policy.statements for pattern in one.resources or ()
    ]
    classes = classes_of(manifest, files(manifest), patterns)
    objects = bucket.get("objects")
    bucket["objects"] = {**objects_of(classes.found), **(objects if isinstance(objects, dict) else {})}
    missed = [
        NotAudited(
            f"s3://{manifest.bucket}", f"the inventory {manifest.path} has no field {field}: {words} is not known"
        )
        for field, words in _not_told(manifest)
    ]
    if classes.left_out:
        missed.append(
            NotAudited(
                f"s3://{manifest.bucket}",
                f"the inventory {manifest.path} has {classes.left_out:,} further kinds of objects, and the "
                f"{len(classes.found):,} most frequent were looked at",
            )
        )
    return missed


def _not_told(manifest: Manifest) -> list[tuple[str, str]]:
    return [(field, words) for field, words in _TOLD.items() if not manifest.has(field)]
