"""Policies as the AWS CLI prints them: in an object around them, or in a text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from audit403.engine.audit import Asked, audit

if TYPE_CHECKING:
    from pathlib import Path

STATEMENT = {"Effect": "Allow", "Action": "s3:ListObjects", "Resource": "arn:aws:s3:::shop"}
POLICY: dict[str, Any] = {"Version": "2012-10-17", "Statement": [STATEMENT]}
OF_BUCKET = {**POLICY, "Statement": [{**STATEMENT, "Principal": {"AWS": "arn:aws:iam::444455556666:role/app"}}]}
ACCOUNT: dict[str, Any] = {
    "id": "111122223333", "public_access_block": None, "service_control_policies": [], "resource_control_policies": [],
}  # fmt: skip


@pytest.mark.parametrize(
    "document",
    [
        {"Policy": json.dumps(OF_BUCKET)},
        {"Policy": OF_BUCKET},
        {"RoleName": "app", "PolicyName": "p", "PolicyDocument": POLICY},
        {"PolicyVersion": {"Document": POLICY, "VersionId": "v1"}},
        {"PolicyVersion": {"Document": json.dumps(POLICY), "VersionId": "v1"}},
        {"version": 1, "account": ACCOUNT, "buckets": {"shop": {"policy": json.dumps(OF_BUCKET)}}},
    ],
    ids=["get-bucket-policy", "around", "get-role-policy", "get-policy-version", "in a text", "in a state"],
)
def test_what_is_in_it_is_judged(document: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    path.write_text(json.dumps(document, indent=2))
    (judged,) = audit([str(path)], Asked(no_settings=True)).findings
    assert judged.finding.rule == "s3/unknown-action"
    where = judged.finding.where
    assert "s3:ListObjects" in path.read_text()[where.start : where.end]  # type: ignore[union-attr]


@pytest.mark.parametrize("text", ["", "{", "[]", 'hello "Statement"', '{"Statement": 7}', "[" * 5000])
def test_a_text_that_is_no_policy_is_none(text: str, tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    path.write_text(json.dumps({"Policy": text, "Statement": "x"}))
    assert audit([str(path)], Asked(no_settings=True)).findings == ()
