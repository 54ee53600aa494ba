"""What S3 does not take of Terraform because of Block Public Access: public ACLs, and policies that come too early."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit403.core.finding import ERROR, NOTE
from audit403.engine.audit import Asked, audit

if TYPE_CHECKING:
    from pathlib import Path

CONFIGURATION = """
resource "aws_s3_bucket" "docs" { bucket = "acme-docs" }
resource "aws_s3_bucket_ownership_controls" "docs" {
  bucket = aws_s3_bucket.docs.id
  rule { object_ownership = "OWNERSHIP" }
}
resource "aws_s3_bucket_public_access_block" "docs" {
  bucket              = aws_s3_bucket.docs.id
  block_public_acls   = BLOCKED
  ignore_public_acls  = IGNORED
}
MORE
"""
EARLY = "s3/policy-before-public-access-block"
ACL = "s3/public-acl-not-taken"
OBJECT = """resource "aws_s3_object" "a" {
  for_each = toset(["a.html", "b.html"])
  bucket   = aws_s3_bucket.docs.bucket
  key      = each.value
  content  = "x"
  acl      = "HOW"
}"""
OF_BUCKET = """resource "aws_s3_bucket_acl" "a" {
  depends_on = [aws_s3_bucket_ownership_controls.docs]
  bucket     = aws_s3_bucket.docs.id
  acl        = "HOW"
}"""
POLICY = """resource "aws_s3_bucket_policy" "p" {
  bucket = WHERE
  WAITS
  policy = data.aws_iam_policy_document.p.json
}
data "aws_iam_policy_document" "p" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.docs.arn}/*"]
    principals {
      type        = "WHO"
      identifiers = ["*"]
    }
  }
}
locals { bucket = aws_s3_bucket_public_access_block.docs.bucket }
"""
CALL = """module "policy" {
  source     = "./policy"
  bucket     = aws_s3_bucket.docs.id
  depends_on = [aws_s3_bucket_public_access_block.docs]
}"""
CALLED = """variable "bucket" {}
resource "aws_s3_bucket_policy" "p" {
  bucket = var.bucket
  policy = jsonencode({
    Statement = [{
      Effect = "Allow", Principal = "*", Action = "s3:GetObject", Resource = "arn:aws:s3:::${var.bucket}/*"
    }]
  })
}"""


def rules(folder: Path, files: dict[str, str]) -> list[tuple[str, str]]:
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    report = audit([str(folder)], Asked(strict=True, no_settings=True))
    assert not report.not_audited
    found = [one.finding for one in report.findings if one.finding.severity != NOTE]
    return [(one.rule, one.severity) for one in found]


def configuration(
    more: str, ownership: str = "BucketOwnerPreferred", blocked: bool = False, ignored: bool = False
) -> str:
    text = CONFIGURATION.replace("MORE", more).replace("OWNERSHIP", ownership)
    return text.replace("BLOCKED", str(blocked).lower()).replace("IGNORED", str(ignored).lower())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (configuration(OBJECT.replace("HOW", "public-read"), blocked=True), [(ACL, ERROR)] * 2),
        (
            configuration(OBJECT.replace("HOW", "public-read"), blocked=True, ignored=True),
            [("s3/public-acl-without-effect", ERROR)],
        ),
        (configuration(OBJECT.replace("HOW", "private"), blocked=True), []),
        (configuration(OBJECT.replace("HOW", "public-read")), []),
        (
            configuration(OBJECT.replace("HOW", "public-read"), "BucketOwnerEnforced", blocked=True),
            [("s3/public-acl-without-effect", ERROR)],
        ),
        (configuration(OF_BUCKET.replace("HOW", "public-read"), blocked=True), [(ACL, ERROR)]),
        (configuration(OF_BUCKET.replace("HOW", "authenticated-read"), blocked=True), [(ACL, ERROR)]),
        (configuration(OF_BUCKET.replace("HOW", "log-delivery-write"), blocked=True), []),
    ],
)
def test_a_public_acl(text: str, expected: list[tuple[str, str]], tmp_path: Path) -> None:
    assert rules(tmp_path, {"main.tf": text}) == expected


@pytest.mark.parametrize(
    ("where", "waits", "who", "comes_early"),
    [
        ("aws_s3_bucket.docs.id", "", "*", True),
        ("aws_s3_bucket.docs.id", "depends_on = [aws_s3_bucket_ownership_controls.docs]", "*", True),
        ("aws_s3_bucket.docs.id", "depends_on = [aws_s3_bucket_public_access_block.docs]", "*", False),
        ("aws_s3_bucket_public_access_block.docs.bucket", "", "*", False),
        ("local.bucket", "", "*", False),
        ("one(aws_s3_bucket_public_access_block.docs[*].bucket)", "", "*", False),
        ("aws_s3_bucket.docs.id", "", "AWS", True),
        ("aws_s3_bucket.docs.id", "", "Service", False),
    ],
)
def test_a_policy_that_may_come_too_early(where: str, waits: str, who: str, comes_early: bool, tmp_path: Path) -> None:
    policy = POLICY.replace("WHERE", where).replace("WAITS", waits).replace("WHO", who)
    found = [rule for rule, _ in rules(tmp_path, {"main.tf": configuration(policy)})]
    assert (EARLY in found) is comes_early


def test_a_policy_in_a_module_of_its_own_is_left_alone(tmp_path: Path) -> None:
    """What a module waits for is said where it is called."""
    files = {"main.tf": configuration(CALL), "policy/main.tf": CALLED}
    assert not rules(tmp_path, files)
