"""Access points in documents: whom they mean to let in is asked for by their own addresses, and meets both policies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit403.core.finding import NOTE
from audit403.engine.audit import Asked, audit

if TYPE_CHECKING:
    from pathlib import Path

BLOCK = "PublicAccessBlockConfiguration: {BlockPublicAcls: true, IgnorePublicAcls: true}"
TEMPLATE = """
Resources:
  Data:
    Type: AWS::S3::Bucket
    Properties:
      {BLOCK}
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Data
      PolicyDocument:
        Version: 2012-10-17
        Statement:
          - {Sid: Points, Effect: Allow, Principal: '*', Action: 's3:*',
             Resource: [!GetAtt Data.Arn, !Sub '${Data.Arn}/*'],
             Condition: {StringEquals: {'s3:DataAccessPointAccount': DELEGATED}}}
  Point:
    Type: AWS::S3::AccessPoint
    Properties:
      Name: open-data
      Bucket: !Ref Data
      MORE
      Policy:
        Version: 2012-10-17
        Statement:
          - Sid: Read
            Effect: Allow
            Principal: PRINCIPAL
            Action: s3:GetObject
            Resource: !Sub 'arn:aws:s3:${AWS::Region}:${AWS::AccountId}:accesspoint/open-data/RESOURCE'
""".replace("{BLOCK}", BLOCK)
CONFIGURATION = """
resource "aws_s3_bucket" "data" { bucket = "acme-open-data" }
resource "aws_s3_access_point" "open" {
  name   = "open-data"
  bucket = aws_s3_bucket.data.id
  public_access_block_configuration {
    block_public_policy     = false
    restrict_public_buckets = false
  }
}
resource "aws_s3control_access_point_policy" "open" {
  access_point_arn = aws_s3_access_point.open.arn
  policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Sid = "Read", Effect = "Allow", Principal = "*", Action = ["s3:GetObject"]
    Resource = "${aws_s3_access_point.open.arn}/object/*"
  }] })
}
resource "aws_s3_bucket_public_access_block" "data" {
  bucket = aws_s3_bucket.data.id
  block_public_acls = true
}
resource "aws_s3_bucket_policy" "data" {
  bucket = aws_s3_bucket_public_access_block.data.bucket
  policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Sid = "Other", Effect = "Allow", Principal = "*", Action = ["s3:GetObject"]
    Resource = "${aws_s3_bucket.data.arn}/x/*"
  }] })
}
"""
OWN, OF_ALL = "!Ref AWS::AccountId", "'*'"
OPEN = "PublicAccessBlockConfiguration: {BlockPublicAcls: true}"
IN_VPC = "VpcConfiguration: {VpcId: vpc-0a1b2c3d}"


def rules(text: str, path: Path) -> list[tuple[str, int]]:
    path.write_text(text)
    report = audit([str(path.parent)], Asked(strict=True, no_settings=True))
    assert not report.not_audited
    found = [one.finding for one in report.findings if one.finding.severity != NOTE]
    return [(one.rule, getattr(one.where, "line", 0)) for one in found]


@pytest.mark.parametrize(
    ("delegated", "principal", "more", "resource", "expected"),
    [
        (OWN, OF_ALL, OPEN, "object/*", []),
        (OWN, OF_ALL, IN_VPC, "object/*", []),
        (OWN, OF_ALL, "", "object/*", ["s3/policy-blocked-by-public-access-block"]),
        ("'999900001111'", OF_ALL, OPEN, "object/*", []),
        (OWN, OF_ALL, OPEN, "reports/*", ["s3/action-of-another-resource"]),
        (OWN, "{AWS: 'AROAEXAMPLEEXAMPLEEX1'}", "", "object/*", ["s3/deleted-principal"]),
    ],
)
def test_a_template(
    delegated: str, principal: str, more: str, resource: str, expected: list[str], tmp_path: Path
) -> None:
    text = TEMPLATE.replace("DELEGATED", delegated).replace("PRINCIPAL", principal).replace("RESOURCE", resource)
    found = rules(text.replace("MORE", more), tmp_path / "template.yaml")
    assert [rule for rule, _ in found] == expected
    assert all(line > 0 for _, line in found)


def test_a_configuration(tmp_path: Path) -> None:
    found = rules(CONFIGURATION, tmp_path / "main.tf")
    assert [rule for rule, _ in found] == ["s3/access-point-not-delegated"]
