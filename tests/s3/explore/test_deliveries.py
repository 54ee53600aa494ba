"""Services that are told to write into a bucket: which policies, ACLs and keys let them, and which do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit403.core.finding import ERROR, NOTE, WARNING
from audit403.engine.audit import Asked, audit

if TYPE_CHECKING:
    from pathlib import Path

TEMPLATE = """
Resources:
  Logs:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: acme-logs
      BUCKET
  Key: {Type: AWS::KMS::Key, Properties: {Description: logs}}
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Logs
      PolicyDocument:
        Version: "2012-10-17"
        Statement: [STATEMENTS]
  Writer:
    WRITER
"""
TRAIL = """Type: AWS::CloudTrail::Trail
    Properties: {TrailName: main, IsLogging: true, S3BucketName: !Ref Logs, S3KeyPrefix: audit MORE}"""
LOGGED = """Type: AWS::S3::Bucket
    Properties: {LoggingConfiguration: {DestinationBucketName: !Ref Logs, LogFilePrefix: web/}}"""
LISTED = """Type: AWS::S3::Bucket
    Properties:
      BucketName: acme-data
      InventoryConfigurations:
        - {Id: all, Enabled: true, Destination: {BucketArn: !GetAtt Logs.Arn, Format: CSV, Prefix: lists}}"""
BALANCED = """Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties:
      LoadBalancerAttributes:
        - {Key: access_logs.s3.enabled, Value: "true"}
        - {Key: access_logs.s3.bucket, Value: !Ref Logs}
        - {Key: access_logs.s3.prefix, Value: web}"""
RECORDED = """Type: AWS::Config::DeliveryChannel
    Properties: {S3BucketName: !Ref Logs, S3KeyPrefix: config}
  Recorder:
    Type: AWS::Config::ConfigurationRecorder
    Properties: {RoleARN: !Sub 'arn:aws:iam::${AWS::AccountId}:role/ROLE'}"""
OF_SERVICE = "aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"
BY_SERVICE = RECORDED.replace("ROLE", OF_SERVICE)
NETWORK = BALANCED.replace("Properties:", "Properties:\n      Type: network")
KMS = """BucketEncryption: {ServerSideEncryptionConfiguration: [{ServerSideEncryptionByDefault:
        {SSEAlgorithm: 'aws:kms', KMSMasterKeyID: !GetAtt Key.Arn}}]}"""


def allow(service: str, action: str, resource: str, condition: str = "") -> str:
    more = f", Condition: {{StringEquals: {{{condition}}}}}" if condition else ""
    who = f"{{Service: {service}}}" if "." in service else service
    return f"{{Effect: Allow, Principal: {who}, Action: '{action}', Resource: !Sub '${{Logs.Arn}}{resource}'{more}}}"


OF_TRAIL = allow("cloudtrail.amazonaws.com", "s3:GetBucketAcl", "")
OWN = "'aws:SourceAccount': !Ref AWS::AccountId"
FULL = "'s3:x-amz-acl': bucket-owner-full-control"
BALANCER, LOGGING = "logdelivery.elasticloadbalancing.amazonaws.com", "logging.s3.amazonaws.com"
NET, CONFIG = "delivery.logs.amazonaws.com", "config.amazonaws.com"
CHECKS = f"{allow(CONFIG, 's3:GetBucketAcl', '')}, {allow(CONFIG, 's3:ListBucket', '')}"
DENY_OTHERS = """{Effect: Deny, Principal: '*', Action: 's3:*', Resource: !Sub '${Logs.Arn}/*',
          Condition: {StringNotEquals: {'aws:PrincipalOrgID': o-abcde12345}}}"""


def writes(service: str, resource: str, condition: str = OWN) -> str:
    return allow(service, "s3:PutObject", resource, condition)


def audited(path: Path) -> list[tuple[str, str]]:
    report = audit([str(path)], Asked(strict=True, no_settings=True))
    assert not [one for one in report.not_audited if "internal" in one.reason]
    found = [one.finding for one in report.findings if one.finding.severity != NOTE]
    assert {one.rule for one in found} <= {"s3/delivery-refused"}
    return [(one.severity, one.message) for one in found]


@pytest.mark.parametrize(
    ("writer", "statements", "bucket", "words"),
    [
        (TRAIL, f"{OF_TRAIL}, {writes('cloudtrail.amazonaws.com', '/audit/AWSLogs/*', FULL)}", "", None),
        (
            TRAIL,
            f"{OF_TRAIL}, {writes('cloudtrail.amazonaws.com', '/AWSLogs/*', FULL)}",
            "",
            "s3:PutObject of audit/AWS",
        ),
        (TRAIL, writes("cloudtrail.amazonaws.com", "/*", FULL), "", "s3:GetBucketAcl"),
        (TRAIL, f"{OF_TRAIL}, {writes('cloudtrail.amazonaws.com', '/*', FULL)}, {DENY_OTHERS}", "", "denies it"),
        (TRAIL.replace(" MORE", ", IsOrganizationTrail: true"), OF_TRAIL, "", None),
        (LOGGED, writes(LOGGING, "/web/*"), "", None),
        (LOGGED, writes(LOGGING, "/app/*"), "", "is for other objects"),
        (LOGGED, writes(LOGGING, "/web/*", FULL), "", "something that it does not bring"),
        (LOGGED, writes(LOGGING, "/*", "'aws:SourceAccount': '111122223333'"), "", None),
        (LOGGED, writes(LOGGING, "/*", "'aws:SourceArn': 'arn:aws:s3:::acme-shop'"), "", "that it does not bring"),
        (TRAIL, f"{OF_TRAIL}, {writes('cloudtrail.amazonaws.com', '/audit/AWSLogs/111122223333/*', FULL)}", "", None),
        (LOGGED, writes(LOGGING, "/*"), KMS, "a key of KMS"),
        (LISTED, writes("s3.amazonaws.com", "/lists/acme-data/*", FULL), "", None),
        (LISTED, writes("s3.amazonaws.com", "/other/*", FULL), "", "S3 Inventory's lists"),
        (LISTED.replace("acme-data", "acme--use1-az4--x-s3"), writes("s3express.amazonaws.com", "/*", FULL), "", None),
        (BALANCED, writes(BALANCER, "/web/AWSLogs/*"), "", None),
        (NETWORK, writes(BALANCER, "/web/AWSLogs/*"), "", "delivery.logs.amazonaws.com gets 403 for s3:GetBucketAcl"),
        (NETWORK, f"{allow(NET, 's3:GetBucketAcl', '')}, {writes(NET, '/web/AWSLogs/*', FULL)}", "", None),
        (BY_SERVICE, f"{CHECKS}, {writes(CONFIG, '/config/AWSLogs/*', FULL)}", "", None),
        (BY_SERVICE, f"{CHECKS}, {writes(CONFIG, '/AWSLogs/*', FULL)}", "", "AWS Config's records"),
        (BY_SERVICE, writes(CONFIG, "/*", FULL), "", "config.amazonaws.com gets 403 for s3:GetBucketAcl"),
        (RECORDED.replace("ROLE", "recorder"), writes(CONFIG, "/*", FULL), "", None),
        (BALANCED, writes(BALANCER, "/AWSLogs/*"), "", "the load balancer's access logs"),
        (BALANCED, writes("{AWS: 'arn:aws:iam::127311923021:root'}", "/web/AWSLogs/*", ""), "", None),
    ],
)
def test_a_template(writer: str, statements: str, bucket: str, words: str | None, tmp_path: Path) -> None:
    text = TEMPLATE.replace("WRITER", writer.replace(" MORE", "")).replace("STATEMENTS", statements)
    (tmp_path / "template.yaml").write_text(text.replace("BUCKET", bucket))
    found = audited(tmp_path / "template.yaml")
    assert [severity for severity, _ in found] == ([] if words is None else [ERROR])
    assert words is None or words in found[0][1]


RECORDER = """
resource "aws_iam_service_linked_role" "config" { aws_service_name = "config.amazonaws.com" }
resource "aws_iam_role" "config" { name = "config" }
resource "aws_config_configuration_recorder" "r" { role_arn = ROLE }
resource "aws_config_delivery_channel" "c" { s3_bucket_name = aws_s3_bucket.logs.bucket }
"""
CONFIGURATION = """
resource "aws_s3_bucket" "logs" { bucket = "acme-logs" }
resource "aws_s3_bucket" "web" { bucket = "acme-web" }
OWNERSHIP
resource "aws_s3_bucket_acl" "logs" {
  bucket = aws_s3_bucket.logs.id
  acl    = "log-delivery-write"
}
resource "aws_s3_bucket_logging" "web" {
  bucket        = aws_s3_bucket.web.id
  target_bucket = aws_s3_bucket.logs.id
  target_prefix = "web/"
}
"""
OWNERSHIP = """resource "aws_s3_bucket_ownership_controls" "logs" {
  bucket = aws_s3_bucket.logs.id
  rule { object_ownership = "HOW" }
}"""


@pytest.mark.parametrize(
    ("ownership", "expected"),
    [("BucketOwnerPreferred", []), ("BucketOwnerEnforced", [WARNING]), (None, [WARNING])],
)
def test_an_acl_for_logs(ownership: str | None, expected: list[str], tmp_path: Path) -> None:
    controls = "" if ownership is None else OWNERSHIP.replace("HOW", ownership)
    (tmp_path / "main.tf").write_text(CONFIGURATION.replace("OWNERSHIP", controls))
    found = audited(tmp_path)
    assert [severity for severity, _ in found] == expected
    assert all("ACLs are disabled" in message for _, message in found)
    assert all(message.endswith("since April 2023") is (ownership is None) for _, message in found)


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ('resource "aws_cloudtrail" "t" {\n name = "t"\n s3_bucket_name = aws_s3_bucket.logs.id\n}', 1),
        ('resource "aws_lb" "l" {\n access_logs {\n bucket = aws_s3_bucket.logs.id\n enabled = true\n }\n}', 1),
        ('resource "aws_lb" "l" {\n access_logs {\n bucket = aws_s3_bucket.logs.id\n enabled = false\n }\n}', 0),
        (RECORDER.replace("ROLE", "aws_iam_service_linked_role.config.arn"), 1),
        (RECORDER.replace("ROLE", "aws_iam_role.config.arn"), 0),
        ('resource "aws_elb" "l" {\n access_logs {\n bucket = aws_s3_bucket.logs.bucket\n }\n}', 1),
        ('resource "aws_s3_bucket" "w" {\n logging {\n target_bucket = aws_s3_bucket.logs.id\n }\n}', 1),
        ('resource "aws_cloudtrail" "t" {\n name = "t"\n s3_bucket_name = "of-another-stack"\n}', 0),
    ],
)
def test_a_configuration(resource: str, expected: int, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(f'resource "aws_s3_bucket" "logs" {{ bucket = "acme-logs" }}\n{resource}\n')
    found = audited(tmp_path)
    assert [severity for severity, _ in found] == [WARNING] * expected
