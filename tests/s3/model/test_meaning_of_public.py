"""Which policies AWS calls public.

Truth: "The meaning of public" in
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

from __future__ import annotations

from typing import Any

import pytest

from audit403.core.decision import Missing
from audit403.s3.model.policy import Policy
from audit403.s3.model.public_policy import is_public

Json = dict[str, Any]
ACCOUNT = "111122223333"


def allow(condition: Json | None = None, **more: Any) -> Json:
    found = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", **more}
    return found if condition is None else found | {"Condition": condition}


def named(kind: str, who: Any) -> Json:
    return allow(Principal={kind: who})


PUBLIC = {
    "everybody": allow(),
    "everybody as AWS": allow(Principal={"AWS": "*"}),
    "everybody in a list": allow(Principal={"AWS": [f"arn:aws:iam::{ACCOUNT}:root", "*"]}),
    "everybody but one": {**{k: v for k, v in allow().items() if k != "Principal"}, "NotPrincipal": {"AWS": ACCOUNT}},
    "an action that there is not": allow(Action="s3:NotASupportedAction"),
    "an action of another kind": allow(Action="s3:ListBucket"),
    "a condition on what anybody can send": allow({"StringLike": {"aws:Referer": "https://www.example.com/*"}}),
    "a condition on the user agent": allow({"StringEquals": {"aws:UserAgent": "secret"}}),
    "over TLS": allow({"Bool": {"aws:SecureTransport": "true"}}),
    "until a date": allow({"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}),
    "any VPC": allow({"StringLike": {"aws:SourceVpc": "vpc-*"}}),
    "any VPC endpoint": allow({"StringLike": {"aws:SourceVpce": "*"}}),
    "one fixed VPC and any": allow({"StringLike": {"aws:SourceVpc": ["vpc-91237329", "vpc-*"]}}),
    "a VPC that a variable names": allow({"StringEquals": {"aws:SourceVpc": "${aws:PrincipalTag/vpc}"}}),
    "every address": allow({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}),
    "half of all addresses": allow({"IpAddress": {"aws:SourceIp": "0.0.0.0/1"}}),
    "both halves": allow({"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}}),
    "more than /8": allow({"IpAddress": {"aws:SourceIp": "54.0.0.0/7"}}),
    "every IPv6 address": allow({"IpAddress": {"aws:SourceIp": "::/0"}}),
    "more than /32 of IPv6": allow({"IpAddress": {"aws:SourceIp": "2001:db8::/31"}}),
    "a fixed range and a wide one": allow({"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "0.0.0.0/0"]}}),
    "not from a range": allow({"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}),
    "not in a VPC": allow({"StringNotEquals": {"aws:SourceVpc": "vpc-91237329"}}),
    "in a VPC if in any": allow({"StringEqualsIfExists": {"aws:SourceVpc": "vpc-91237329"}}),
    "for all values": allow({"ForAllValues:StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}}),
    "a source ARN of any account": allow({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:*"}}),
    "a key is there": allow({"Null": {"aws:SourceVpc": "false"}}),
}
NOT_PUBLIC = {
    "an account": named("AWS", ACCOUNT),
    "another account": named("AWS", "arn:aws:iam::444455556666:root"),
    "a user": named("AWS", f"arn:aws:iam::{ACCOUNT}:user/alice"),
    "a service": named("Service", "cloudfront.amazonaws.com"),
    "an origin access identity": named("AWS", "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"),
    "a canonical user": named("CanonicalUser", "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"),
    "everybody denied": allow(Effect="Deny"),
    "a VPC": allow({"StringEquals": {"aws:SourceVpc": "vpc-91237329"}}),
    "a VPC, as a pattern without a wildcard": allow({"StringLike": {"aws:SourceVpc": "vpc-91237329"}}),
    "a VPC, in capitals": allow({"STRINGEQUALS": {"AWS:SOURCEVPC": "vpc-91237329"}}),
    "two VPC endpoints": allow({"StringEquals": {"aws:SourceVpce": ["vpce-1a2b3c4d", "vpce-5e6f7a8b"]}}),
    "a range": allow({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}),
    "a /8": allow({"IpAddress": {"aws:SourceIp": "54.0.0.0/8"}}),
    "one address": allow({"IpAddress": {"aws:SourceIp": "192.0.2.10"}}),
    "a /32 of IPv6": allow({"IpAddress": {"aws:SourceIp": "2001:db8::/32"}}),
    "a private range": allow({"IpAddress": {"aws:SourceIp": "192.168.0.0/16"}}),
    "ranges of both families": allow({"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "2001:db8::/48"]}}),
    "an organization": allow({"StringEquals": {"aws:PrincipalOrgID": "o-aa111bb222"}}),
    "a source account": allow({"StringEquals": {"aws:SourceAccount": ACCOUNT}}),
    "a source ARN": allow({"ArnEquals": {"aws:SourceArn": f"arn:aws:sns:us-east-1:{ACCOUNT}:topic"}}),
    "an access point's account": allow({"StringEquals": {"s3:DataAccessPointAccount": ACCOUNT}}),
    "any access point of an account": allow(
        {"ArnLike": {"s3:DataAccessPointArn": f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/*"}}
    ),
    "a fixed value among other conditions": allow(
        {"StringLike": {"aws:Referer": "*"}, "StringEquals": {"aws:SourceVpc": "vpc-91237329"}}
    ),
}


def _public(*statements: Json) -> object:
    return is_public(Policy({"Version": "2012-10-17", "Statement": list(statements)}, "bucket policy", "b"))


@pytest.mark.parametrize("name", PUBLIC)
def test_public(name: str) -> None:
    assert _public(PUBLIC[name]) is True


@pytest.mark.parametrize("name", NOT_PUBLIC)
def test_not_public(name: str) -> None:
    assert _public(NOT_PUBLIC[name]) is False


def test_one_public_statement_makes_the_policy_public() -> None:
    assert _public(NOT_PUBLIC["a VPC"], PUBLIC["everybody"]) is True


def test_what_denies_does_not_make_it_less_public() -> None:
    assert _public(PUBLIC["everybody"], NOT_PUBLIC["everybody denied"]) is True


@pytest.mark.parametrize(
    "statement",
    [
        named("Federated", "cognito-identity.amazonaws.com"),
        allow({"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}),
        allow({"StringEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": "arn:aws:kms:us-east-1:1:key/k"}}),
    ],
)
def test_what_the_page_leaves_open_is_unknown(statement: Json) -> None:
    assert isinstance(_public(statement), Missing)
