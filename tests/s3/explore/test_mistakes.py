"""What counts as a mistake in a statement, and what does not: one statement a row, with the rules that speak of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from audit403.core.family import Options
from audit403.core.finding import NOTE
from audit403.engine.audit import Asked, audit
from audit403.evidence.local import LocalEvidence
from audit403.s3 import family
from audit403.s3.site import S3Site

if TYPE_CHECKING:
    from pathlib import Path

    from audit403.core.decision import Decision
    from audit403.core.request import Request

BUCKET, OBJECTS = "arn:aws:s3:::shop", "arn:aws:s3:::shop/*"
ROLE = {"AWS": "arn:aws:iam::444455556666:role/app"}
POINT = "arn:aws:s3:eu-west-1:111122223333:accesspoint/web"


def of_bucket(action: Any, resource: Any = OBJECTS, condition: Any = None, **more: Any) -> dict[str, Any]:
    found = {"Effect": "Allow", "Principal": ROLE, "Action": action, "Resource": resource, **more}
    return found if condition is None else {**found, "Condition": condition}


def of_user(action: Any, resource: Any = OBJECTS, condition: Any = None, **more: Any) -> dict[str, Any]:
    found = of_bucket(action, resource, condition, **more)
    del found["Principal"]
    return found


def rules(folder: Path, *statements: dict[str, Any]) -> set[str]:
    path = folder / "policy.json"
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))
    report = audit([str(path)], Asked(strict=True, no_settings=True))
    assert not report.not_audited
    return {one.finding.rule.partition("/")[2] for one in report.findings if one.finding.severity != NOTE}


MISTAKES = [
    ("unknown-action", of_bucket("s3:ListObjectsV2", BUCKET)),
    ("unknown-action", of_bucket(["GetObject", "s3:PutObject"])),
    ("unknown-action", of_bucket("s3:")),
    ("unknown-action", of_bucket("s3:Fetch*")),
    ("unknown-action", of_bucket(["s3:GetObject", "kms:Decrypt"])),
    ("unknown-action", of_user(["s3:CopyObject", "s3:GetObject"])),
    ("action-of-another-resource", of_bucket("s3:GetObject", BUCKET)),
    ("action-of-another-resource", of_bucket(["s3:GetObject", "s3:GetBucketLocation"])),
    ("action-of-another-resource", of_bucket("s3:ListAllMyBuckets", BUCKET)),
    ("action-of-another-resource", of_user(["s3:GetObject", "s3:ListBucket"])),
    ("action-of-another-resource", of_user("s3:ListAllMyBuckets", "arn:aws:s3:::shop-*")),
    ("action-of-another-resource", of_user("s3:GetObject", POINT)),
    ("action-of-another-resource", of_user("s3:ListBucket", "arn:aws:s3:::*/public/*")),
    ("resource-is-no-arn", of_bucket("s3:GetObject", "s3://shop/*")),
    ("resource-is-no-arn", of_bucket("s3:GetObject", "shop/*")),
    ("resource-is-no-arn", of_user("s3:GetObject", "arn:aws:s3::shop/index.html")),
    ("resource-is-no-arn", of_user("s3:GetObject", "arn:aws:s3::::shop/index.html")),
    ("resource-is-no-arn", of_user("s3:GetObject", ["s3:::shop/*"])),
    ("resource-is-no-arn", of_user("s3:ListBucket", ":::shop")),
    ("variable-never-filled", of_bucket("s3:GetObject", "arn:aws:s3:::shop/${aws:username}/*")),
    ("variable-never-filled", of_user("s3:GetObject", "arn:aws:s3:::shop/${aws:user}/*")),
    ("variable-never-filled", of_user("s3:GetObject", "arn:aws:s3:::shop/${aws:PrincipalOrgPaths}/*")),
    ("variable-never-filled", of_user("s3:ListBucket", BUCKET, {"StringLike": {"s3:prefix": "&{aws:username}/*"}})),
    ("key-written-as-in-url", of_bucket("s3:GetObject", "arn:aws:s3:::shop//docs/*")),
    ("key-written-as-in-url", of_user("s3:PutObject", "arn:aws:s3:::shop/my%20docs/*")),
    ("key-written-as-in-url", of_user("s3:PutObject", "arn:aws:s3:::shop/r%C3%A9sum%C3%A9.pdf")),
    ("resource-of-another-partition", of_bucket("s3:GetObject", "arn:aws-cn:s3:::shop/*")),
    ("resource-of-another-partition", of_bucket(
        "s3:GetObject", OBJECTS, Principal={"AWS": "arn:aws-us-gov:iam::444455556666:root"}
    )),
    ("unknown-condition-key", of_bucket("s3:GetObject", OBJECTS, {"StringLike": {"aws:Referrer": "x"}})),
    ("unknown-condition-key", of_bucket("s3:ListBucket", BUCKET, {"StringLike": {"s3:perfix": "x"}})),
    ("unknown-condition-key", of_user("s3:GetObject", OBJECTS, {"IpAddress": {"SourceIp": "192.0.2.0/24"}})),
    ("unknown-condition-key", of_bucket("s3:GetObject", OBJECTS, {"Bool": {"aws:SecureTransprot": 0}}, Effect="Deny")),
    ("condition-key-of-another-action", of_bucket("s3:GetObject", OBJECTS, {"StringLike": {"s3:prefix": "a/*"}})),
    ("condition-key-of-another-action", of_user("s3:GetObject", OBJECTS, {"NumericLessThan": {"s3:max-keys": 10}})),
    ("operator-of-another-type", of_bucket("s3:GetObject", OBJECTS, {"StringLike": {"aws:SourceIp": "192.0.2.0/24"}})),
    ("operator-of-another-type", of_bucket("s3:GetObject", OBJECTS, {"Bool": {"aws:SourceVpce": "true"}})),
    ("operator-of-another-type", of_bucket("s3:GetObject", OBJECTS, {"NumericLessThan": {"aws:CurrentTime": "2030"}})),
    ("operator-of-another-type", of_bucket("s3:GetObject", OBJECTS, {"IpAddress": {"aws:UserAgent": "192.0.2.1"}})),
    ("wildcard-without-like", of_bucket("s3:GetObject", OBJECTS, {"StringEquals": {"aws:userid": "AROAEXAMPLE:*"}})),
    ("wildcard-without-like", of_user("s3:ListBucket", BUCKET, {"StringEquals": {"s3:prefix": ["", "home/*"]}})),
    ("for-all-values-allow", of_bucket("s3:GetObject", OBJECTS, {"ForAllValues:StringLike": {"aws:userid": "a"}})),
    ("value-of-another-kind", of_bucket("s3:GetObject", OBJECTS, {"StringEquals": {"aws:SourceVpc": "vpce-1a2b"}})),
    ("value-of-another-kind", of_bucket("s3:GetObject", OBJECTS, {"StringLike": {"aws:PrincipalOrgID": "ou-a1b2-c3"}})),
    ("value-of-another-kind", of_user("s3:PutObject", OBJECTS, {"StringEquals": {"s3:x-amz-acl": "bucket-owner"}})),
    ("value-of-another-kind", of_user(
        "s3:GetObject", OBJECTS, {"ArnLike": {"aws:PrincipalArn": "arn:aws:sts::444455556666:assumed-role/app/*"}}
    )),
    ("value-of-another-kind", of_bucket("s3:GetObject", OBJECTS, {"ArnEquals": {"aws:PrincipalArn": "444455556666"}})),
    ("value-of-another-kind", of_user("s3:GetObject", OBJECTS, {"StringLike": {"aws:userid": "AROAEXAMPLEIDAAAA"}})),
    ("value-of-another-kind", of_user("s3:PutObject", OBJECTS, {"StringEquals": {"s3:x-amz-acl": "public_read"}})),
    ("value-of-another-kind", of_user("s3:GetObject", OBJECTS, {"StringEquals": {"aws:PrincipalOrgID": "a1b2c3d4e5"}})),
    ("value-of-another-kind", of_user("s3:*", "*", {"StringEquals": {"aws:RequestedRegion": "eu-west-1a"}})),
    ("value-of-another-kind", of_bucket("s3:GetObject", OBJECTS, {"StringEquals": {"aws:SourceArn": "E2QWRUHAPOMQZ"}})),
    ("value-of-another-kind", of_bucket(
        "s3:PutObject", OBJECTS, {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::source/*"}},
        Principal={"Service": "logging.s3.amazonaws.com"},
    )),
    ("value-of-another-kind", of_user("s3:*", OBJECTS, {"StringEquals": {"s3:x-amz-storage-class": "STANDARD-IA"}})),
    ("value-of-another-kind", of_bucket("s3:*", OBJECTS, {"StringEquals": {"s3:signatureversion": "AWS4"}})),
    ("unknown-condition-key", of_bucket("s3:GetObject", OBJECTS, {"Null": {"aws:SourceVPCEndpoint": "false"}})),
    ("condition-key-of-another-action", of_bucket(
        ["s3:GetObject", "s3:PutObject"], OBJECTS, {"Null": {"s3:x-amz-server-side-encryption": True}}, Effect="Deny"
    )),
    ("private-address-condition", of_bucket(
        "s3:*", OBJECTS, {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}, "Bool": {"aws:ViaAWSService": False}},
        Effect="Deny", Principal="*",
    )),
    ("date-has-passed", of_user("s3:*", OBJECTS, {"NumericLessThan": {"aws:EpochTime": 1719791999}})),
    ("date-has-passed", of_bucket("s3:GetObject", OBJECTS, {"DateLessThan": {"aws:TokenIssueTime": "2024-06-30"}})),
    ("ipv6-visitors-shut-out", of_bucket(
        "s3:*", OBJECTS, {"NotIpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}}, Effect="Deny", Principal="*"
    )),
    ("resource-without-wildcard", of_bucket("s3:GetObject", "arn:aws:s3:::shop/")),
    ("resource-without-wildcard", of_user("s3:GetObject", ["arn:aws:s3:::shop/a/*", "arn:aws:s3:::shop/b/"])),
    ("invalid-statement", of_bucket("s3:GetObject", Resources=OBJECTS)),
    ("invalid-principal", of_bucket("s3:GetObject", Principal={"AWS": "arn:aws:iam::444455556666:group/all"})),
    ("invalid-principal", of_bucket("s3:GetObject", Principal={"AWS": "44445555666"})),
    *(
        ("invalid-principal", of_bucket("s3:GetObject", Principal={"AWS": f"arn:aws:{one}"}))
        for one in (
            "iam::444455556666:instance-profile/app", "lambda:eu-west-1:444455556666:function:f",
            "iam::444455556666:role/", "sts::444455556666:assumed-role/app", "iam:444455556666:role/app",
            "iam::444455556666:oidc-provider/token.actions.githubusercontent.com",
            "iam::cloudfront:user/CloudFront Origin Access Identity",
        )
    ),
    ("invalid-principal", of_bucket("s3:GetObject", Principal={"Service": "cloudfront"})),
    ("key-that-services-never-bring", of_bucket(
        "s3:PutObject", OBJECTS, {"StringLike": {"aws:username": "a*"}}, Principal={"Service": "s3.amazonaws.com"}
    )),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "statement"), MISTAKES, ids=lambda one: one if isinstance(one, str) else "")
def test_one_rule_speaks_of_it(rule: str, statement: dict[str, Any], tmp_path: Path) -> None:
    assert rules(tmp_path, statement) == {rule}


SOUND = [
    of_bucket("S3:GETOBJECT"),
    of_bucket("s3:GetObject", OBJECTS, {"ForAllValues:StringLikeIfExists": {"aws:userid": "a"}}),
    of_bucket(["s3:Get*", "s3:List*"], [BUCKET, OBJECTS]),
    of_bucket("s3:*"),
    of_bucket("s3:GetObject", "arn:aws:s3:::shop*"),
    of_bucket("s3:ListBucket", "*"),
    of_bucket("s3:GetObject", "arn:aws:s3:*"),
    of_user("s3:ListAllMyBuckets", "arn:aws:s3:::*"),
    of_user("s3:GetAccessPoint", "arn:aws:s3:*:*:accesspoint/*"),
    of_user("s3:GetObject", f"{POINT}/object/*"),
    of_user("s3:ListBucket", POINT),
    of_user("s3:ListBucket", "arn:aws:s3:::${aws:PrincipalTag/bucket}"),
    of_user(["s3:GetObject", "ec2:Describe*", "dynamodb:NoSuchThing"], "*"),
    of_user("s3:GetObject", "arn:aws:s3:::{{ bucket }}/*"),
    of_user("s3:GetObject", "BUCKET_ARN/*"),
    of_bucket("s3:GetObject", Principal={"AWS": "arn:aws:iam::ACCOUNT_ID:role/app"}),
    of_bucket("s3:GetObject", OBJECTS, {"StringEquals": {"AWS:SOURCEARN": "arn:aws:s3:::other"}}),
    of_bucket("s3:GetObject", OBJECTS, {"StringEquals": {"aws:PrincipalTag/any name": "x"}}),
    of_bucket("s3:GetObject", OBJECTS, {"StringLike": {"aws:SourceIp": "192.0.2.*"}}),
    of_bucket("s3:GetObject", OBJECTS, {"StringEquals": {"aws:SecureTransport": "true"}}),
    of_bucket("s3:GetObject", OBJECTS, {"NumericLessThan": {"aws:EpochTime": "4102444800"}}),
    of_bucket("s3:GetObject", OBJECTS, {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::444455556666:role/*"}}),
    of_bucket("s3:GetObject", OBJECTS, {"StringEquals": {"aws:userid": "AROAEXAMPLE:${*}"}}),
    of_bucket("s3:*", [BUCKET, OBJECTS], {"StringLike": {"s3:prefix": "a/*"}}),
    of_bucket(["s3:GetObject", "s3:ListBucket"], [BUCKET, OBJECTS], {"StringLikeIfExists": {"s3:prefix": "a/*"}}),
    of_user("s3:CreateGrant", "*", Effect="Deny"),
    of_bucket("s3:GetObject", OBJECTS, {"StringEquals": {"aws:SourceVpc": ["vpc-1a2b3c4d", "vpc-xxxx"]}}),
    of_bucket("s3:GetObject", OBJECTS, {"StringEquals": {"aws:SourceAccount": "ACCOUNT_ID"}}),
    of_bucket("s3:GetObject", OBJECTS, {"StringLike": {"aws:SourceArn": "arn:aws:cloudfront::*:distribution/*"}}),
    of_bucket("s3:GetObject", ["arn:aws:s3:::shop/a/", "arn:aws:s3:::shop/a/*"]),
    of_bucket("s3:PutObject", "arn:aws:s3:::shop/inbox/"),
    of_bucket("s3:GetObject", OBJECTS, {"NotIpAddress": {"aws:SourceIp": "0.0.0.0/0"}}, Principal="*"),
    of_bucket("s3:*", OBJECTS, {"DateLessThan": {"aws:TokenIssueTime": "2024-06-30"}}, Effect="Deny"),
    of_bucket("s3:GetObject", "arn:aws:s3:::shop/a//b/*"),
    of_user("s3:GetObject", ["arn:aws:s3:::shop/${aws:username}/*", "arn:aws:s3:::shop/${aws:userid}/*"]),
    of_user("s3:GetObject", "arn:aws:s3:::shop/${aws:PrincipalTag/a b}/${saml:sub}/${*}"),
    of_bucket("s3:GetObject", "arn:aws:s3:::shop/${aws:username}/*", Principal={"AWS": "444455556666"}),
    of_bucket("s3:GetObject", "arn:aws:s3:::shop/${aws:username, 'x'}/*"),
    of_bucket("s3:GetObject", "arn:aws:s3:::shop/100%/*"),
    of_bucket("s3:GetObject", "arn:*:s3:::shop/*"),
    of_user("s3:GetObject", "arn:aws-cn:s3:::shop/*"),
    of_bucket("s3:GetObject", OBJECTS, {"ArnLike": {"aws:PrincipalArn": "arn:aws:sts::444455556666:federated-user/*"}}),
    of_bucket("s3:GetObject", OBJECTS, {"StringLike": {"aws:userid": ["AROAEXAMPLEIDAAAA:*", "AIDAEXAMPLEIDAAAA"]}}),
    of_user("s3:*", "*", {"StringEquals": {"aws:RequestedRegion": ["us-gov-east-1", "my-region", "aws-global"]}}),
    of_bucket("s3:GetObject", OBJECTS, {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::source-*"}}),
    of_bucket("s3:GetObject", OBJECTS, {"StringEquals": {"aws:SourceArn": "DISTRIBUTION_ARN"}}),
    of_bucket("s3:PutObject", OBJECTS, {"Null": {"s3:x-amz-server-side-encryption": True}}, Effect="Deny"),
    of_bucket(
        "s3:*", OBJECTS,
        {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}, "StringNotEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}},
        Effect="Deny", Principal="*",
    ),
]  # fmt: skip


@pytest.mark.parametrize("statement", SOUND, ids=json.dumps)
def test_nothing_is_said_of_what_works(statement: dict[str, Any], tmp_path: Path) -> None:
    assert rules(tmp_path, statement) == set()


def test_what_is_allowed_beside_it_is_harmless_for_a_user(tmp_path: Path) -> None:
    beside = of_user("s3:ListBucket", BUCKET)
    assert rules(tmp_path, of_user(["s3:GetObject", "s3:ListBucket"]), beside) == set()
    assert rules(tmp_path, of_user(["s3:HeadObject", "s3:GetObject"])) == set()
    keyed = of_user(["s3:GetObject", "s3:ListBucket"], [BUCKET, OBJECTS], {"StringLike": {"s3:prefix": "a/*"}})
    assert rules(tmp_path, keyed, of_user("s3:GetObject")) == set()


def test_the_policy_of_a_bucket_is_not_taken_even_so(tmp_path: Path) -> None:
    beside = of_bucket("s3:ListBucket", BUCKET)
    assert rules(tmp_path, of_bucket(["s3:GetObject", "s3:ListBucket"]), beside) == {"action-of-another-resource"}


@pytest.mark.parametrize(
    ("other", "is_mistyped"),
    [("shpo", True), ("Shop", True), ("shhop", True), ("shops", False), ("shop-logs", False), ("other", False)],
)
def test_a_bucket_that_is_mistyped(other: str, is_mistyped: bool, tmp_path: Path) -> None:
    found = rules(tmp_path, of_bucket("s3:GetObject"), of_bucket("s3:ListBucket", BUCKET), of_bucket(
        "s3:GetObject", f"arn:aws:s3:::{other}/*"
    ))  # fmt: skip
    assert found == ({"resource-of-another-bucket"} if is_mistyped else set())


def test_resource_control_policies_are_no_bucket_policies(tmp_path: Path) -> None:
    everywhere = {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}
    deny = of_bucket(["s3:*", "sqs:*"], "*", everywhere, Effect="Deny", Principal="*")
    assert rules(tmp_path, deny) == set()


def test_many_mistakes_take_bounded_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many statements have some, requests are asked about the first ones alone, and all are told."""
    asked = 0
    decide = S3Site.decide

    def counted(site: S3Site, request: Request) -> Decision:
        nonlocal asked
        asked += 1
        return decide(site, request)

    monkeypatch.setattr(S3Site, "decide", counted)
    many = 400
    statements = [of_bucket("s3:GetObject", BUCKET, Principal="*", Sid=f"S{number}") for number in range(many)]
    path = tmp_path / "policy.json"
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}))
    (site,) = family.find([str(path)], LocalEvidence(), Options())
    assert sum(fact.kind == "action-of-another-resource" for fact in site.facts()) == many  # type: ignore[union-attr]
    assert asked < many
