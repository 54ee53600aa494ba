"""A whole account, as moto keeps it: from what was made there to the state, to answers, and to findings.

moto shows that each collector asks for the right thing and in the right way; what is denied, absent or broken is in
test_around.py, where each answer can be chosen.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from audit403.cli.main import main
from audit403.s3.questions import Questions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ACCOUNT, OTHER = "123456789012", "999988887777"
HERE = "eu-west-1"
POLICY_OF_ANNA = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::site-one"}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [*statements]})


def allow(principal: Any, resource: str, action: str = "s3:GetObject", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource, **more}


def make_buckets() -> str:
    """Two buckets, one with a website, a key of its own, and an access point; the ARN of the key."""
    s3, kms, control = (boto3.client(name, region_name=HERE) for name in ("s3", "kms", "s3control"))
    key = kms.create_key(Policy=policy(allow({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "*", "kms:*")))
    arn: str = key["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/pages", TargetKeyId=arn)
    for name in ("site-one", "logs-one"):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": HERE})
    s3.put_bucket_website(Bucket="site-one", WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/pages"}
    rules = [{"ApplyServerSideEncryptionByDefault": default}]
    s3.put_bucket_encryption(Bucket="site-one", ServerSideEncryptionConfiguration={"Rules": rules})
    statement = allow({"AWS": f"arn:aws:iam::{ACCOUNT}:role/web/reader"}, "arn:aws:s3:::site-one/*", Sid="Reader")
    s3.put_bucket_policy(Bucket="site-one", Policy=policy(statement))
    control.create_access_point(
        AccountId=ACCOUNT, Name="inside", Bucket="site-one", VpcConfiguration={"VpcId": "vpc-1a2b"}
    )
    point = f"arn:aws:s3:{HERE}:{ACCOUNT}:accesspoint/inside"
    of_point = policy(allow({"AWS": f"arn:aws:iam::{ACCOUNT}:user/anna"}, f"{point}/object/*"))
    control.put_access_point_policy(AccountId=ACCOUNT, Name="inside", Policy=of_point)
    return arn


def make_principals() -> None:
    """A user in a group, with policies of every kind, and a role with a path."""
    iam = boto3.client("iam", region_name=HERE)
    boundary = iam.create_policy(PolicyName="most", PolicyDocument=policy(_any("s3:*")))["Policy"]["Arn"]
    managed = iam.create_policy(PolicyName="read", PolicyDocument=policy(_any("s3:GetObject")))["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=managed, PolicyDocument=policy(_any("s3:GetObject*")), SetAsDefault=True)
    iam.create_user(UserName="anna")
    iam.attach_user_policy(UserName="anna", PolicyArn=managed)
    iam.put_user_policy(UserName="anna", PolicyName="own", PolicyDocument=policy(POLICY_OF_ANNA))
    iam.create_group(GroupName="web")
    iam.put_group_policy(GroupName="web", PolicyName="deny", PolicyDocument=policy(_any("s3:DeleteObject", "Deny")))
    iam.add_user_to_group(UserName="anna", GroupName="web")
    iam.create_role(RoleName="reader", Path="/web/", AssumeRolePolicyDocument="{}", PermissionsBoundary=boundary)
    iam.put_role_policy(RoleName="reader", PolicyName="own", PolicyDocument=policy(_any("kms:Decrypt")))


def _any(action: str, effect: str = "Allow") -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": "*"}


def make_endpoint() -> str:
    ec2 = boto3.client("ec2", region_name=HERE)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    made = ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName=f"com.amazonaws.{HERE}.s3", PolicyDocument=policy(allow("*", "arn:aws:s3:::logs-one/*"))
    )
    return str(made["VpcEndpoint"]["VpcEndpointId"])


def make_distribution() -> str:
    cloudfront = boto3.client("cloudfront", region_name="us-east-1")
    origins = [
        {
            "Id": "pages",
            "DomainName": f"site-one.s3.{HERE}.amazonaws.com",
            "OriginPath": "/public",
            "S3OriginConfig": {"OriginAccessIdentity": ""},
            "CustomHeaders": {
                "Quantity": 2,
                "Items": [
                    {"HeaderName": "Referer", "HeaderValue": "https://www.example/"},
                    {"HeaderName": "X-Secret", "HeaderValue": "nobody knows"},
                ],
            },
        }
    ]
    behaviour = {"TargetOriginId": "pages", "ViewerProtocolPolicy": "https-only", "MinTTL": 0}
    behaviour["ForwardedValues"] = {
        "QueryString": False, "Cookies": {"Forward": "none"}, "Headers": {"Quantity": 1, "Items": ["Host"]},
    }  # fmt: skip
    config = {
        "CallerReference": "1", "Comment": "", "Enabled": True, "DefaultRootObject": "index.html",
        "Origins": {"Quantity": 1, "Items": origins}, "DefaultCacheBehavior": behaviour,
    }  # fmt: skip
    return str(cloudfront.create_distribution(DistributionConfig=config)["Distribution"]["Id"])


@pytest.fixture
def aws() -> Iterator[None]:
    with mock_aws():
        yield


def collected(tmp_path: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[Any, Any]:
    """The state, and the report."""
    file = tmp_path / "state.json"
    main(["s3", "--format", "json", "--save", str(file), *words])
    return json.loads(file.read_text()), json.loads(capsys.readouterr().out)


@pytest.mark.usefixtures("aws")
def test_everything_that_requests_hang_on_is_in_the_state(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = make_buckets()
    make_principals()
    endpoint = make_endpoint()
    distribution = make_distribution()
    state, report = collected(tmp_path, capsys)

    # moto has no answer to GetBucketRequestPayment.
    assert {one["reason"].partition(":")[0] for one in report["not_audited"]} == {"who pays for requests is not known"}
    assert state["account"] == {
        "id": ACCOUNT,
        "canonical_id": state["account"]["canonical_id"],
        "public_access_block": None,
        "service_control_policies": [],
        "resource_control_policies": [],
    }
    site = state["buckets"]["site-one"]
    assert site["account"] == ACCOUNT and site["website"] == {"IndexDocument": {"Suffix": "index.html"}}
    assert site["encryption"]["Rules"][0]["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] == key
    assert state["kms_keys"][key]["account"] == ACCOUNT
    assert state["kms_keys"][key]["policy"]["Statement"][0]["Action"] == "kms:*"

    (point,) = state["access_points"].values()
    assert (point["bucket"], point["vpc"]) == ("site-one", "vpc-1a2b")
    assert point["policy"]["Statement"][0]["Action"] == "s3:GetObject"
    assert state["vpc_endpoints"][endpoint]["policy"]["Statement"][0]["Resource"] == "arn:aws:s3:::logs-one/*"

    anna = state["principals"][f"arn:aws:iam::{ACCOUNT}:user/anna"]
    actions = [one["Statement"][0]["Action"] for one in anna["policies"]]
    assert actions == ["s3:GetObject*", "s3:ListBucket", "s3:DeleteObject"]
    assert anna["boundary"] == []
    reader = state["principals"][f"arn:aws:iam::{ACCOUNT}:role/web/reader"]
    assert [one["Statement"][0]["Action"] for one in reader["boundary"]] == ["s3:*"]
    assert [one["Statement"][0]["Action"] for one in reader["policies"]] == ["kms:Decrypt"]

    front = state["distributions"][distribution]
    (origin,) = front["origins"]
    assert origin["headers"] == {"referer": "https://www.example/"}
    assert origin["path"] == "/public"  # moto forgets how the bucket is asked
    assert front["default_root_object"] == "index.html" and front["account"] == ACCOUNT
    assert front["behaviours"][-1]["viewers"] == "https-only" and front["behaviours"][-1]["forwards_host"] is True


@pytest.mark.usefixtures("aws")
def test_requests_are_answered_from_what_was_collected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_buckets()
    make_principals()
    endpoint = make_endpoint()
    state, _ = collected(tmp_path, capsys)
    for bucket in state["buckets"].values():
        bucket["request_payer"] = "BucketOwner"
    questions = Questions(json.dumps(state).encode())

    def answer(principal: str, action: str, resource: str, **context: str) -> tuple[str, str]:
        row = {"principal": f"arn:aws:iam::{ACCOUNT}:{principal}", "action": action, "context": context}
        found = questions.answer({**row, "resource": f"arn:aws:s3:::{resource}"})
        return found.verdict, found.cause or str(found.missing)

    assert answer("user/anna", "s3:ListBucket", "site-one")[0] == "not-refused"
    assert answer("user/anna", "s3:DeleteObject", "site-one/x") == ("refused", "identity-policy-denies")
    assert answer("user/anna", "s3:PutObject", "site-one/x")[0] == "refused"
    # The endpoint's policy counts for what comes through it, and for nothing else.
    assert answer("user/anna", "s3:ListBucket", "site-one", **{"aws:SourceVpce": endpoint})[0] == "refused"
    assert answer("user/anna", "s3:ListBucket", "site-one", **{"aws:SourceVpce": "vpce-other"})[0] == "not-refused"


@pytest.mark.usefixtures("aws")
def test_findings_come_of_what_was_collected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    s3 = boto3.client("s3", region_name=HERE)
    s3.create_bucket(Bucket="site-two", CreateBucketConfiguration={"LocationConstraint": HERE})
    s3.put_bucket_policy(Bucket="site-two", Policy=policy(allow("*", "arn:aws:s3:::site-two/*", Sid="Everybody")))
    block = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
    boto3.client("s3control", region_name=HERE).put_public_access_block(
        AccountId=ACCOUNT, PublicAccessBlockConfiguration=block
    )
    state, report = collected(tmp_path, capsys)
    (finding,) = report["findings"]
    assert finding["rule"] == "s3/policy-blocked-by-public-access-block"
    assert finding["where"] == {
        "bucket": "site-two", "statement": "RestrictPublicBuckets", "policy": "Block Public Access of the account",
    }  # fmt: skip
    assert main(["check", "--format", "json", str(tmp_path / "state.json")]) == 1
    assert json.loads(capsys.readouterr().out) == report
    assert state["account"]["public_access_block"] == block


@pytest.mark.usefixtures("aws")
def test_the_account_of_a_role_and_a_bucket_of_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_buckets()
    role = f"arn:aws:iam::{OTHER}:role/auditor"
    there = boto3.client("sts", region_name=HERE).assume_role(RoleArn=role, RoleSessionName="setup")["Credentials"]
    named = {"aws_access_key_id": there["AccessKeyId"], "aws_secret_access_key": there["SecretAccessKey"]}
    s3 = boto3.client("s3", region_name=HERE, aws_session_token=there["SessionToken"], **named)
    s3.create_bucket(Bucket="theirs", CreateBucketConfiguration={"LocationConstraint": HERE})
    state, _ = collected(tmp_path, capsys, "--role", role)
    assert state["account"]["id"] == OTHER and [*state["buckets"]] == ["theirs"]
    state, _ = collected(tmp_path, capsys, "theirs", "site-one")
    assert state["account"]["id"] == ACCOUNT
    assert "account" not in state["buckets"]["theirs"] and state["buckets"]["site-one"]["account"] == ACCOUNT


@pytest.mark.usefixtures("aws")
def test_principals_that_are_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_principals()
    anna, reader = f"arn:aws:iam::{ACCOUNT}:user/anna", f"arn:aws:iam::{ACCOUNT}:role/web/reader"
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/deploy"
    gone, foreign = f"arn:aws:iam::{ACCOUNT}:user/gone", f"arn:aws:iam::{OTHER}:user/x"
    elsewhere = f"arn:aws:iam::{ACCOUNT}:role/reader"
    words = [word for name in (anna, session, gone, foreign, elsewhere) for word in ("--as", name)]
    state, report = collected(tmp_path, capsys, *words)
    assert {*state["principals"]} == {anna, reader}
    reasons = {one["target"]: one["reason"] for one in report["not_audited"]}
    assert reasons[gone] == "it is not known: there is no such user"
    assert "it is of another account" in reasons[foreign]
    assert f"there is no such role: the role reader is {reader}" in reasons[elsewhere]


def test_who_can_be_asked_for() -> None:
    assert main(["s3", "--as", "anonymous"]) == 2
