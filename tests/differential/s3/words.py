"""What random policies and requests are made of: condition keys with their values, actions, callers.

The pools are small on purpose, so that what a policy asks for and what a request brings meet often.
"""

from __future__ import annotations

from typing import NamedTuple

OWNER, FOREIGN = "111122223333", "444455556666"
BUCKET = "site"
OBJECT_KEYS = ("index.html", "team/red/report.pdf", "images/a b.png", "red/x", "alice/notes")

OBJECT_ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:GetObjectVersion", "s3:GetObjectTagging")
BUCKET_ACTIONS = ("s3:ListBucket", "s3:ListBucketVersions", "s3:GetBucketPolicy", "s3:GetBucketLocation")
ACTION_PATTERNS = {
    "s3:GetObject": ("s3:GetObject", "s3:Get*", "s3:GetObject*", "S3:getobject", "s3:Get?bject"),
    "s3:PutObject": ("s3:PutObject", "s3:Put*", "s3:PutObject*", "s3:*Object"),
    "s3:DeleteObject": ("s3:DeleteObject", "s3:Delete*", "s3:D*t", "s3:*Object"),
    "s3:GetObjectVersion": ("s3:GetObjectVersion", "s3:Get*", "s3:GetObject*", "s3:*Version"),
    "s3:GetObjectTagging": ("s3:GetObjectTagging", "s3:Get*", "s3:GetObject*", "s3:*Tagging"),
    "s3:ListBucket": ("s3:ListBucket", "s3:List*", "s3:ListBucket*", "s3:listbucket"),
    "s3:ListBucketVersions": ("s3:ListBucketVersions", "s3:List*", "s3:ListBucket*"),
    "s3:GetBucketPolicy": ("s3:GetBucketPolicy", "s3:Get*", "s3:GetBucket*", "s3:*Policy"),
    "s3:GetBucketLocation": ("s3:GetBucketLocation", "s3:Get*", "s3:GetBucket*", "s3:*Location"),
}

STRING, ARN, IP, BOOL, NUMERIC, DATE, BINARY = "String", "ARN", "IPAddress", "Bool", "Numeric", "Date", "Binary"


class Key(NamedTuple):
    """A condition key: what a request may bring, and what a policy compares it with beside that."""

    kind: str
    values: tuple[str, ...]
    others: tuple[str, ...] = ()
    many: bool = False
    actions: tuple[str, ...] = ()
    of: str = "request"
    """Whose it is: `request`, or of a `principal` that belongs to an account, or of a `user`, or of a `service`."""


_LISTS = ("s3:ListBucket", "s3:ListBucketVersions")
_TAGGED = ("s3:GetObject", "s3:GetObjectVersion", "s3:DeleteObject", "s3:GetObjectTagging")
_PUT = ("s3:PutObject",)
_ORG = "o-aa111bb222"

KEYS: dict[str, Key] = {
    "aws:SourceIp": Key(
        IP,
        ("192.0.2.10", "198.51.100.7", "10.1.2.3", "2001:db8::5", "2001:db8:ffff::1"),
        (
            "192.0.2.0/24",
            "198.51.100.0/25",
            "192.0.0.0/9",
            "10.0.0.0/8",
            "2001:db8::/32",
            "2001:db8:ffff::/48",
            "203.0.113.0/24",
            "192.0.2.10/32",
            "0.0.0.0/0",
            "::/0",
            "128.0.0.0/1",
            "2001:DB8:0:0::/64",
        ),
    ),
    "aws:VpcSourceIp": Key(IP, ("10.1.2.3", "10.9.9.9"), ("10.1.0.0/16", "10.0.0.0/8", "192.168.0.0/16")),
    "aws:SecureTransport": Key(BOOL, ("true", "false"), ("True", "FALSE")),
    "aws:ViaAWSService": Key(BOOL, ("true", "false")),
    "aws:MultiFactorAuthPresent": Key(BOOL, ("true", "false"), of="principal"),
    "aws:PrincipalIsAWSService": Key(BOOL, ("true", "false")),
    "aws:MultiFactorAuthAge": Key(NUMERIC, ("60", "3600"), ("300", "3600.0", "59.5"), of="principal"),
    "aws:CurrentTime": Key(
        DATE,
        ("2026-11-23T12:00:00Z", "2024-02-29T23:59:59Z"),
        ("2025-01-01T00:00:00Z", "2026-12-31", "2020-06-30T00:00:00+02:00", "2026-11-23T13:00:00+01:00", "1735689600"),
    ),
    "aws:EpochTime": Key(DATE, ("1764000000", "1709250000"), ("2025-01-01T00:00:00Z", "1735689600")),
    "aws:UserAgent": Key(STRING, ("curl/8.1", "Mozilla/5.0 (X11)"), ("curl/*", "Mozilla/*", "*X11*", "CURL/8.1")),
    "aws:Referer": Key(
        STRING,
        ("https://www.example.com/", "https://evil.example/x"),
        ("https://www.example.com/*", "https://*.example.com/*", "*example*", "https://www.example.co?/", ""),
    ),
    "aws:RequestedRegion": Key(STRING, ("eu-central-1", "us-east-1"), ("eu-*", "EU-CENTRAL-1", "us-????-1")),
    "aws:SourceVpce": Key(STRING, ("vpce-0a1b2c3d", "vpce-0ffffff0"), ("vpce-*", "vpce-0A1B2C3D")),
    "aws:SourceVpc": Key(STRING, ("vpc-111bbb22", "vpc-333ccc44"), ("vpc-111*", "vpc-*")),
    "aws:SourceAccount": Key(STRING, (OWNER, FOREIGN), ("777788889999",), of="service"),
    "aws:SourceArn": Key(
        ARN,
        (f"arn:aws:cloudfront::{OWNER}:distribution/E1", f"arn:aws:cloudfront::{FOREIGN}:distribution/E2"),
        (
            f"arn:aws:cloudfront::{OWNER}:distribution/*",
            "arn:aws:cloudfront::*:distribution/E1",
            "arn:aws:s3:::site",
            f"arn:*:cloudfront:*:{OWNER}:*",
        ),
        of="service",
    ),
    "aws:PrincipalArn": Key(
        ARN,
        (),
        (
            f"arn:aws:iam::{OWNER}:user/alice",
            f"arn:aws:iam::{OWNER}:role/app",
            f"arn:aws:iam::{FOREIGN}:user/*",
            f"arn:aws:iam::{OWNER}:role/*",
            "arn:aws:iam::*:user/alice",
            f"arn:aws:iam::{OWNER}:*",
            f"arn:aws:iam::{OWNER}:user/${{aws:username}}",
        ),
        of="principal",
    ),
    "aws:PrincipalAccount": Key(STRING, (), (OWNER, FOREIGN, "1111*"), of="principal"),
    "aws:PrincipalOrgID": Key(STRING, (_ORG, "o-zz999yy888"), ("o-aa*",), of="principal"),
    "aws:PrincipalType": Key(STRING, ("User", "AssumedRole"), ("user", "*Role"), of="principal"),
    "aws:PrincipalTag/team": Key(STRING, ("red", "blue", "r*"), ("Red", "r?d", "*"), of="principal"),
    "aws:userid": Key(
        STRING,
        ("AIDACKCEVSQ6C2EXAMPLE", "AROACKCEVSQ6C2EXAMPLE:s1"),
        ("AROACKCEVSQ6C2EXAMPLE:*", "AIDA*"),
        of="principal",
    ),
    "aws:username": Key(STRING, ("alice", "bob"), ("ali*", "Alice"), of="user"),
    "aws:PrincipalOrgPaths": Key(
        STRING,
        (f"{_ORG}/r-ab12/ou-ab12-11111111/", f"{_ORG}/r-ab12/ou-ab12-22222222/"),
        (f"{_ORG}/*", "*/ou-ab12-2*"),
        many=True,
        of="principal",
    ),
    "aws:CalledVia": Key(
        STRING,
        ("athena.amazonaws.com", "cloudformation.amazonaws.com"),
        ("athena.*", "*.amazonaws.com", "ATHENA.amazonaws.com"),
        many=True,
    ),
    "aws:TagKeys": Key(STRING, ("env", "team", "cost"), ("e*", "TEAM", "?ost"), many=True),
    "aws:RequestTag/seal": Key(BINARY, ("c2VhbA==", "bG9jaw=="), ("Y2xvc2Vk",)),
    "s3:TlsVersion": Key(NUMERIC, ("1.2", "1.3"), ("1.1", "1.20", "1.25")),
    "s3:authType": Key(STRING, ("REST-HEADER", "REST-QUERY-STRING"), ("POST", "rest-header", "REST-*")),
    "s3:signatureAge": Key(NUMERIC, ("5000", "700000"), ("600000", "5000", "-1")),
    "s3:ResourceAccount": Key(STRING, (OWNER, FOREIGN), ("1111*",)),
    "s3:prefix": Key(
        STRING,
        ("", "team/red/", "alice/"),
        ("team/*", "*/red/*", "${aws:username}/", "${aws:username}/*"),
        actions=_LISTS,
    ),
    "s3:delimiter": Key(STRING, ("/",), ("", "|"), actions=_LISTS),
    "s3:max-keys": Key(NUMERIC, ("10", "1000"), ("100", "10.0"), actions=_LISTS),
    "s3:ExistingObjectTag/env": Key(
        STRING, ("prod", "dev"), ("pr*", "PROD", "${aws:PrincipalTag/team}"), actions=_TAGGED[:2] + _TAGGED[3:]
    ),
    "s3:RequestObjectTagKeys": Key(STRING, ("env", "cost"), ("e*", "Cost"), many=True, actions=_PUT),
    "s3:x-amz-server-side-encryption": Key(STRING, ("AES256",), ("aws:kms", "AES*", "aes256"), actions=_PUT),
    "s3:x-amz-storage-class": Key(STRING, ("STANDARD", "GLACIER_IR"), ("STANDARD*", "standard"), actions=_PUT),
    "s3:VersionId": Key(STRING, ("v1", "v2"), ("v?", "V1"), actions=("s3:GetObjectVersion",)),
}

OPERATORS: dict[str, tuple[str, ...]] = {
    STRING: (
        "StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase",
        "StringLike", "StringNotLike",
    ),
    ARN: ("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "StringLike", "StringNotLike", "StringEquals"),
    IP: ("IpAddress", "NotIpAddress"),
    BOOL: ("Bool", "Bool", "StringEquals"),
    NUMERIC: (
        "NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals",
        "NumericGreaterThan", "NumericGreaterThanEquals",
    ),
    BINARY: ("BinaryEquals",),
    DATE: (
        "DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals",
    ),
}  # fmt: skip
ANY_OPERATOR = tuple(dict.fromkeys(name for names in OPERATORS.values() for name in names))
