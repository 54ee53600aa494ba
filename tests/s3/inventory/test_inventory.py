"""From an inventory's files to findings: CSV and Parquet, written here as S3 writes them."""

from __future__ import annotations

import base64
import csv
import gzip
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import duckdb
import pytest

from audit403.core.decision import NOT_REFUSED, REFUSED, UNKNOWN
from audit403.core.family import Options
from audit403.core.request import Request
from audit403.engine.audit import Asked, audit
from audit403.evidence.local import LocalEvidence
from audit403.s3 import family
from audit403.s3.inventory.add import add_inventory, files_beside, read_manifest
from audit403.s3.inventory.classes import classes_of
from audit403.s3.inventory.manifest import InventoryError, manifest_of
from audit403.s3.inventory.objects import objects_of
from audit403.s3.site import S3Site

OURS, THEIRS = "a" * 64, "b" * 64
EVERYBODY = "http://acs.amazonaws.com/groups/global/AllUsers"
FIELDS = (
    "Bucket", "Key", "VersionId", "IsLatest", "IsDeleteMarker", "StorageClass", "EncryptionStatus",
    "IntelligentTieringAccessTier", "ObjectAccessControlList", "ObjectOwner",
)  # fmt: skip
COLUMNS = (
    "bucket", "key", "version_id", "is_latest", "is_delete_marker", "storage_class", "encryption_status",
    "intelligent_tiering_access_tier", "object_access_control_list", "object_owner",
)  # fmt: skip


def access_list(*grants: tuple[str, str], status: str = "AVAILABLE") -> str:
    written = [
        {"uri": who, "permission": what, "type": "Group"}
        if "/" in who
        else {"canonicalId": who, "permission": what, "type": "CanonicalUser"}
        for who, what in grants
    ]
    text = json.dumps({"version": "2022-11-10", "status": status, "grants": written})
    return base64.b64encode(text.encode()).decode()


PRIVATE = access_list((OURS, "FULL_CONTROL"))


def row(key: str, **said: str) -> dict[str, str]:
    usual = {
        "Key": key, "Bucket": "site", "VersionId": "", "IsLatest": "true", "IsDeleteMarker": "false",
        "StorageClass": "STANDARD", "EncryptionStatus": "SSE-S3", "IntelligentTieringAccessTier": "",
        "ObjectAccessControlList": PRIVATE,
        "ObjectOwner": OURS,
    }  # fmt: skip
    return {**usual, **said}


def as_csv(folder: Path, rows: list[dict[str, str]], fields: tuple[str, ...] = FIELDS) -> str:
    """An inventory in CSV, as S3 lays it out; the path of its manifest."""
    data = folder / "data" / "one.csv.gz"
    data.parent.mkdir(parents=True)
    with gzip.open(data, "wt", newline="") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
        for one in rows:
            writer.writerow([quote_plus(one[name]) if name == "Key" else one[name] for name in fields])
    return _manifest(folder, "CSV", ", ".join(fields), "data/one.csv.gz")


def as_parquet(folder: Path, rows: list[dict[str, str]]) -> str:
    """The same in Parquet."""
    data = folder / "data" / "one.parquet"
    data.parent.mkdir(parents=True)
    kinds = [f"{name} {'BOOLEAN' if name.startswith('is_') else 'VARCHAR'}" for name in COLUMNS]
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE listed ({', '.join(kinds)})")
        for one in rows:
            values = [one[name] == "true" if name.startswith("Is") else one[name] or None for name in FIELDS]
            connection.execute(f"INSERT INTO listed VALUES ({', '.join('?' * len(FIELDS))})", values)
        connection.execute(f"COPY listed TO '{data}' (FORMAT parquet, COMPRESSION snappy)")
    schema = "message s3.inventory { " + " ".join(f"optional binary {name} (UTF8);" for name in COLUMNS) + " }"
    return _manifest(folder, "Parquet", schema, "data/one.parquet")


def _manifest(folder: Path, form: str, schema: str, *files: str) -> str:
    path = folder / "2026-11-22T01-00Z" / "manifest.json"
    path.parent.mkdir()
    written = {
        "sourceBucket": "site",
        "destinationBucket": "arn:aws:s3:::lists",
        "version": "2016-11-30",
        "creationTimestamp": "1795309200000",
        "fileFormat": form,
        "fileSchema": schema,
        "files": [{"key": f"lists/site/daily/{file}", "size": 1, "MD5checksum": ""} for file in files],
    }
    path.write_text(json.dumps(written))
    return str(path)


@pytest.fixture(params=[as_csv, as_parquet])
def written(request: pytest.FixtureRequest) -> Any:
    return request.param


def classes(manifest: str, *patterns: str) -> dict[str, int]:
    read = read_manifest(manifest)
    return {one.key: one.number for one in classes_of(read, files_beside(read), patterns).found}


def test_equal_objects_are_one_class(written: Any, tmp_path: Path) -> None:
    rows = [row(f"uploads/{number:03}.jpg") for number in range(100)]
    rows += [row("old.zip", StorageClass="GLACIER"), row("foreign.jpg", ObjectOwner=THEIRS)]
    assert classes(written(tmp_path, rows)) == {"uploads/000.jpg": 100, "foreign.jpg": 1, "old.zip": 1}


def test_policies_tell_objects_apart(written: Any, tmp_path: Path) -> None:
    rows = [row("public/a b+c%.jpg"), row("public/é.jpg"), row("private/x.jpg")]
    manifest = written(tmp_path, rows)
    assert classes(manifest) == {"private/x.jpg": 3}
    assert classes(manifest, "arn:aws:s3:::site/public/*") == {"public/a b+c%.jpg": 2, "private/x.jpg": 1}
    assert classes(manifest, "arn:aws:s3:::site/${aws:username}/*.jpg", "arn:aws:s3:::other/public/*") == {
        "private/x.jpg": 3
    }


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    assert classes(as_csv(tmp_path / "a [b] *?", [row("a")])) == {"a": 1}


def test_versions_and_delete_markers_are_not_served(written: Any, tmp_path: Path) -> None:
    rows = [row("a", IsLatest="false"), row("b", IsDeleteMarker="true"), row("c")]
    assert classes(written(tmp_path, rows)) == {"c": 1}


def test_what_is_not_told_is_not_collected(tmp_path: Path) -> None:
    rows = [row("a", ObjectOwner="UNAVAILABLE", ObjectAccessControlList=access_list(status="UNAVAILABLE"))]
    manifest = read_manifest(as_csv(tmp_path, rows, ("Bucket", "Key", "ObjectAccessControlList", "ObjectOwner")))
    found = objects_of(classes_of(manifest, [str(tmp_path / "data" / "one.csv.gz")], ()).found)
    assert found == {"a": {"alike": 1}}


def test_a_field_that_is_no_access_list_is_not_collected(tmp_path: Path) -> None:
    for text in ("!", base64.b64encode(b"[1]").decode(), base64.b64encode(b"{").decode()):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        manifest = read_manifest(as_csv(folder, [row("a", ObjectAccessControlList=text)]))
        found = objects_of(classes_of(manifest, [str(folder / "data" / "one.csv.gz")], ()).found)
        assert "acl" not in found["a"]


def state(**bucket: Any) -> dict[str, Any]:
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "All",
                "Effect": "Allow",
                "Principal": "*",
                "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::site/*",
            }
        ],
    }
    account: dict[str, Any] = {
        "id": "111122223333", "canonical_id": OURS, "public_access_block": None, "service_control_policies": [],
        "resource_control_policies": [],
    }  # fmt: skip
    usual = {
        "account": "111122223333", "policy": policy, "public_access_block": None, "ownership": "ObjectWriter",
        "acl": "private", "website": None, "request_payer": "BucketOwner", "encryption": None, "cors": None,
    }  # fmt: skip
    return {"version": 1, "account": account, "buckets": {"site": {**usual, **bucket}}, "vpc_endpoint_policies": []}


def verdict(world: dict[str, Any], key: str, folder: Path) -> str:
    path = folder / "state.json"
    path.write_text(json.dumps(world))
    (site,) = family.find([str(path)], LocalEvidence(), Options())
    assert isinstance(site, S3Site)
    return site.decide(Request("GET", "https", "site.s3.amazonaws.com", 443, f"/{key}", "203.0.113.9")).verdict


def test_from_the_inventory_to_findings(written: Any, tmp_path: Path) -> None:
    rows = [row(f"mine/{number}.jpg") for number in range(10)]
    rows += [row(f"theirs/{number}.jpg", ObjectOwner=THEIRS) for number in range(12)]
    rows += [row("cold.zip", StorageClass="INTELLIGENT_TIERING", IntelligentTieringAccessTier="DEEP_ARCHIVE_ACCESS")]
    rows += [row("warm.zip", StorageClass="INTELLIGENT_TIERING", IntelligentTieringAccessTier="FREQUENT")]
    rows += [row("secret.pdf", EncryptionStatus="SSE-KMS")]
    world = state()
    assert add_inventory(world, read_manifest(written(tmp_path, rows))) == []
    verdicts = {key: verdict(world, key, tmp_path) for key in ("mine/0.jpg", "warm.zip")}
    assert set(verdicts.values()) == {NOT_REFUSED}
    verdicts = {key: verdict(world, key, tmp_path) for key in ("theirs/0.jpg", "cold.zip", "secret.pdf")}
    assert set(verdicts.values()) == {REFUSED}
    report = audit([str(tmp_path / "state.json")], Asked(no_settings=True))
    messages = {one.finding.rule: one.finding.message for one in report.findings}
    assert set(messages) >= {"s3/object-of-another-owner", "s3/archived-object", "s3/kms-key-refuses"}
    assert messages["s3/object-of-another-owner"].endswith("(11 more objects like it)")
    assert "more" not in messages["s3/archived-object"]


def test_whose_the_owner_is_must_be_known(tmp_path: Path) -> None:
    world = state(objects={"a": {"owner": OURS, "acl": "private", "storage_class": "STANDARD", "encryption": None}})
    assert verdict(world, "a", tmp_path) == NOT_REFUSED
    del world["account"]["canonical_id"]
    assert verdict(world, "a", tmp_path) == UNKNOWN
    world["buckets"]["site"]["acl"] = {"Owner": {"ID": OURS}, "Grants": []}
    assert verdict(world, "a", tmp_path) == NOT_REFUSED
    world["buckets"]["site"]["acl"] = {"Owner": {"ID": THEIRS}, "Grants": []}
    assert verdict(world, "a", tmp_path) == REFUSED


def test_public_grants_of_objects_are_seen(tmp_path: Path) -> None:
    open_to_all = access_list((OURS, "FULL_CONTROL"), (EVERYBODY, "READ"))
    world = state(policy=None, public_access_block={"IgnorePublicAcls": True})
    manifest = as_csv(tmp_path, [row("open.jpg", ObjectAccessControlList=open_to_all), row("closed.jpg")])
    add_inventory(world, read_manifest(manifest))
    assert verdict(world, "open.jpg", tmp_path) == REFUSED
    report = audit([str(tmp_path / "state.json")], Asked(no_settings=True))
    assert [one.finding.rule for one in report.findings] == ["s3/public-acl-without-effect"]


def test_missing_fields_are_named(tmp_path: Path) -> None:
    world = state()
    missed = add_inventory(world, read_manifest(as_csv(tmp_path, [row("a")], ("Bucket", "Key", "StorageClass"))))
    assert [one.reason.rpartition(" has no field ")[2].partition(":")[0] for one in missed] == [
        "object_owner",
        "object_access_control_list",
        "encryption_status",
    ]


def test_another_bucket_is_an_error(tmp_path: Path) -> None:
    manifest = read_manifest(as_csv(tmp_path, [row("a")]))
    with pytest.raises(InventoryError, match="lists the bucket site, and nothing else is known of that"):
        add_inventory({"version": 1, "buckets": {"other": {}}}, manifest)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is no JSON"),
        ("[]", "is no manifest of an S3 Inventory"),
        ('{"sourceBucket": 1}', "is no manifest of an S3 Inventory"),
        ('{"sourceBucket": "b", "fileFormat": "ORC", "fileSchema": "x", "files": []}', "only CSV and Parquet"),
        ('{"sourceBucket": "b", "fileFormat": "CSV", "fileSchema": "Bucket", "files": []}', "names no column of keys"),
        ("[" * 100_000, "is no JSON"),
    ],
)
def test_what_is_no_manifest_is_told(text: str, said: str) -> None:
    with pytest.raises(InventoryError, match=said):
        manifest_of("manifest.json", text.encode())


def test_broken_files_are_told(tmp_path: Path) -> None:
    manifest = read_manifest(as_csv(tmp_path, [row("a")]))
    data = tmp_path / "data" / "one.csv.gz"
    for content in (b"", b"no gzip", gzip.compress(b'"site"\n'), gzip.compress(b'"site","a"\n' * 9)[:30]):
        data.write_bytes(content)
        with pytest.raises(InventoryError, match=r"The files of the inventory .* cannot be read: "):
            add_inventory(state(), manifest)
    data.unlink()
    with pytest.raises(InventoryError, match="download the whole folder"):
        add_inventory(state(), manifest)


def test_names_in_a_manifest_are_no_program(tmp_path: Path) -> None:
    path = Path(as_csv(tmp_path, [row("a")]))
    written = json.loads(path.read_text())
    written["fileSchema"] += ", x'); DROP TABLE listed; --"
    path.write_text(json.dumps(written))
    with pytest.raises(InventoryError, match="cannot be read"):
        add_inventory(state(), read_manifest(str(path)))
