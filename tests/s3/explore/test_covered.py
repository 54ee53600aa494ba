"""What a Deny leaves of an Allow: nobody, by one statement or by several between them, or somebody."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from audit403.engine.audit import Asked, audit

if TYPE_CHECKING:
    from pathlib import Path

RULE = "s3/allow-covered-by-deny"
ROLE = {"AWS": "arn:aws:iam::444455556666:role/app"}
READ = {"Effect": "Allow", "Principal": ROLE, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::shop/*"}
WRITE = {**READ, "Action": "s3:PutObject"}
SSE = "s3:x-amz-server-side-encryption"


def deny(operator: str, key: str, value: Any, action: str = "s3:*", **more: dict[str, Any]) -> dict[str, Any]:
    condition = {operator: {key: value}, **more}
    return {**READ, "Effect": "Deny", "Principal": "*", "Action": action, "Condition": condition}


def told(folder: Path, *statements: dict[str, Any]) -> list[str]:
    named = [{**one, "Sid": f"S{number}"} for number, one in enumerate(statements)]
    path = folder / "policy.json"
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": named}))
    report = audit([str(path)], Asked(no_settings=True))
    return [one.finding.message for one in report.findings if one.finding.rule == RULE]


@pytest.mark.parametrize(
    "statement",
    [
        deny("DateGreaterThan", "aws:CurrentTime", "2024-06-30T23:59:59Z"),
        deny("NumericGreaterThanEquals", "aws:EpochTime", "1719791999"),
        deny("NumericLessThan", "s3:TlsVersion", "1.4"),
        deny("Null", "aws:SourceIp", "false", Null={"aws:SecureTransport": "false"}),
    ],
    ids=lambda statement: json.dumps(statement["Condition"]),
)
def test_nobody_gets_past_one_statement(statement: dict[str, Any], tmp_path: Path) -> None:
    (message,) = told(tmp_path, READ, statement)
    assert "statement S1 denies it whoever asks" in message


@pytest.mark.parametrize(
    "statement",
    [
        deny("DateGreaterThan", "aws:CurrentTime", "2124-06-30T23:59:59Z"),
        deny("DateLessThan", "aws:CurrentTime", "2124-06-30T23:59:59Z"),
        deny("NumericLessThan", "s3:TlsVersion", "1.3"),
        deny("NotIpAddress", "aws:SourceIp", "203.0.113.0/24"),
    ],
    ids=lambda statement: json.dumps(statement["Condition"]),
)
def test_somebody_does(statement: dict[str, Any], tmp_path: Path) -> None:
    assert told(tmp_path, READ, statement) == []


def test_two_statements_between_them(tmp_path: Path) -> None:
    plain, kms = deny("StringNotEquals", SSE, "AES256"), deny("StringNotEquals", SSE, "aws:kms")
    (message,) = told(tmp_path, WRITE, plain, kms)
    assert "no request gets past statements S1 and S2" in message
    assert told(tmp_path, WRITE, plain) == []


def test_the_one_that_spares_nobody_is_named_alone(tmp_path: Path) -> None:
    every = deny("StringLike", "aws:PrincipalArn", "*")
    (message,) = told(tmp_path, READ, deny("Bool", "aws:SecureTransport", "false"), every)
    assert "statement S2 denies it whoever asks" in message
