"""Mistakes as they stand in templates and configurations: one document a row, with the rules that speak of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit403.core.finding import NOTE
from audit403.engine.audit import Asked, audit

if TYPE_CHECKING:
    from pathlib import Path


def rules(folder: Path, name: str, text: str) -> set[str]:
    (folder / name).write_text(text)
    report = audit([str(folder)], Asked(no_settings=True))
    assert not report.not_audited
    return {one.finding.rule.partition("/")[2] for one in report.findings if one.finding.severity != NOTE}


def template(resource: str) -> str:
    return f"""
Resources:
  Logs:
    Type: AWS::S3::Bucket
  Partner:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Logs
      PolicyDocument:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Principal: {{AWS: "arn:aws:iam::222233334444:role/etl"}}
            Action: s3:GetObject
            Resource: {resource}
"""


@pytest.mark.parametrize(
    ("resource", "is_mistaken"),
    [
        ("!Sub '${Logs}/*'", True),
        ("!Join ['/', [!Ref Logs, '*']]", True),
        ("!Sub '${Logs.Arn}/*'", False),
        ("!Sub 'arn:aws:s3:::${Logs}/*'", False),
        ("!Join ['', ['arn:aws:s3:::', !Ref Logs, '/*']]", False),
    ],
)
def test_the_name_of_a_bucket_is_no_arn(resource: str, is_mistaken: bool, tmp_path: Path) -> None:
    assert rules(tmp_path, "t.yaml", template(resource)) == ({"resource-is-no-arn"} if is_mistaken else set())


@pytest.mark.parametrize(("attribute", "is_mistaken"), [("id", True), ("bucket", True), ("arn", False)])
def test_nor_is_it_in_terraform(attribute: str, is_mistaken: bool, tmp_path: Path) -> None:
    text = f"""
resource "aws_s3_bucket" "logs" {{
  bucket_prefix = "logs"
}}
resource "aws_s3_bucket_policy" "logs" {{
  bucket = aws_s3_bucket.logs.id
  policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{
      Effect    = "Allow"
      Principal = {{ AWS = "arn:aws:iam::222233334444:role/etl" }}
      Action    = "s3:GetObject"
      Resource  = "${{aws_s3_bucket.logs.{attribute}}}/*"
    }}]
  }})
}}
"""
    assert rules(tmp_path, "main.tf", text) == ({"resource-is-no-arn"} if is_mistaken else set())
