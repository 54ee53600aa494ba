"""One GET of one key under different policies, flags and endpoints; what real servers and AWS's pages say of each."""

from __future__ import annotations

from typing import Any

import pytest

from audit403.s3.decide.evaluator import Evaluator
from audit403.s3.decide.request import S3Request, context_of
from audit403.s3.model.world import World

Json = dict[str, Any]
OWNER = "111122223333"
OFF = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), False)
RESTRICT, IGNORE = OFF | {"RestrictPublicBuckets": True}, OFF | {"IgnorePublicAcls": True}


def statement(action: str, resource: str, effect: str = "Allow", **more: Json) -> Json:
    return {"Effect": effect, "Principal": "*", "Action": action, "Resource": f"arn:aws:s3:::{resource}", **more}


GET = statement("s3:GetObject", "b/*")
NARROW = statement("s3:GetObject", "b/*", Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}})
LIST = statement("s3:ListBucket", "b")
PLAIN_HTTP = statement("s3:*", "b/*", "Deny", Condition={"Bool": {"aws:SecureTransport": "false"}})
SITE = {"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "error.html"}}

# statements, flags of the bucket, who pays, the object's ACL (None: there is no object), over TLS, REST, website
TABLE = [
    ("no policy", [], OFF, "BucketOwner", "private", True, 403, 403),
    ("no policy, Restrict", [], RESTRICT, "BucketOwner", "private", True, 403, 403),
    ("read", [GET], OFF, "BucketOwner", "private", True, 200, 200),
    ("read, missing", [GET], OFF, "BucketOwner", None, True, 403, 403),
    ("read and list, missing", [GET, LIST], OFF, "BucketOwner", None, True, 404, 404),
    ("read, Restrict", [GET], RESTRICT, "BucketOwner", "private", True, 403, 403),
    ("read from inside, Restrict", [NARROW], RESTRICT, "BucketOwner", "private", True, 200, 200),
    ("public object", [], OFF, "BucketOwner", "public-read", True, 200, 200),
    ("public object, Ignore", [], IGNORE, "BucketOwner", "public-read", True, 403, 403),
    ("read over TLS", [GET, PLAIN_HTTP], OFF, "BucketOwner", "private", True, 200, 403),
    ("read without TLS", [GET, PLAIN_HTTP], OFF, "BucketOwner", "private", False, 403, 403),
    ("read, requester pays", [GET], OFF, "Requester", "private", True, 403, 403),
]


@pytest.mark.parametrize("endpoint", ["rest", "website"])
@pytest.mark.parametrize("row", TABLE, ids=lambda row: row[0])
def test_one_get(row: tuple[str, list[Json], Json, str, str | None, bool, int, int], endpoint: str) -> None:
    _, statements, flags, payer, acl, tls, rest, website = row
    stored = None if acl is None else {"owner": OWNER, "acl": acl, "storage_class": "STANDARD", "encryption": None}
    page = {"owner": OWNER, "acl": "public-read", "storage_class": "STANDARD", "encryption": None}
    state = {
        "version": 1,
        "account": {
            "id": OWNER, "public_access_block": None, "service_control_policies": [], "resource_control_policies": [],
        },
        "buckets": {
            "b": {
                "account": OWNER,
                "policy": {"Version": "2012-10-17", "Statement": statements} if statements else None,
                "public_access_block": flags,
                "ownership": "ObjectWriter",
                "acl": "private",
                "website": SITE,
                "request_payer": payer,
                "encryption": None,
                "objects": {"k": stored, "k/index.html": None, "error.html": page},
            }
        },
        "principals": {},
        "vpc_endpoint_policies": [],
    }  # fmt: skip
    # The website endpoint speaks plain HTTP only.
    secure = tls and endpoint == "rest"
    context = {"aws:SourceIp": "192.0.2.10", "aws:SecureTransport": str(secure).lower()}
    request = S3Request("s3:GetObject", "arn:aws:s3:::b/k", "anonymous", context_of(context), endpoint)
    decision = Evaluator(World(state)).decide(request)
    assert decision.status == (rest if endpoint == "rest" else website)
    assert decision.verdict == ("refused" if decision.status == 403 else "not-refused")
