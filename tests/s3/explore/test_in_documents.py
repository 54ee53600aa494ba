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


def test_of_a_bucket_that_is_declared_elsewhere_nothing_is_known(tmp_path: Path) -> None:
    text = """
resource "aws_s3_bucket_policy" "logs" {
  bucket = aws_s3_bucket.elsewhere.id
  policy = data.aws_iam_policy_document.logs.json
}

data "aws_iam_policy_document" "logs" {
  statement {
    actions   = ["s3:GetObject", "s3:ListBucket"]
    resources = [aws_s3_bucket.elsewhere.arn, "${aws_s3_bucket.elsewhere.arn}/*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::222233334444:role/etl"]
    }
  }
}
"""
    assert rules(tmp_path, "main.tf", text) == set()


POLICY = """jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:ListObjects", Resource = "arn:aws:s3:::logs" }]
  })"""
ROLE = 'resource "aws_iam_role" "task" {\n  name               = "task"\n  assume_role_policy = "{}"\n}\n'


@pytest.mark.parametrize(
    "text",
    [
        f'resource "aws_iam_policy" "read" {{\n  policy = {POLICY}\n}}\n',
        f'resource "aws_iam_user_policy" "read" {{\n  user   = "kim"\n  policy = {POLICY}\n}}\n',
        f'resource "aws_iam_group_policy" "read" {{\n  group  = "all"\n  policy = {POLICY}\n}}\n',
        f'resource "aws_ssoadmin_permission_set_inline_policy" "read" {{\n  inline_policy = {POLICY}\n}}\n',
        f'{ROLE}resource "aws_iam_role_policy" "read" {{\n  role   = "task"\n  policy = {POLICY}\n}}\n',
        (
            f'{ROLE}resource "aws_iam_role_policy" "read" {{\n  role   = "task"\n  policy = {POLICY}\n}}\n'
            'resource "aws_iam_role_policy_attachment" "ssm" {\n  role       = "task"\n'
            '  policy_arn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"\n}\n'
        ),
    ],
    ids=["managed", "user elsewhere", "group", "permission set", "role", "role with more than is known"],
)
def test_policies_without_a_bucket_are_judged_in_terraform(text: str, tmp_path: Path) -> None:
    assert rules(tmp_path, "main.tf", text) == {"unknown-action"}
    other = text.replace("s3:ListObjects", "s3:ListBucket")
    assert rules(tmp_path, "main.tf", other) == set()


DOCUMENT = """
          Version: 2012-10-17
          Statement:
            - {Effect: Allow, Action: "s3:ListObjects", Resource: "arn:aws:s3:::logs"}
"""


@pytest.mark.parametrize(
    "resource",
    [
        "AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument:",
        "AWS::IAM::Policy\n    Properties:\n      Groups: [all]\n      PolicyDocument:",
        "AWS::IAM::Group\n    Properties:\n      Policies:\n       - PolicyDocument:",
        "AWS::SSO::PermissionSet\n    Properties:\n      InlinePolicy:",
        (
            "AWS::IAM::Role\n    Properties:\n      ManagedPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess']\n"
            "      Policies:\n       - PolicyDocument:"
        ),
    ],
    ids=lambda text: text.partition("\n")[0],
)
def test_and_in_templates(resource: str, tmp_path: Path) -> None:
    text = f"Resources:\n  Read:\n    Type: {resource}{DOCUMENT}"
    assert rules(tmp_path, "t.yaml", text) == {"unknown-action"}


def test_policies_of_other_services_are_none_of_ours(tmp_path: Path) -> None:
    other = POLICY.replace("s3:ListObjects", "ec2:NoSuchThing").replace("s3:::", "ec2:eu-west-1:1:")
    (tmp_path / "main.tf").write_text(f'# s3:\nresource "aws_iam_policy" "read" {{\n  policy = {other}\n}}\n')
    assert audit([str(tmp_path)], Asked(no_settings=True)).findings == ()


def bounded(boundary: str) -> str:
    return f"""
Resources:
  Limits:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument: {{Version: "2012-10-17", Statement: [{{Effect: Allow, Action: "ec2:*", Resource: "*"}}]}}
  Data:
    Type: AWS::S3::Bucket
  App:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {{}}
      PermissionsBoundary: {boundary}
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Data
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {{AWS: !GetAtt App.Arn}}
            Action: s3:GetObject
            Resource: !Sub "${{Data.Arn}}/*"
"""


@pytest.mark.parametrize(
    ("boundary", "is_refused"),
    [
        ("!Ref Limits", True),
        ("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", False),
        ("arn:aws:iam::111122223333:policy/elsewhere", False),
    ],
)
def test_a_boundary_of_the_same_template(boundary: str, is_refused: bool, tmp_path: Path) -> None:
    found = rules(tmp_path, "t.yaml", bounded(boundary))
    assert found == ({"allow-refused-elsewhere"} if is_refused else set())


def test_the_policy_of_an_endpoint_has_its_place(tmp_path: Path) -> None:
    document = POLICY.replace('Effect = "Allow"', 'Effect = "Allow", Principal = "*"')
    head = 'resource "aws_s3_bucket" "b" {}\nresource "aws_vpc_endpoint" "s3" {\n  vpc_id       = "vpc-0abc"\n'
    text = f'{head}  service_name = "com.amazonaws.eu-west-1.s3"\n  policy = {document}\n}}\n'
    (tmp_path / "main.tf").write_text(text)
    (judged,) = audit([str(tmp_path)], Asked(no_settings=True)).findings
    assert judged.finding.rule == "s3/unknown-action"
    assert judged.finding.where.line == 7  # type: ignore[union-attr]
