"""No fix makes a bucket public unless the user says that it may: what it opens when tried counts, not its words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from audit403.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

EVERYBODY = {
    "Sid": "All",
    "Effect": "Allow",
    "Principal": "*",
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::b/*",
}
DENIED = {"Sid": "No", "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
OFF = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), False)
ON = dict.fromkeys(OFF, True)
WITHHELD = "it makes the bucket public: --allow-public shows it"


def state(*statements: dict[str, Any], **bucket: Any) -> str:
    account: dict[str, Any] = {
        "id": "111122223333", "public_access_block": None, "service_control_policies": [],
        "resource_control_policies": [],
    }  # fmt: skip
    usual = {
        "account": "111122223333", "policy": {"Version": "2012-10-17", "Statement": [*statements]},
        "public_access_block": OFF, "ownership": "BucketOwnerEnforced", "acl": "private", "website": None,
        "request_payer": "BucketOwner", "encryption": None, "cors": None,
    }  # fmt: skip
    return json.dumps({"version": 1, "account": account, "buckets": {"b": {**usual, **bucket}}}, indent=2)


def diff(path: Path, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    main(["check", str(path), "--unsafe-fixes", "--diff", *options])
    return capsys.readouterr().out


def fix_of(path: Path, capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
    main(["check", str(path), "--format", "json", *options])
    (finding,) = json.loads(capsys.readouterr().out)["findings"]
    fix: dict[str, Any] = finding["fix"]
    return fix


CONFIGURATION = """
resource "aws_s3_bucket" "b" { bucket = "b" }
resource "aws_s3_bucket_public_access_block" "b" {
  bucket                  = aws_s3_bucket.b.id
  block_public_acls       = true
  block_public_policy     = true
  restrict_public_buckets = true
}
resource "aws_s3_bucket_policy" "b" {
  bucket = aws_s3_bucket.b.id
  policy = jsonencode({
    Statement = [{ Effect = "Allow", Principal = "*", Action = "s3:GetObject", Resource = "arn:aws:s3:::b/*" }]
  })
}
"""
CASES = {
    "a deny that is taken out": ("state.json", state(EVERYBODY, DENIED)),
    "flags that are switched off": ("main.tf", CONFIGURATION),
}


@pytest.mark.parametrize(("name", "text"), CASES.values(), ids=CASES)
def test_what_opens_a_bucket_is_not_offered(
    name: str, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    path.write_text(text)
    assert diff(path, capsys) == ""
    without, allowed = (fix_of(path, capsys, *options) for options in ((), ("--allow-public",)))
    assert (without["edits"], without["commands"], without["applicability"]) == ([], [], "manual")
    assert allowed["proven"]
    if name == "main.tf":
        assert allowed["edits"] and diff(path, capsys, "--allow-public").startswith("---")
    else:  # what AWS has is not changed in the record of it
        assert allowed["commands"] and diff(path, capsys, "--allow-public") == ""


def test_where_nothing_else_is_known_that_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "state.json"
    path.write_text(
        state(
            EVERYBODY,
            objects={
                "index.html": {"owner": "111122223333", "acl": None, "storage_class": "STANDARD", "encryption": None}
            },
        )
    )
    main(["check", str(path), "--strict"])
    assert WITHHELD in capsys.readouterr().out
    main(["check", str(path), "--strict", "--allow-public"])
    assert WITHHELD not in capsys.readouterr().out


def test_what_a_bucket_shows_already_is_not_made_public(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Everybody reads over TLS: that the website's visitors do, too, shows nothing new."""
    insecure = {**DENIED, "Sid": "Tls", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    path = tmp_path / "state.json"
    path.write_text(state(EVERYBODY, insecure, website={"IndexDocument": {"Suffix": "index.html"}}))
    fix = fix_of(path, capsys)
    assert fix["proven"] and fix["commands"][0].startswith("aws s3api put-bucket-policy --bucket b --policy '{")


def test_who_signs_is_not_everybody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    user = {**EVERYBODY, "Principal": {"AWS": "arn:aws:iam::444455556666:user/anna"}}
    path = tmp_path / "state.json"
    path.write_text(state(user, DENIED))
    main(["check", str(path), "--format", "json"])
    assert "--allow-public" not in capsys.readouterr().out
