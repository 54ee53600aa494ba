"""Conditions that go together, and those that do not."""

from __future__ import annotations

import time
from typing import Any

import pytest

from audit403.s3.explore.condition_mistakes import EXCLUDED, IN_SECONDS, NO_SET_OPERATOR, condition_mistakes
from audit403.s3.model.policy import Policy

Json = dict[str, Any]
VPCE = {"StringEquals": {"aws:SourceVpce": "vpce-1"}}
FROM = "2124-01-01T00:00:00Z"
ADDRESS = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
AGE = "s3:signatureAge"


def kinds(condition: Json, effect: str = "Allow") -> list[str]:
    written = {"Effect": effect, "Action": "s3:GetObject", "Resource": "*", "Condition": condition}
    policy = Policy({"Version": "2012-10-17", "Statement": [written]}, "identity policy", "x")
    return [one.kind for one in condition_mistakes(policy.statements[0])]


@pytest.mark.parametrize(
    "condition",
    [
        ADDRESS | VPCE,
        ADDRESS | {"StringLike": {"aws:SourceVpc": "vpc-*"}},
        {"IpAddress": {"aws:SourceIp": "203.0.113.0/24", "aws:VpcSourceIp": "10.0.0.0/8"}},
        ADDRESS | {"Null": {"aws:SourceVpce": False}},
        ADDRESS | {"NotIpAddress": {"aws:SourceIp": ["198.51.100.0/24", "203.0.0.0/16"]}},
        {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}, "IpAddressIfExists": {"aws:SourceIp": "198.51.100.0/24"}},
        {"StringEquals": {"aws:PrincipalOrgID": "o-1"}, "Bool": {"aws:PrincipalIsAWSService": "true"}},
        VPCE | {"StringNotLike": {"aws:SourceVpce": "vpce-*"}},
        VPCE | {"Null": {"aws:SourceVpce": "true"}},
        {"Bool": {"aws:SecureTransport": "true"}, "StringEquals": {"aws:SecureTransport": "false"}},
        {"DateGreaterThan": {"aws:CurrentTime": FROM}, "DateLessThan": {"aws:CurrentTime": "2123-01-01"}},
        {"NumericGreaterThan": {"s3:max-keys": 10}, "NumericLessThanEquals": {"s3:max-keys": 10}},
    ],
)
def test_no_request_meets_both(condition: Json) -> None:
    assert kinds(condition) == [EXCLUDED]
    assert kinds(condition, "Deny") == []


@pytest.mark.parametrize(
    "condition",
    [
        ADDRESS,
        ADDRESS | {"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}},
        ADDRESS | {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}},
        ADDRESS | {"NotIpAddress": {"aws:SourceIp": "203.0.113.7"}},
        {"NotIpAddress": {"aws:SourceIp": "203.0.113.7"}} | VPCE,
        {"IpAddress": {"aws:SourceIp": "203.0.0.0/16"}, "IpAddressIfExists": {"aws:SourceIp": "203.0.113.0/24"}},
        {"StringEquals": {"aws:PrincipalOrgID": "o-1"}, "Bool": {"aws:PrincipalIsAWSService": "false"}},
        {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}, "Bool": {"aws:PrincipalIsAWSService": "true"}},
        {"StringLike": {"s3:prefix": "a*"}, "StringNotLike": {"s3:prefix": "*b"}},
        {"StringEquals": {"s3:prefix": ["a", "b"]}, "StringNotEquals": {"s3:prefix": "a"}},
        {"StringEqualsIfExists": {"s3:prefix": "a"}, "Null": {"s3:prefix": "true"}},
        {"DateGreaterThan": {"aws:CurrentTime": "2123-01-01"}, "DateLessThan": {"aws:CurrentTime": FROM}},
        {"NumericGreaterThan": {"s3:max-keys": 10}, "NumericLessThan": {"s3:max-keys": 11}},
        {"ForAnyValue:StringEquals": {"aws:CalledVia": "a"}, "ForAnyValue:StringNotEquals": {"aws:CalledVia": "a"}},
        {"StringEquals": {"s3:prefix": "${aws:username}"}, "StringNotEquals": {"s3:prefix": "a"}},
    ],
)
def test_some_request_may(condition: Json) -> None:
    assert kinds(condition) == []


@pytest.mark.parametrize("key", ["aws:PrincipalOrgPaths", "aws:CalledVia", "aws:TagKeys", "s3:RequestObjectTagKeys"])
def test_keys_of_several_values(key: str) -> None:
    assert kinds({"StringLike": {key: "a*"}}) == [NO_SET_OPERATOR]
    assert kinds({"ForAnyValue:StringLike": {key: "a*"}}) == kinds({"Null": {key: "true"}}) == []


@pytest.mark.parametrize(
    ("effect", "operator", "value", "is_mistaken"),
    [
        ("Deny", "NumericGreaterThan", "600", True),
        ("Deny", "NumericGreaterThanEquals", 86400, True),
        ("Allow", "NumericLessThan", "3600", True),
        ("Deny", "NumericGreaterThan", "600000", False),
        ("Deny", "NumericGreaterThan", "15000", False),
        ("Deny", "NumericLessThan", "600", False),
        ("Allow", "NumericGreaterThan", "600", False),
    ],
)
def test_the_age_of_a_signature(effect: str, operator: str, value: Any, is_mistaken: bool) -> None:
    assert (kinds({operator: {AGE: value}}, effect) == [IN_SECONDS]) is is_mistaken


def test_many_values_take_little_time() -> None:
    ranges = [f"198.51.{number // 250}.{number % 250}/32" for number in range(5000)]
    numbers = [str(number) for number in range(5000)]
    started = time.perf_counter()
    assert kinds({"IpAddress": {"aws:SourceIp": ranges}, "NotIpAddress": {"aws:SourceIp": ranges}}) == []
    assert kinds({"NumericLessThan": {"s3:max-keys": numbers}, "NumericGreaterThan": {"s3:max-keys": numbers}}) == []
    assert time.perf_counter() - started < 20
