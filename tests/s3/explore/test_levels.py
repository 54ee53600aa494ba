"""Which level of Block Public Access, or which key, keeps somebody out, and a remedy that is about just that."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from audit403.core.finding import ERROR, NOTE
from audit403.engine.audit import Asked, audit

if TYPE_CHECKING:
    from pathlib import Path

    from audit403.core.finding import Finding

OWNER, PARTNER = "111122223333", "arn:aws:iam::444455556666:role/partner"
ROLE, KEY = f"arn:aws:iam::{OWNER}:role/app", f"arn:aws:kms:eu-west-1:{OWNER}:key/1"
FLAGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
OFF = dict.fromkeys(FLAGS, False)
RESTRICT = {**OFF, "RestrictPublicBuckets": True}


def allow(who: str, *actions: str, resource: str = "arn:aws:s3:::b/*", **more: Any) -> dict[str, Any]:
    principal = "*" if who == "*" else {"AWS": who}
    return {
        "Sid": who[-4:],
        "Effect": "Allow",
        "Principal": principal,
        "Action": [*actions],
        "Resource": resource,
        **more,
    }


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def identity(*statements: dict[str, Any]) -> dict[str, Any]:
    plain = [{name: value for name, value in one.items() if name != "Principal"} for one in statements]
    return {"policies": [policy(*plain)], "boundary": [], "session": None}


def found(
    path: Path, *statements: dict[str, Any], account: Any = None, principals: Any = None, **bucket: Any
) -> list[Finding]:
    known = {
        "account": OWNER, "policy": policy(*statements), "public_access_block": OFF, "ownership": "BucketOwnerEnforced",
        "acl": "private", "website": None, "request_payer": None, "encryption": None, "cors": None, **bucket,
    }  # fmt: skip
    around: dict[str, Any] = {"service_control_policies": [], "resource_control_policies": []}
    state: dict[str, Any] = {
        "version": 1, "account": {"id": OWNER, "public_access_block": account, **around}, "buckets": {"b": known},
        "principals": principals or {}, "vpc_endpoint_policies": [],
        "kms_keys": {KEY: {"policy": policy(allow(f"arn:aws:iam::{OWNER}:root", "kms:*", resource="*"))}},
    }  # fmt: skip
    (path / "state.json").write_text(json.dumps(state))
    report = audit([str(path / "state.json")], Asked(strict=True, no_settings=True, allow_public=True))
    return [one.finding for one in report.findings if one.finding.severity != NOTE]


EVERYBODY = allow("*", "s3:GetObject")


@pytest.mark.parametrize(
    ("bucket", "account", "words", "has_a_command"),
    [
        (RESTRICT, None, "RestrictPublicBuckets is on", True),
        (OFF, RESTRICT, "RestrictPublicBuckets of the account is on", False),
        (RESTRICT, RESTRICT, "RestrictPublicBuckets of the bucket b and of the account is on", False),
    ],
)
def test_the_level_is_named(bucket: Any, account: Any, words: str, has_a_command: bool, tmp_path: Path) -> None:
    (only,) = found(tmp_path, EVERYBODY, public_access_block=bucket, account=account)
    assert only.rule == "s3/policy-blocked-by-public-access-block"
    assert only.message.endswith(words)
    assert only.fix is not None
    assert bool(only.fix.commands) is has_a_command


def test_what_makes_a_policy_public_is_taken_out_for_those_whom_another_statement_names(tmp_path: Path) -> None:
    all_of_them = identity(allow("*", "s3:*", resource="*"))
    statements = (allow(PARTNER, "s3:GetObject"), {**EVERYBODY, "Sid": "Logo", "Resource": "arn:aws:s3:::b/logo.png"})
    every = found(tmp_path, *statements, public_access_block=RESTRICT, principals={PARTNER: all_of_them})
    (partner,) = [one for one in every if one.who == PARTNER]
    assert partner.fix is not None
    assert partner.fix.proven
    assert "take statement Logo out" in partner.fix.summary


@pytest.mark.parametrize(
    ("uses", "bucket_key", "words", "remedy"),
    [
        (allow("*", "kms:Decrypt", resource=KEY), False, "not have data keys made", "GenerateDataKey"),
        (
            allow(
                "*", "kms:*", resource=KEY,
                Condition={"StringLike": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::b/*"}},
            ),
            True, "may upload to b", "name arn:aws:s3:::b: with a bucket key",
        ),
    ],
)  # fmt: skip
def test_what_an_upload_needs_of_a_key(uses: Any, bucket_key: bool, words: str, remedy: str, tmp_path: Path) -> None:
    encryption = {"algorithm": "aws:kms", "key": KEY, "bucket_key": bucket_key}
    everything = identity(allow("*", "s3:*", resource="*"), uses)
    every = found(tmp_path, allow(ROLE, "s3:PutObject"), encryption=encryption, principals={ROLE: everything})
    (only,) = [one for one in every if one.severity == ERROR]
    assert only.rule == "s3/kms-key-refuses"
    assert words in only.message
    assert only.fix is not None
    assert remedy in only.fix.summary
