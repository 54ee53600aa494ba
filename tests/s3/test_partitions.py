"""Buckets of China and of GovCloud: their ARNs are of other partitions, and so are those of whoever asks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from audit403.s3.questions import Questions

OWNER = "111122223333"


def status(partition: str, region: str | None, url: str, principal: str | None = None) -> int | None:
    def allow(who: Any, action: str) -> dict[str, Any]:
        return {"Effect": "Allow", "Principal": who, "Action": action, "Resource": f"arn:{partition}:s3:::shop/*"}

    role = f"arn:{partition}:iam::{OWNER}:role/app"
    statements = [allow("*", "s3:GetObject"), allow({"AWS": role}, "s3:DeleteObject")]
    plain = {"owner": OWNER, "acl": None, "encryption": None, "storage_class": "STANDARD"}
    bucket = {
        "account": OWNER, "region": region, "policy": {"Version": "2012-10-17", "Statement": statements},
        "public_access_block": None, "ownership": "BucketOwnerEnforced", "acl": None, "request_payer": None,
        "website": {"IndexDocument": {"Suffix": "k"}}, "encryption": None, "objects": {"k": plain},
    }  # fmt: skip
    account: dict[str, Any] = {
        "id": OWNER, "public_access_block": None, "service_control_policies": [], "resource_control_policies": [],
    }  # fmt: skip
    principals: dict[str, Any] = {role: {"policies": [], "boundary": [], "session": None}}
    state = {"version": 1, "account": account, "buckets": {"shop": bucket}, "principals": principals}
    row = {"url": url, "method": "DELETE" if principal else "GET", "principal": principal and role}
    return Questions(json.dumps(state).encode()).asked(row)[1].status


@pytest.mark.parametrize("principal", [None, "role"])
@pytest.mark.parametrize(
    ("partition", "region", "url"),
    [
        ("aws-cn", "cn-north-1", "https://shop.s3.cn-north-1.amazonaws.com.cn/k"),
        ("aws-cn", "cn-north-1", "s3://shop/k"),
        ("aws-cn", None, "s3://shop/k"),
        ("aws-us-gov", "us-gov-west-1", "https://shop.s3.us-gov-west-1.amazonaws.com/k"),
        ("aws-us-gov", None, "https://shop.s3.amazonaws.com/k"),
        ("aws", "eu-west-1", "https://shop.s3.eu-west-1.amazonaws.com/k"),
    ],
)
def test_each_partition_is_its_own(partition: str, region: str | None, url: str, principal: str | None) -> None:
    assert status(partition, region, url, principal) == 200


def test_a_website_of_china() -> None:
    assert status("aws-cn", "cn-north-1", "http://shop.s3-website.cn-north-1.amazonaws.com.cn/k") == 200


def test_an_arn_of_another_partition_matches_nothing() -> None:
    assert status("aws", "cn-north-1", "s3://shop/k") == 403
    assert status("aws-cn", "eu-west-1", "s3://shop/k") == 403
