"""`audit403 s3 --inventory`: from a delivered list, here or in a bucket, to findings about the objects."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from audit403.cli.main import main
from s3.inventory.test_inventory import FIELDS, as_csv, as_parquet, row

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = "us-east-1"
OURS = "75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a"
THEIRS = "b" * 64
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "All", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::site/*"}
    ],
}
ROWS = [
    *(row(f"mine/{number}", ObjectOwner=OURS) for number in range(3)),
    *(row(f"theirs/{number}", ObjectOwner=THEIRS) for number in range(5)),
]


@pytest.fixture
def aws() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3", region_name=HERE)
        client.create_bucket(Bucket="site")
        client.put_bucket_policy(Bucket="site", Policy=json.dumps(POLICY))
        client.create_bucket(Bucket="lists")
        yield client


def found(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    main(["s3", "site", "--format", "json", *words])
    return json.loads(capsys.readouterr().out)


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("form", [as_csv, as_parquet])
def test_a_list_that_lies_here(form: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = found(capsys, "--inventory", form(tmp_path, ROWS))
    (finding,) = (one for one in report["findings"] if one["rule"] == "s3/object-of-another-owner")
    assert finding["message"].endswith("(4 more objects like it)")


def test_a_list_that_lies_in_a_bucket(aws: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = Path(as_csv(tmp_path, ROWS))
    aws.upload_file(str(manifest), "lists", "site/daily/x/manifest.json")
    aws.upload_file(str(tmp_path / "data" / "one.csv.gz"), "lists", "lists/site/daily/data/one.csv.gz")
    saved = tmp_path / "state.json"
    report = found(capsys, "--inventory", "s3://lists/site/daily/x/manifest.json", "--save", str(saved))
    assert "s3/object-of-another-owner" in {one["rule"] for one in report["findings"]}
    objects = json.loads(saved.read_text())["buckets"]["site"]["objects"]
    assert {key: one["alike"] for key, one in objects.items()} == {"mine/0": 3, "theirs/0": 5}


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("s3://lists/none/manifest.json", "cannot be fetched"),
        ("s3://nobody/none/manifest.json", "cannot be fetched"),
        ("/nowhere/manifest.json", "cannot be read: No such file or directory"),
    ],
)
def test_a_list_that_cannot_be_had(place: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    report = found(capsys, "--inventory", place)
    (reason,) = (one["reason"] for one in report["not_audited"] if one["target"] == place)
    assert words in reason


@pytest.mark.usefixtures("aws")
def test_a_list_without_owners_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fields = tuple(name for name in FIELDS if name != "ObjectOwner")
    report = found(capsys, "--inventory", as_csv(tmp_path, ROWS, fields))
    assert any("has no field object_owner" in one["reason"] for one in report["not_audited"])
