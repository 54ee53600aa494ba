"""Lifecycle rules that archive what is to be read: all of it, and in a class that must be restored first."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from audit403.core.finding import NOTE
from audit403.engine.audit import Asked, audit
from audit403.s3.model.bucket import Bucket

if TYPE_CHECKING:
    from pathlib import Path

TEMPLATE = """
Resources:
  Films:
    Type: AWS::S3::Bucket
    Properties:
      PublicAccessBlockConfiguration: {BlockPublicAcls: true}
      LifecycleConfiguration: {Rules: [RULE]}
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Films
      PolicyDocument:
        Statement:
          - {Effect: Allow, Principal: WHO, Action: 's3:GetObject', Resource: !Sub '${Films.Arn}/films/*'}
"""
CONFIGURATION = """
resource "aws_s3_bucket" "films" { bucket = "acme-films" }
resource "aws_s3_bucket_public_access_block" "films" {
  bucket            = aws_s3_bucket.films.id
  block_public_acls = true
}
resource "aws_s3_bucket_policy" "films" {
  bucket = aws_s3_bucket_public_access_block.films.bucket
  policy = jsonencode({ Statement = [
    { Effect = "Allow", Principal = "*", Action = "s3:GetObject", Resource = "${aws_s3_bucket.films.arn}/*" }
  ] })
}
resource "aws_s3_bucket_lifecycle_configuration" "films" {
  bucket = aws_s3_bucket.films.id
  rule {
    id     = "cold"
    status = "STATUS"
    FILTER
    transition {
      days          = 30
      storage_class = "CLASS"
    }
  }
}
"""


def rules(path: Path, text: str) -> list[str]:
    path.write_text(text)
    report = audit([str(path.parent)], Asked(strict=True, no_settings=True))
    assert not report.not_audited
    return [one.finding.rule for one in report.findings if one.finding.severity != NOTE]


def to(storage_class: str, more: str = "Status: Enabled, Prefix: films/") -> str:
    return f"{{{more}, Transitions: [{{StorageClass: {storage_class}, TransitionInDays: 60}}]}}"


@pytest.mark.parametrize(
    ("rule", "who", "is_told"),
    [
        (to("GLACIER"), "'*'", True),
        (to("DEEP_ARCHIVE", "Status: Enabled"), "'*'", True),
        (to("GLACIER"), "{Service: cloudfront.amazonaws.com}", True),
        (to("GLACIER"), "{AWS: 'arn:aws:iam::444455556666:role/archive'}", False),
        (to("GLACIER_IR"), "'*'", False),
        (to("GLACIER", "Status: Disabled, Prefix: films/"), "'*'", False),
        (to("GLACIER", "Status: Enabled, Prefix: films/old/"), "'*'", False),
        (to("GLACIER", "Status: Enabled, TagFilters: [{Key: cold, Value: yes}]"), "'*'", False),
    ],
)
def test_a_template(rule: str, who: str, is_told: bool, tmp_path: Path) -> None:
    found = rules(tmp_path / "template.yaml", TEMPLATE.replace("RULE", rule).replace("WHO", who))
    assert ("s3/archived-object" in found) is is_told


@pytest.mark.parametrize(
    ("status", "of", "storage_class", "is_told"),
    [
        ("Enabled", "filter {}", "GLACIER", True),
        ("Enabled", "", "DEEP_ARCHIVE", True),
        ("Enabled", 'filter {\n prefix = "logs/"\n }', "GLACIER", False),
        ("Enabled", 'filter {\n tag {\n key = "a"\n value = "b"\n }\n }', "GLACIER", False),
        ("Disabled", "filter {}", "GLACIER", False),
        ("Enabled", "filter {}", "STANDARD_IA", False),
    ],
)
def test_a_configuration(status: str, of: str, storage_class: str, is_told: bool, tmp_path: Path) -> None:
    text = CONFIGURATION.replace("STATUS", status).replace("FILTER", of).replace("CLASS", storage_class)
    assert rules(tmp_path / "main.tf", text) == (["s3/archived-object"] if is_told else [])


@pytest.mark.parametrize("odd", [7, {"Rules": []}, [1, {}, {"prefix": 1, "days": "x"}], json.loads("[[]]")])
def test_what_is_no_rule_breaks_nothing(odd: Any) -> None:
    assert Bucket("b", {"lifecycle": odd}, "arn:aws:s3:::b").archiving == ()
