"""Whom the settings mean a bucket for: they are asked for, and nobody else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from audit403.engine.audit import Asked, audit

if TYPE_CHECKING:
    from pathlib import Path

    from audit403.engine.audit import Report

RULE = "s3/declared-visitors-refused"
ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/reader"
EVERYBODY = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::shop/*"}


def when(key: str, value: str, operator: str = "StringEquals", /, **more: Any) -> dict[str, Any]:
    return {**EVERYBODY, "Condition": {operator: {key: value}}, **more}


def state(*statements: dict[str, Any], website: bool = False) -> dict[str, Any]:
    bucket = {
        "account": ACCOUNT, "policy": {"Version": "2012-10-17", "Statement": list(statements)},
        "public_access_block": None, "ownership": "BucketOwnerEnforced", "acl": "private",
        "website": {"IndexDocument": {"Suffix": "index.html"}} if website else None, "request_payer": "BucketOwner",
        "encryption": None,
    }  # fmt: skip
    account: dict[str, Any] = {
        "id": ACCOUNT, "public_access_block": None, "service_control_policies": [], "resource_control_policies": [],
    }  # fmt: skip
    return {"version": 1, "account": account, "buckets": {"shop": bucket}, "principals": {}}


def checked(folder: Path, found: dict[str, Any], visitors: str) -> Report:
    (folder / "state.json").write_text(json.dumps(found))
    (folder / "audit403.toml").write_text(f"[visitors]\n{visitors}\n")
    return audit([str(folder)], Asked())


def told(report: Report) -> list[tuple[str, str]]:
    return [(one.finding.rule, one.finding.severity) for one in report.findings]


CLOUDFRONT = {"Principal": {"Service": "cloudfront.amazonaws.com"}}
OAC = when("aws:SourceArn", f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1", **CLOUDFRONT)
OAI = {**EVERYBODY, "Principal": {"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"}}
BY_ROLE = {**EVERYBODY, "Principal": {"AWS": ROLE}}
TLS = when("aws:SecureTransport", "false", "Bool", Effect="Deny", Action="s3:*")
ENDPOINT = when("aws:SourceVpce", "vpce-1")
SIGNED = {**BY_ROLE, "Condition": {"StringEquals": {"s3:authType": "REST-QUERY-STRING"}}}


@pytest.mark.parametrize(
    ("statements", "served", "refused"),
    [
        ((EVERYBODY, TLS), "anonymous-https", "anonymous-http"),
        ((OAC,), "cloudfront-oac:E1", "cloudfront-oac:E2"),
        ((OAC,), "cloudfront-oac:E1", "anonymous-https"),
        ((OAI,), "oai:E1", "oai:E2"),
        ((ENDPOINT,), "vpce:vpce-1", "vpce:vpce-2"),
        ((ENDPOINT,), "vpce:vpce-1", "anonymous-https"),
    ],
)  # fmt: skip
def test_who_is_meant_and_refused_is_told(
    tmp_path: Path, statements: tuple[dict[str, Any], ...], served: str, refused: str
) -> None:
    found = state(*statements, website=True)
    assert told(checked(tmp_path, found, f'shop = ["{served}"]')) == []
    assert told(checked(tmp_path, found, f'shop = ["{refused}"]')) == [(RULE, "error")]
    both = checked(tmp_path, found, f'"sh*" = ["{served}", "{refused}"]')
    assert told(both) == [(RULE, "error")]
    assert refused in both.findings[0].finding.message


def test_who_signs_is_told_apart(tmp_path: Path) -> None:
    found = state(SIGNED)
    found["principals"] = {ROLE: {"policies": [], "boundary": [], "session": None}}
    assert told(checked(tmp_path, found, f'shop = ["presigned:{ROLE}"]')) == []
    assert told(checked(tmp_path, found, f'shop = ["role:{ROLE}"]')) == [(RULE, "error")]


def test_nobody_else_is_told(tmp_path: Path) -> None:
    """RestrictPublicBuckets makes the policy without effect: an error, where nobody says that it is not meant."""
    found = state(EVERYBODY, OAC)
    found["buckets"]["shop"]["public_access_block"] = {"RestrictPublicBuckets": True}
    assert told(checked(tmp_path, found, '"other" = []')) == [("s3/policy-blocked-by-public-access-block", "error")]
    assert told(checked(tmp_path, found, "shop = []")) == []
    assert told(checked(tmp_path, found, 'shop = ["cloudfront-oac:E1"]')) == []
    everybody = checked(tmp_path, found, 'shop = ["anonymous-https"]')
    assert told(everybody) == [("s3/policy-blocked-by-public-access-block", "error")]


def test_what_has_a_rule_of_its_own_is_told_once(tmp_path: Path) -> None:
    found = state(EVERYBODY, TLS, website=True)
    assert told(checked(tmp_path, found, 'shop = ["anonymous-https"]')) == []
    assert told(checked(tmp_path, found, 'shop = ["website"]')) == [("s3/insecure-transport-deny-on-website", "error")]


def test_the_settings_nearest_to_a_document_hold(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    checked(tmp_path / "inner", state(OAI), 'shop = ["oai:E2"]')
    (tmp_path / "audit403.toml").write_text('[visitors]\nshop = ["oai:E1"]\n')
    assert told(audit([str(tmp_path)], Asked())) == [(RULE, "error")]


def test_a_condition_on_addresses_refuses_only_some(tmp_path: Path) -> None:
    found = state(when("aws:SourceIp", "198.51.100.0/24", "IpAddress"))
    assert told(checked(tmp_path, found, 'shop = ["anonymous-https"]')) == [(RULE, "warning")]


def test_what_cannot_be_known_is_not_audited(tmp_path: Path) -> None:
    found = state(when("aws:PrincipalTag/team", "web", Principal={"AWS": ROLE}))
    found["principals"] = {ROLE: {"policies": [], "boundary": [], "session": None}}
    report = checked(tmp_path, found, f'shop = ["role:{ROLE}"]')
    assert told(report) == []
    assert any("aws:principaltag/team" in one.reason.lower() for one in report.not_audited)
