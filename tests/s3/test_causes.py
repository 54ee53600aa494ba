"""The causes of the catalogue that a request shows: each refused, for its own reason, and served once it is mended.

A row has what is changed in an ordinary world, what is brought for conditions, the reason, and what mends it.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from audit403.core.decision import Decision
from audit403.s3.questions import Questions

Json = dict[str, Any]
OWNER, OTHER = "111122223333", "444455556666"
USER, ROLE = f"arn:aws:iam::{OWNER}:user/anna", f"arn:aws:iam::{OWNER}:role/app"
SESSION = f"arn:aws:sts::{OWNER}:assumed-role/app/x"
FOREIGN = f"arn:aws:iam::{OTHER}:role/partner"
OBJECT, BUCKET = "arn:aws:s3:::shop/k", "arn:aws:s3:::shop"


def allow(
    action: str = "s3:GetObject", resource: str = "arn:aws:s3:::shop/*", who: Any = None, **condition: Any
) -> Json:
    found: Json = {"Effect": "Allow", "Action": action, "Resource": resource}
    if who is not None:
        found["Principal"] = "*" if who == "*" else {"AWS": who}
    return {**found, "Condition": condition} if condition else found


def deny(action: str = "s3:*", resource: str = "arn:aws:s3:::shop*", who: Any = None, **condition: Any) -> Json:
    return {**allow(action, resource, who, **condition), "Effect": "Deny"}


def policy(*statements: Json) -> Json:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def world(*statements: Json, principals: Json | None = None, account: Json | None = None, **more: Any) -> Json:
    plain = {"owner": OWNER, "acl": None, "encryption": None, "storage_class": "STANDARD"}
    bucket = {
        "account": OWNER, "policy": policy(*statements) if statements else None, "public_access_block": None,
        "ownership": "BucketOwnerEnforced", "acl": None, "website": None, "request_payer": None, "encryption": None,
        "objects": {"k": plain, "gone": None},
    }  # fmt: skip
    base: Json = {
        "id": OWNER,
        "public_access_block": None,
        "service_control_policies": [],
        "resource_control_policies": [],
    }
    return {
        "version": 1, "account": {**base, **(account or {})}, "buckets": {"shop": bucket},
        "principals": principals or {}, **more,
    }  # fmt: skip


def someone(
    name: str, *statements: Json, boundary: list[Json] | None = None, session: list[Json] | None = None
) -> Json:
    policies = [policy(*statements)] if statements else []
    session_policy = None if session is None else policy(*session)
    return {
        name: {"policies": policies, "boundary": [policy(*boundary)] if boundary else [], "session": session_policy}
    }


def ask(state: Json, who: str, action: str = "s3:GetObject", resource: str = OBJECT, **context: Any) -> Decision:
    keys = {key.replace("__", ":", 1): value for key, value in context.items()}
    row = {"action": action, "resource": resource, "principal": who, "context": keys}
    return Questions(json.dumps(state).encode()).answer(row)


EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
FULL = [policy(EVERYTHING)]
DENIED = [*FULL, policy(deny())]
EC2 = {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}

# Row, the world as it is, as it is mended, who asks, the cause. What is asked is s3:GetObject of shop/k.
WORLDS: list[tuple[str, Json, Json, str, str]] = [
    ("A01", world(), world(allow(who="*")), "anonymous", "nothing-allows"),
    ("B01", world(principals=someone(USER)), world(principals=someone(USER, allow())), USER, "nothing-allows"),
    ("B02", world(allow(who=USER)), world(allow(who="*")), "anonymous", "nothing-allows"),
    (
        "B03", world(principals=someone(FOREIGN, allow())),
        world(allow(who=FOREIGN), principals=someone(FOREIGN, allow())), FOREIGN, "bucket-policy-does-not-allow",
    ),
    (
        "B04", world(allow(who="*"), principals=someone(FOREIGN)),
        world(allow(who="*"), principals=someone(FOREIGN, allow())), FOREIGN, "identity-policy-does-not-allow",
    ),
    ("B05", world(allow(who="*"), deny(who="*")), world(allow(who="*")), "anonymous", "policy-denies"),
    (
        "B06", world(allow(who=USER), principals=someone(USER, deny())),
        world(allow(who=USER), principals=someone(USER)), USER, "identity-policy-denies",
    ),
    (
        "B07", world(allow(who=USER), principals=someone(USER), account={"service_control_policies": [FULL, []]}),
        world(allow(who=USER), principals=someone(USER), account={"service_control_policies": [FULL, FULL]}),
        USER, "service-control-policy-does-not-allow",
    ),
    (
        "B08", world(allow(who=USER), principals=someone(USER), account={"service_control_policies": [DENIED]}),
        world(allow(who=USER), principals=someone(USER), account={"service_control_policies": [FULL]}),
        USER, "service-control-policy-denies",
    ),
    (
        "B09", world(allow(who="*"), account={"resource_control_policies": [[policy(deny(who="*"))]]}),
        world(allow(who="*"), account={"resource_control_policies": []}),
        "anonymous", "resource-control-policy-denies",
    ),
    (
        "B10", world(allow(who=ROLE), principals=someone(ROLE, boundary=[EC2])),
        world(allow(who=SESSION), principals=someone(ROLE, boundary=[EC2])), SESSION, "boundary-does-not-allow",
    ),
    (
        "B11", world(allow(who=USER), principals=someone(USER, boundary=[EVERYTHING, deny()])),
        world(allow(who=USER), principals=someone(USER, boundary=[EVERYTHING])), USER, "boundary-denies",
    ),
    (
        "B12", world(allow(who=ROLE), principals=someone(SESSION, session=[EC2])),
        world(allow(who=SESSION), principals=someone(SESSION, session=[EC2])), SESSION, "session-policy-does-not-allow",
    ),
    (
        "B13", world(allow(who=SESSION), principals=someone(SESSION, session=[EVERYTHING, deny()])),
        world(allow(who=SESSION), principals=someone(SESSION, session=[EVERYTHING])), SESSION, "session-policy-denies",
    ),
    (
        "B14", world(allow(who="*"), vpc_endpoint_policies=[policy(allow(resource="arn:aws:s3:::other/*", who="*"))]),
        world(allow(who="*"), vpc_endpoint_policies=[policy(allow(who="*"))]),
        "anonymous", "endpoint-policy-does-not-allow",
    ),
    (
        "B15", world(allow(who="*"), vpc_endpoint_policies=[policy(allow(who="*"), deny(who="*"))]),
        world(allow(who="*"), vpc_endpoint_policies=[policy(allow(who="*"))]), "anonymous", "endpoint-policy-denies",
    ),
    (
        "B23", world(allow(who="AROAEXAMPLEIDAAAAAAAA"), principals=someone(ROLE)),
        world(allow(who=ROLE), principals=someone(ROLE)), ROLE, "nothing-allows",
    ),
    (
        "B25", world(allow(who=f"arn:aws:sts::{OWNER}:assumed-role/app/other"), principals=someone(ROLE)),
        world(allow(who=ROLE), principals=someone(ROLE)), SESSION, "nothing-allows",
    ),
    (
        "B26", world(allow(who=f"arn:aws:iam::{OWNER}:root"), principals=someone(USER)),
        world(allow(who=f"arn:aws:iam::{OWNER}:root"), principals=someone(USER, allow())), USER, "nothing-allows",
    ),
    (
        "B28", world({"Effect": "Deny", "NotPrincipal": {"AWS": [USER, OWNER]}, "Action": "*", "Resource": "*"},
                     principals=someone(USER, allow(), boundary=[EVERYTHING])),
        world({"Effect": "Deny", "NotPrincipal": {"AWS": [USER, OWNER]}, "Action": "*", "Resource": "*"},
              principals=someone(USER, allow())), USER, "policy-denies",
    ),
    (
        "B44", world(allow(who=USER, StringEquals={"s3:DataAccessPointAccount": OWNER}), principals=someone(USER)),
        world(allow(who=USER), principals=someone(USER)), USER, "nothing-allows",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("row", "broken", "mended", "who", "cause"), WORLDS, ids=[one[0] for one in WORLDS])
def test_who_asks_is_refused(row: str, broken: Json, mended: Json, who: str, cause: str) -> None:
    decision = ask(broken, who)
    assert (decision.status, decision.cause) == (403, cause), row
    assert ask(mended, who).status == 200, row


READ, WRITE = "s3:GetObject", "s3:PutObject"
VIA = "athena.amazonaws.com"
# Row, action, operator, key and value of an Allow; what of a request does not meet it (None: nothing), and what does.
CONDITIONS: list[tuple[str, str, str, str, str, str | None, Any]] = [
    ("B30", READ, "IpAddress", "aws:SourceIp", "203.0.113.0/24", None, "203.0.113.9"),
    ("B30", READ, "IpAddress", "aws:SourceIp", "203.0.113.0/24", "2001:db8::1", "203.0.113.9"),
    ("B31", READ, "Bool", "aws:SecureTransport", "true", "false", "true"),
    ("B32", READ, "NumericGreaterThanEquals", "s3:TlsVersion", "1.3", "1.2", "1.3"),
    ("B33", READ, "StringLike", "aws:Referer", "https://a.example/*", None, "https://a.example/"),
    ("B34", READ, "StringEquals", "aws:SourceVpce", "vpce-1", None, "vpce-1"),
    ("B35", READ, "StringEquals", "aws:PrincipalOrgID", "o-1", "o-2", "o-1"),
    ("B35", READ, "StringEquals", "aws:PrincipalTag/team", "a", None, "a"),
    ("B36", READ, "Bool", "aws:MultiFactorAuthPresent", "true", None, "true"),
    ("B37", WRITE, "StringEquals", "s3:x-amz-acl", "bucket-owner-full-control", None, "bucket-owner-full-control"),
    ("B38", WRITE, "StringEquals", "s3:x-amz-server-side-encryption", "aws:kms", None, "aws:kms"),
    ("B40", READ, "StringEquals", "s3:ExistingObjectTag/class", "public", None, "public"),
    ("B41", READ, "StringLike", "aws:UserAgent", "sync/*", "curl/8", "sync/1"),
    ("B42", READ, "DateLessThan", "aws:CurrentTime", "2024-06-30", "2026-01-01T00:00:00Z", "2024-01-01T00:00:00Z"),
    ("B43", READ, "StringEquals", "s3:authType", "REST-HEADER", "REST-QUERY-STRING", "REST-HEADER"),
    ("B43", READ, "NumericLessThan", "s3:signatureAge", "600000", "600001", "1000"),
    ("B45", READ, "StringEquals", "s3:ResourceAccount", OWNER, OTHER, OWNER),
    ("B46", WRITE, "StringEquals", "s3:x-amz-storage-class", "STANDARD", None, "STANDARD"),
    ("B46", WRITE, "StringLike", "s3:x-amz-copy-source", "shop/*", None, "shop/a"),
    ("B47", READ, "StringEquals", "aws:RequestedRegion", "eu-west-1", "us-east-1", "eu-west-1"),
    ("B49", READ, "Bool", "aws:ViaAWSService", "true", "false", "true"),
    ("B50", READ, "StringEquals", "aws:ResourceTag/env", "prod", None, "prod"),
    ("B53", READ, "ForAnyValue:StringEquals", "aws:CalledVia", VIA, None, [VIA, "x"]),
    ("B53", READ, "StringEquals", "aws:CalledVia", VIA, None, VIA),
]


def bringing(key: str, value: Any) -> Json:
    return {} if value is None else {key.replace(":", "__", 1): value}


@pytest.mark.parametrize(
    ("row", "action", "operator", "key", "value", "without", "having"),
    CONDITIONS,
    ids=[f"{one[0]}-{one[3]}" for one in CONDITIONS],
)
def test_a_condition_that_a_request_does_not_meet(
    row: str, action: str, operator: str, key: str, value: str, without: str | None, having: Any
) -> None:
    condition: dict[str, Any] = {operator: {key: value}}
    statement = allow(action, who=USER, **condition)
    state = world(statement, principals=someone(USER))
    refused = ask(state, USER, action, **bringing(key, without))
    assert (refused.status, refused.cause) == (403, "nothing-allows"), row
    assert ask(state, USER, action, **bringing(key, having)).status == 200, row


def test_several_values_and_no_set_operator() -> None:
    state = world(allow(who=USER, StringEquals={"aws:CalledVia": VIA}), principals=someone(USER))
    assert ask(state, USER, aws__CalledVia=[VIA, "x"]).status == 403


# Row, operator, key and value of a Deny; what a request has that does not get past it (None: nothing), and what does.
GUARDS: list[tuple[str, str, str, str, str | None, str]] = [
    ("B30", "NotIpAddress", "aws:SourceIp", "203.0.113.0/24", None, "203.0.113.9"),
    ("B33", "StringNotLike", "aws:Referer", "https://a.example/*", None, "https://a.example/"),
    ("B34", "StringNotEquals", "aws:SourceVpce", "vpce-1", None, "vpce-1"),
    ("B36", "BoolIfExists", "aws:MultiFactorAuthPresent", "false", None, "true"),
    ("B38", "Null", "s3:x-amz-server-side-encryption", "true", None, "AES256"),
    ("B51", "StringNotEquals", "aws:SourceVpceId", "vpce-1", None, "vpce-1"),
]


@pytest.mark.parametrize(
    ("row", "operator", "key", "value", "without", "having"), GUARDS, ids=[f"{one[0]}-{one[2]}" for one in GUARDS]
)
def test_a_deny_that_fires_where_the_key_is_absent(
    row: str, operator: str, key: str, value: str, without: str | None, having: str
) -> None:
    condition: dict[str, Any] = {operator: {key: value}}
    guard = deny(WRITE, who="*", **condition)
    state = world(allow(WRITE, who=USER), guard, principals=someone(USER))
    refused = ask(state, USER, WRITE, **bringing(key, without))
    assert (refused.status, refused.cause) == (403, "policy-denies"), row
    assert ask(state, USER, WRITE, **bringing(key, having)).status == 200, row


def test_listing_hangs_on_its_prefix() -> None:
    home = allow("s3:ListBucket", BUCKET, StringLike={"s3:prefix": "home/*"})
    state = world(principals=someone(USER, home))
    assert ask(state, USER, "s3:ListBucket", BUCKET).status == 403
    assert ask(state, USER, "s3:ListBucket", BUCKET, s3__prefix="").status == 403
    assert ask(state, USER, "s3:ListBucket", BUCKET, s3__prefix="home/anna/").status == 200


def test_a_version_is_another_permission() -> None:
    state = world(principals=someone(USER, allow()))
    assert ask(state, USER).status == 200
    assert ask(state, USER, "s3:GetObjectVersion").status == 403


def test_all_buckets_are_listed_on_the_account() -> None:
    def listing(resource: str) -> int | None:
        state = world(principals=someone(USER, allow("s3:ListAllMyBuckets", resource)))
        return ask(state, USER, "s3:ListAllMyBuckets", "*").status

    assert (listing("arn:aws:s3:::shop"), listing("*")) == (403, 200)


def test_a_key_that_is_not_there_hangs_on_listing() -> None:
    reads = world(principals=someone(USER, allow()))
    lists = world(principals=someone(USER, allow(), allow("s3:ListBucket", BUCKET)))
    gone = "arn:aws:s3:::shop/gone"
    refused = ask(reads, USER, resource=gone)
    assert (refused.status, refused.cause) == (403, "missing-key-without-list")
    assert ask(lists, USER, resource=gone).status == 404


def test_the_owners_root_gets_past_a_lock_out() -> None:
    state = world(deny(who="*"), principals=someone(USER, EVERYTHING))
    root = f"arn:aws:iam::{OWNER}:root"
    assert ask(state, USER, "s3:PutBucketPolicy", BUCKET).cause == "policy-denies"
    assert ask(state, root, "s3:PutBucketPolicy", BUCKET).status == 200
    assert ask(state, root).status == 403


def test_a_bucket_of_another_account() -> None:
    state = world(principals=someone(USER, EVERYTHING))
    state["buckets"]["shop"]["account"] = OTHER
    refused = ask(state, USER, "s3:ListBucket", BUCKET)
    assert (refused.status, refused.cause) == (403, "bucket-policy-does-not-allow")
    state["buckets"]["shop"] = None
    assert ask(state, USER, "s3:ListBucket", BUCKET).status == 404
