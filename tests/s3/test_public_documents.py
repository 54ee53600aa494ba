"""Forms that sound documents of public repositories have, each of which was once told a fault that it has not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit403.core.finding import NOTE
from audit403.engine.audit import Asked, audit

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENTS = {
    "an identity that is let in by its canonical user": (
        "template.yaml",
        """
Resources:
  Site: {Type: AWS::S3::Bucket}
  Identity: {Type: AWS::CloudFront::CloudFrontOriginAccessIdentity}
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Site
      PolicyDocument:
        Statement:
          - Effect: Allow
            Action: s3:GetObject
            Resource: !Sub 'arn:aws:s3:::${Site}/*'
            Principal: {CanonicalUser: !GetAtt Identity.S3CanonicalUserId}
  Cdn:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        DefaultCacheBehavior: {TargetOriginId: site}
        Origins:
          - Id: site
            DomainName: !GetAtt Site.RegionalDomainName
            S3OriginConfig: {OriginAccessIdentity: !Sub 'origin-access-identity/cloudfront/${Identity}'}
""",
    ),
    "an organization's policy about several services": (
        "rcp.json",
        """{"Version": "2012-10-17", "Statement": [{"Sid": "OrgOnly", "Effect": "Deny", "Principal": "*",
        "Action": ["s3:*", "sts:AssumeRole", "kms:*"], "Resource": "*", "Condition": {
        "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "<my-org-id>", "aws:PrincipalAccount": ["<one>", "<two>"],
        "aws:ResourceTag/partners": "true"}, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
        "ArnNotLikeIfExists": {"aws:PrincipalArn": "arn:aws:iam::*:role/aws-service-role/*"}}}]}""",
    ),
    "a bucket for roles of an organization": (
        "template.yaml",
        """
Parameters: {Org: {Type: String}}
Resources:
  Stage: {Type: AWS::S3::Bucket}
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Stage
      PolicyDocument:
        Statement:
          - Sid: Roles
            Effect: Allow
            Action: s3:GetObject
            Principal: '*'
            Resource: !Sub '${Stage.Arn}/*'
            Condition: {ArnLike: {aws:PrincipalArn: !Sub 'arn:${AWS::Partition}:iam::*:role/execution'}}
          - Sid: Outsiders
            Effect: Deny
            Action: s3:*
            Principal: '*'
            Resource: [!GetAtt Stage.Arn, !Sub '${Stage.Arn}/*']
            Condition: {StringNotEquals: {aws:PrincipalOrgID: !Ref Org}}
""",
    ),
    "addresses that are known when it is deployed": (
        "main.tf",
        """
data "fastly_ip_ranges" "fastly" {}
resource "aws_s3_bucket" "b" { bucket = "b" }
resource "aws_s3_bucket_policy" "b" {
  bucket = aws_s3_bucket.b.id
  policy = jsonencode({ Statement = [{
    Effect = "Allow", Principal = "*", Action = "s3:GetObject", Resource = "arn:aws:s3:::b/*"
    Condition = { IpAddress = { "aws:SourceIp" = data.fastly_ip_ranges.fastly.cidr_blocks } }
  }] })
}
""",
    ),
    "statements that a module's caller brings": (
        "main.tf",
        """
variable "accounts" { type = map(string) }
data "aws_iam_policy_document" "p" {
  dynamic "statement" {
    for_each = var.accounts
    content {
      actions   = ["s3:PutObject"]
      resources = ["_BUCKET_/*"]
      principals {
        type        = "AWS"
        identifiers = [statement.value]
      }
    }
  }
}
resource "aws_s3_bucket" "b" { bucket = "b" }
resource "aws_s3_bucket_policy" "b" {
  bucket = aws_s3_bucket.b.id
  policy = replace(data.aws_iam_policy_document.p.json, "_BUCKET_", aws_s3_bucket.b.arn)
}
""",
    ),
    "an element of what turns out to be empty": (
        "main.tf",
        """
locals { none = [] }
resource "aws_s3_bucket" "b" { bucket = element(local.none, 3) }
""",
    ),
}


@pytest.mark.parametrize(("name", "text"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_nothing_is_wrong_with(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    report = audit([str(tmp_path)], Asked(no_settings=True, strict=True))
    assert [one.finding for one in report.findings if one.finding.severity != NOTE] == []
    assert not [one for one in report.not_audited if "internal-error" in one.reason]


def test_a_flag_is_told_once_for_all_public_statements(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        """
resource "aws_s3_bucket" "b" { bucket = "b" }
resource "aws_s3_bucket_policy" "b" {
  bucket = aws_s3_bucket.b.id
  policy = jsonencode({ Statement = [
    { Effect = "Allow", Principal = "*", Action = "s3:GetObject", Resource = "arn:aws:s3:::b/one/*" },
    { Effect = "Allow", Principal = "*", Action = "s3:GetObject", Resource = "arn:aws:s3:::b/two/*" },
  ] })
}
"""
    )
    report = audit([str(tmp_path)], Asked(no_settings=True))
    assert [one.finding.rule for one in report.findings] == ["s3/policy-blocked-by-public-access-block"]


CDN_AND_KEY = """
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Statement:
          - Effect: Allow
            Principal: {AWS: !Sub 'arn:aws:iam::${AWS::AccountId}:root'}
            Action: 'kms:*'
            Resource: '*'
          # MORE
  Docs:
    Type: AWS::S3::Bucket
    Properties:
      BucketEncryption:
        ServerSideEncryptionConfiguration:
          - ServerSideEncryptionByDefault: {SSEAlgorithm: 'aws:kms', KMSMasterKeyID: !GetAtt Key.Arn}
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Docs
      PolicyDocument:
        Statement:
          - Effect: Allow
            Principal: {Service: cloudfront.amazonaws.com}
            Action: s3:GetObject
            Resource: !Sub '${Docs.Arn}/*'
            Condition:
              StringEquals: {'aws:SourceArn': !Sub 'arn:aws:cloudfront::${AWS::AccountId}:distribution/${Cdn}'}
  Oac:
    Type: AWS::CloudFront::OriginAccessControl
    Properties: {OriginAccessControlConfig: {Name: o, SigningBehavior: always}}
  Cdn:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Origins: [{Id: d, DomainName: !GetAtt Docs.RegionalDomainName, OriginAccessControlId: !GetAtt Oac.Id}]
        DefaultCacheBehavior: {TargetOriginId: d, ViewerProtocolPolicy: redirect-to-https}
"""
FOR_CLOUDFRONT = (
    "- {Effect: Allow, Principal: {Service: cloudfront.amazonaws.com}, Action: 'kms:Decrypt', Resource: '*', "
    "Condition: {StringEquals: {'aws:SourceArn': !Sub 'arn:aws:cloudfront::${AWS::AccountId}:distribution/${Cdn}'}}}"
)


def test_what_a_bucket_encrypts_by_default_needs_its_key(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(CDN_AND_KEY)
    (judged,) = audit([str(path)], Asked(no_settings=True)).findings
    assert (judged.finding.rule, judged.finding.severity) == ("s3/kms-key-refuses", "warning")
    assert judged.finding.fix is not None and "cloudfront.amazonaws.com do kms:Decrypt" in judged.finding.fix.summary
    path.write_text(CDN_AND_KEY.replace("# MORE", FOR_CLOUDFRONT))
    assert audit([str(path)], Asked(no_settings=True)).findings == ()


UPLOADED = """
resource "aws_s3_bucket" "b" {
  bucket = "acme-uploads"
}
resource "aws_s3_object" "logo" {
  bucket = aws_s3_bucket.b.id
  key    = "img/logo.png"
  source = "logo.png"
  acl    = "public-read"
}
resource "aws_s3_object" "page" {
  bucket       = aws_s3_bucket.b.id
  key          = "index.html"
  content_type = "text/html"
}
"""


def test_an_object_is_uploaded_with_an_acl_that_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "main.tf"
    path.write_text(UPLOADED)
    (judged,) = audit([str(tmp_path)], Asked(no_settings=True)).findings
    found = judged.finding
    assert (found.rule, found.severity) == ("s3/public-acl-without-effect", "warning")
    assert getattr(found.where, "line", None) == 9 and "img/logo.png" in found.message
    allowing = UPLOADED + (
        'resource "aws_s3_bucket_ownership_controls" "b" {\n  bucket = aws_s3_bucket.b.id\n  rule {\n'
        '    object_ownership = "BucketOwnerPreferred"\n  }\n}\n'
        'resource "aws_s3_bucket_public_access_block" "b" {\n  bucket = aws_s3_bucket.b.id\n'
        "  block_public_acls = false\n  ignore_public_acls = false\n  block_public_policy = true\n"
        "  restrict_public_buckets = true\n}\n"
    )
    path.write_text(allowing)
    assert audit([str(tmp_path)], Asked(no_settings=True)).findings == ()


OFFICE = """
          - Sid: Office
            Effect: Deny
            Principal: "*"
            Action: s3:*
            Resource: !Sub '${Docs.Arn}/*'
            Condition: {NotIpAddress: {aws:SourceIp: [RANGES]}}
"""


@pytest.mark.parametrize(
    ("ranges", "rules"),
    [("203.0.113.0/24", ["s3/allow-covered-by-deny"]), ("203.0.113.0/24, 130.176.0.0/16", [])],
)
def test_addresses_that_cloudfront_has_not(ranges: str, rules: list[str], tmp_path: Path) -> None:
    """Whether CloudFront brings an address is not known: one that is not among these is denied either way."""
    text = CDN_AND_KEY.replace("# MORE", FOR_CLOUDFRONT)
    at = text.index("  Oac:")
    path = tmp_path / "template.yaml"
    path.write_text(text[:at].rstrip() + OFFICE.replace("RANGES", ranges) + text[at:])
    report = audit([str(path)], Asked(no_settings=True))
    assert [one.finding.rule for one in report.findings] == rules
