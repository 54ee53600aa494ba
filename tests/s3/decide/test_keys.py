"""Keys of KMS, and of clients: what S3 brings when it asks for a key, and which uploads it does not take."""

from __future__ import annotations

from typing import Any

import pytest

from audit403.core.decision import NOT_REFUSED, REFUSED, UNKNOWN, Decision
from audit403.s3.decide.evaluator import Evaluator
from audit403.s3.decide.profile import profile_of, request_by
from audit403.s3.decide.request import S3Request, context_of
from audit403.s3.model.world import World

OWNER = "111122223333"
ROLE, KEY = f"arn:aws:iam::{OWNER}:role/reports", f"arn:aws:kms:eu-west-1:{OWNER}:key/1"
ROOT = {"AWS": f"arn:aws:iam::{OWNER}:root"}
CUSTOMER = "s3:x-amz-server-side-encryption-customer-algorithm"


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def world(condition: dict[str, Any], **bucket: Any) -> World:
    """A bucket whose objects are encrypted with a key that the role may use on a condition."""
    of_key = {"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": KEY}
    identity = policy({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}, {**of_key, "Condition": condition})
    plain = {
        "account": OWNER, "policy": None, "public_access_block": None, "ownership": "BucketOwnerEnforced", "acl": None,
        "website": None, "request_payer": None, "region": "eu-west-1",
        "encryption": {"algorithm": "aws:kms", "key": KEY},
        "objects": {"q.csv": {"owner": OWNER, "acl": None, "storage_class": "STANDARD", **encrypted(bucket)}},
    }  # fmt: skip
    account: dict[str, Any] = {
        "public_access_block": None,
        "service_control_policies": [],
        "resource_control_policies": [],
    }
    delegated = policy({"Effect": "Allow", "Principal": ROOT, "Action": "kms:*", "Resource": "*"})
    return World(
        {
            "account": {"id": OWNER, **account},
            "buckets": {"b": {**plain, **bucket}},
            "principals": {ROLE: {"policies": [identity], "boundary": [], "session": None}},
            "kms_keys": {KEY: {"account": OWNER, "policy": delegated}},
        }
    )


def encrypted(bucket: dict[str, Any]) -> dict[str, Any]:
    by_bucket = bucket.get("encryption", {}).get("bucket_key")
    found = {"algorithm": "aws:kms", "key": KEY}
    return {"encryption": found if by_bucket is None else {**found, "bucket_key": by_bucket}}


def decide(condition: dict[str, Any], action: str, **bucket: Any) -> Decision:
    known = world(condition, **bucket)
    request = request_by(profile_of(f"role:{ROLE}"), known, action, "arn:aws:s3:::b/q.csv", 0)
    return Evaluator(known).decide(request)


def with_bucket_key(is_on: bool) -> dict[str, Any]:
    return {"encryption": {"algorithm": "aws:kms", "key": KEY, "bucket_key": is_on}}


def of_context(arn: str) -> dict[str, Any]:
    return {"StringLike": {"kms:EncryptionContext:aws:s3:arn": arn}}


@pytest.mark.parametrize("action", ["s3:GetObject", "s3:PutObject"])
@pytest.mark.parametrize(
    ("condition", "bucket", "verdict"),
    [
        ({"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}, {}, NOT_REFUSED),
        ({"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}, {}, REFUSED),
        ({"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}, {"region": None}, UNKNOWN),
        ({"StringEquals": {"kms:CallerAccount": OWNER}}, {}, NOT_REFUSED),
        ({"StringEquals": {"kms:CallerAccount": "444455556666"}}, {}, REFUSED),
        (of_context("arn:aws:s3:::b/*"), with_bucket_key(False), NOT_REFUSED),
        (of_context("arn:aws:s3:::b/*"), with_bucket_key(True), REFUSED),
        (of_context("arn:aws:s3:::b"), with_bucket_key(True), NOT_REFUSED),
        (of_context("arn:aws:s3:::other/*"), with_bucket_key(False), REFUSED),
    ],
)
def test_what_a_key_is_asked_with(condition: dict[str, Any], bucket: dict[str, Any], verdict: str, action: str) -> None:
    assert decide(condition, action, **bucket).verdict == verdict


def test_an_object_of_which_it_is_not_known_whether_it_has_a_bucket_key() -> None:
    assert decide(of_context("arn:aws:s3:::b/*"), "s3:GetObject").verdict == UNKNOWN
    # What is put has what the bucket says, and says it nothing, none.
    assert decide(of_context("arn:aws:s3:::b/*"), "s3:PutObject").verdict == NOT_REFUSED


@pytest.mark.parametrize(
    ("encryption", "brings", "verdict"),
    [
        ({"algorithm": "AES256", "blocked_encryption_types": ["SSE-C"]}, True, REFUSED),
        ({"algorithm": "AES256", "blocked_encryption_types": ["SSE-C"]}, False, NOT_REFUSED),
        ({"algorithm": "AES256", "blocked_encryption_types": ["NONE"]}, True, NOT_REFUSED),
        ({"Rules": [{"BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]}}]}, True, REFUSED),
        ({"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}, True, NOT_REFUSED),
    ],
)
def test_a_key_of_the_client(encryption: dict[str, Any], brings: bool, verdict: str) -> None:
    known = world({}, encryption=encryption)
    context = context_of({CUSTOMER: "AES256"} if brings else {})
    decision = Evaluator(known).decide(S3Request("s3:PutObject", "arn:aws:s3:::b/new", ROLE, context))
    assert decision.verdict == verdict
    assert (decision.cause == "customer-keys-are-blocked") is (verdict == REFUSED)
