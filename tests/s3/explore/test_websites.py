"""Websites: those that were prepared for everybody and let in nobody, and those without their first page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from audit403.core.finding import ERROR, NOTE, WARNING
from audit403.engine.audit import Asked, audit

if TYPE_CHECKING:
    from pathlib import Path

OWNER = "111122223333"
FLAGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
OFF, ON = dict.fromkeys(FLAGS, False), dict.fromkeys(FLAGS, True)
READ = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-docs/*"}
FROM_OFFICE = {**READ, "Condition": {"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}}
PAGE = {"owner": OWNER, "acl": None, "storage_class": "STANDARD", "encryption": None}


def state(*statements: dict[str, Any], **more: Any) -> dict[str, Any]:
    bucket = {
        "account": OWNER, "policy": {"Version": "2012-10-17", "Statement": list(statements)} if statements else None,
        "public_access_block": OFF, "ownership": "BucketOwnerEnforced", "acl": "private", "request_payer": None,
        "website": {"IndexDocument": {"Suffix": "index.html"}}, "encryption": None, "cors": None,
    }  # fmt: skip
    around: dict[str, Any] = {"public_access_block": None, "service_control_policies": []}
    account = {"id": OWNER, "resource_control_policies": [], **around}
    distributions = more.pop("distributions", {})
    buckets = {"acme-docs": {**bucket, **more}}
    return {"version": 1, "account": account, "buckets": buckets, "distributions": distributions}


def rules(path: Path, text: str) -> list[tuple[str, str]]:
    path.write_text(text)
    report = audit([str(path)], Asked(strict=True, no_settings=True))
    assert not report.not_audited
    found = [one.finding for one in report.findings if one.finding.severity != NOTE]
    return [(one.rule, one.severity) for one in found]


BY_REST = {
    "E1": {
        "domains": ["docs.acme.example"],
        "origins": [{"id": "o", "domain": "acme-docs.s3-website-eu-west-1.amazonaws.com", "access": "none"}],
        "behaviours": [{"path": "*", "origin": "o", "methods": ["GET", "HEAD"], "functions": False}],
        "default_root_object": None, "custom_error_responses": [],
    }
}  # fmt: skip
NOBODY, REFUSED = ("s3/website-for-nobody", ERROR), ("s3/cloudfront-not-allowed", ERROR)
LISTED = {"ownership": "ObjectWriter", "acl": "public-read"}


@pytest.mark.parametrize(
    ("world", "expected"),
    [
        (state(), [NOBODY]),
        (state(**LISTED, objects={"index.html": PAGE}), [NOBODY]),
        (state(**LISTED), []),
        (state(**LISTED, objects={"index.html": {**PAGE, "acl": "public-read"}}), []),
        (state(READ), []),
        (state(FROM_OFFICE), []),
        (state(public_access_block=ON), []),
        (state(public_access_block={**OFF, "RestrictPublicBuckets": True}), []),
        (state(website={"RedirectAllRequestsTo": {"HostName": "acme.example"}}), []),
        (state(distributions=BY_REST), [REFUSED]),
    ],
)
def test_a_website_for_nobody(world: dict[str, Any], expected: list[tuple[str, str]], tmp_path: Path) -> None:
    assert rules(tmp_path / "state.json", json.dumps(world)) == expected


def test_a_policy_may_stand_elsewhere(tmp_path: Path) -> None:
    text = """
Resources:
  Docs:
    Type: AWS::S3::Bucket
    Properties:
      WebsiteConfiguration: {IndexDocument: index.html}
      PublicAccessBlockConfiguration: {BlockPublicAcls: true, IgnorePublicAcls: true}
"""
    assert rules(tmp_path / "template.yaml", text) == [("s3/website-for-nobody", WARNING)]


@pytest.mark.parametrize(
    ("objects", "expected"),
    [
        ({"index.html": None, "home.html": PAGE}, [("s3/website-index-missing", ERROR)]),
        ({"index.html": PAGE}, []),
        ({"home.html": PAGE}, []),
    ],
)
def test_an_index_that_is_not_there(objects: dict[str, Any], expected: list[tuple[str, str]], tmp_path: Path) -> None:
    assert rules(tmp_path / "state.json", json.dumps(state(READ, objects=objects))) == expected
