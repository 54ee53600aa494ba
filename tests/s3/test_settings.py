"""403s that hang on settings of a bucket, on its objects and on access points: one request a row, and its twin."""

from __future__ import annotations

import json
from typing import Any

import pytest

from audit403.s3.message import meanings_in
from audit403.s3.questions import Questions

Json = dict[str, Any]
OWNER, OTHER = "111122223333", "444455556666"
USER, PARTNER = f"arn:aws:iam::{OWNER}:user/anna", f"arn:aws:iam::{OTHER}:role/partner"
OFF = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), False)
KEY = f"arn:aws:kms:eu-west-1:{OWNER}:key/1"
BY_KEY = {"algorithm": "aws:kms", "key": KEY}
POINT = f"arn:aws:s3:eu-west-1:{OWNER}:accesspoint/web"
POINT_URL = f"https://web-{OWNER}.s3-accesspoint.eu-west-1.amazonaws.com/k"
PARTNERS_POINT = f"arn:aws:s3:eu-west-1:{OTHER}:accesspoint/web"
WEBSITE = {"IndexDocument": {"Suffix": "index.html"}}
REST, SITE = "https://b.s3.eu-west-1.amazonaws.com/k", "http://b.s3-website-eu-west-1.amazonaws.com/k"


def allow(principal: Any = "*", action: Any = "s3:GetObject", resource: Any = "arn:aws:s3:::b/*", **more: Any) -> Json:
    who = principal if principal == "*" or isinstance(principal, dict) else {"AWS": principal}
    return {"Effect": "Allow", "Principal": who, "Action": action, "Resource": resource, **more}


def policy(*statements: Json) -> Json:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def identity(*statements: Json) -> Json:
    plain = [{key: value for key, value in one.items() if key != "Principal"} for one in statements]
    return {"policies": [policy(*plain)], "boundary": [], "session": None}


ALL = allow(action="s3:*", resource="*")
USES_KEY = allow(action="kms:*", resource=KEY)
BY_POINTS = {"Condition": {"StringEquals": {"s3:DataAccessPointAccount": OWNER}}}


def world(*statements: Json, objects: Json | None = None, **more: Any) -> Json:
    stored = {"owner": OWNER, "acl": None, "encryption": None, "storage_class": "STANDARD", **(objects or {})}
    around: Json = {name: more.pop(name) for name in ("access_points", "kms_keys", "principals") if name in more}
    account = more.pop("account_block", None)
    bucket = {
        "account": OWNER, "policy": policy(*statements) if statements else None, "public_access_block": OFF,
        "ownership": "ObjectWriter", "acl": "private", "website": None, "request_payer": None, "encryption": None,
        "cors": None, "objects": {"k": stored},
    }  # fmt: skip
    return {
        "version": 1,
        "account": {
            "id": OWNER, "public_access_block": account, "service_control_policies": [],
            "resource_control_policies": [],
        },
        "buckets": {"b": {**bucket, **more}},
        "principals": {USER: identity(ALL, USES_KEY), PARTNER: identity(ALL, USES_KEY)},
        "vpc_endpoint_policies": [],
        **around,
    }  # fmt: skip


def answer(state: Json, url: str = REST, **row: Any) -> tuple[int | None, str]:
    decision = Questions(json.dumps(state).encode()).asked({"url": url, **row})[1]
    return decision.status, decision.cause


def flags(**on: bool) -> Json:
    return {**OFF, **on}


def point(statement: Json, **more: Any) -> Json:
    return {
        "account": OWNER,
        "bucket": "b",
        "policy": policy(statement),
        "public_access_block": OFF,
        "vpc": None,
        **more,
    }


ACL = {"x-amz-acl": "public-read"}
PUBLIC_OBJECT = {"acl": "public-read"}
OF_PARTNER = {"owner": OTHER}
AT_POINT = allow(PARTNER, resource=f"{POINT}/object/*")
FOR_ALL = allow(resource=f"{POINT}/object/*")
DELEGATED = allow(action="s3:*", resource=["arn:aws:s3:::b", "arn:aws:s3:::b/*"], **BY_POINTS)
RESTRICT, IGNORE = flags(RestrictPublicBuckets=True), flags(IgnorePublicAcls=True)
OF_ROOT = policy(allow(f"arn:aws:iam::{OWNER}:root", "kms:*", "*"))

# What is asked, the cause, how it is asked, and the same world after the remedy.
ROWS: list[tuple[str, Json, str, Json, Json]] = [
    ("C01", world(allow(), public_access_block=RESTRICT), "public-policy-is-restricted", {}, world(allow())),
    (
        "C02", world(allow(), allow(PARTNER), public_access_block=RESTRICT), "public-policy-is-restricted",
        {"principal": PARTNER}, world(allow(PARTNER), public_access_block=RESTRICT),
    ),
    (
        "C03", world(public_access_block=IGNORE, objects=PUBLIC_OBJECT), "public-acl-is-ignored", {},
        world(objects=PUBLIC_OBJECT),
    ),
    (
        "C04", world(public_access_block=flags(BlockPublicAcls=True)), "public-acl-is-blocked",
        {"principal": USER, "method": "PUT", "headers": ACL}, world(),
    ),
    ("C06", world(allow(), account_block=RESTRICT), "public-policy-is-restricted", {}, world(allow())),
    (
        "C08",
        world(DELEGATED, access_points={POINT: point(FOR_ALL, public_access_block=RESTRICT)}),
        "public-policy-is-restricted", {"url": POINT_URL},
        world(DELEGATED, access_points={POINT: point(FOR_ALL)}),
    ),
    ("D01", world(), "nothing-allows", {}, world(allow())),
    (
        "D02", world(objects=PUBLIC_OBJECT, ownership="BucketOwnerEnforced"), "nothing-allows", {},
        world(allow(), ownership="BucketOwnerEnforced"),
    ),
    (
        "D03", world(allow(), objects=OF_PARTNER), "object-of-another-owner", {},
        world(allow(), objects=OF_PARTNER, ownership="BucketOwnerEnforced"),
    ),
    ("D04", world(acl="public-read"), "nothing-allows", {}, world(acl="public-read", objects=PUBLIC_OBJECT)),
    ("D05", world(objects={"acl": "authenticated-read"}), "nothing-allows", {}, world(objects=PUBLIC_OBJECT)),
    (
        "D07", world(), "bucket-policy-does-not-allow", {"url": f"{REST}?acl", "principal": PARTNER},
        world(objects={"acl": [{"grantee": OTHER, "permission": "READ_ACP"}]}),
    ),
    (
        "E01",
        world(objects={"encryption": BY_KEY}, kms_keys={KEY: {"policy": OF_ROOT}}, principals={USER: identity(ALL)}),
        "key-policy-refuses", {"principal": USER},
        world(objects={"encryption": BY_KEY}, kms_keys={KEY: {"policy": OF_ROOT}}),
    ),
    (
        "E02",
        world(
            encryption=BY_KEY, kms_keys={KEY: {"policy": OF_ROOT}},
            principals={USER: identity(ALL, allow(action="kms:Decrypt", resource=KEY))},
        ),
        "key-policy-refuses", {"principal": USER, "method": "PUT"},
        world(encryption=BY_KEY, kms_keys={KEY: {"policy": OF_ROOT}}),
    ),
    (
        "E03", world(allow(PARTNER), objects={"encryption": "aws:kms"}), "key-policy-refuses", {"principal": PARTNER},
        world(
            allow(PARTNER), objects={"encryption": BY_KEY},
            kms_keys={KEY: {"policy": policy(allow(PARTNER, "kms:Decrypt", "*"))}},
        ),
    ),
    ("E04", world(allow(), objects={"encryption": "aws:kms"}), "key-policy-refuses", {}, world(allow())),
    (
        "E08",
        world(
            objects={"encryption": {"algorithm": "aws:kms:dsse", "key": KEY}}, kms_keys={KEY: {"policy": OF_ROOT}},
            principals={USER: identity(ALL)},
        ),
        "key-policy-refuses", {"principal": USER},
        world(objects={"encryption": {"algorithm": "aws:kms:dsse", "key": KEY}}, kms_keys={KEY: {"policy": OF_ROOT}}),
    ),
    (
        "F01", world(allow(), objects={"storage_class": "DEEP_ARCHIVE"}), "object-is-archived", {},
        world(allow(), objects={"storage_class": "DEEP_ARCHIVE", "restored": True}),
    ),
    (
        "G01", world(allow(PARTNER), request_payer="Requester"), "requester-pays", {"principal": PARTNER},
        world(allow(PARTNER)),
    ),
    (
        "G02", world(allow(), request_payer="Requester"), "requester-pays",
        {"headers": {"x-amz-request-payer": "requester"}}, world(allow()),
    ),
    (
        "G03", world(allow(), request_payer="Requester", website=WEBSITE), "requester-pays", {"url": SITE},
        world(allow(), website=WEBSITE),
    ),
    (
        "H01", world(access_points={POINT: point(AT_POINT)}), "bucket-policy-does-not-allow",
        {"url": POINT_URL, "principal": PARTNER}, world(DELEGATED, access_points={POINT: point(AT_POINT)}),
    ),
    (
        "H01 of the point", world(DELEGATED, access_points={POINT: point(allow(USER, resource=f"{POINT}/object/*"))}),
        "bucket-policy-does-not-allow", {"url": POINT_URL, "principal": PARTNER},
        world(DELEGATED, access_points={POINT: point(AT_POINT)}),
    ),
    (
        "H02", world(DELEGATED, access_points={POINT: point(AT_POINT, vpc="vpc-1")}), "access-point-of-a-vpc",
        {"url": POINT_URL, "principal": PARTNER}, world(DELEGATED, access_points={POINT: point(AT_POINT)}),
    ),
    (
        "H04", world(DELEGATED, access_points={POINT: point(allow(PARTNER, resource=f"{POINT}/k"))}),
        "bucket-policy-does-not-allow", {"url": POINT_URL, "principal": PARTNER},
        world(DELEGATED, access_points={POINT: point(AT_POINT)}),
    ),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_setting_refuses_and_its_remedy_helps(row: tuple[str, Json, str, Json, Json]) -> None:
    _, broken, cause, asked, mended = row
    assert answer(broken, **asked) == (403, cause)
    assert answer(mended, **asked) == (200, "served")


def test_an_access_point_of_another_account() -> None:
    """The owner of the bucket has to leave it to access points of that account."""
    url = POINT_URL.replace(OWNER, OTHER)
    theirs = {PARTNERS_POINT: point(allow(PARTNER, resource=f"{PARTNERS_POINT}/object/*"), account=OTHER)}
    to_them = {**DELEGATED, "Condition": {"StringEquals": {"s3:DataAccessPointAccount": OTHER}}}
    assert answer(world(DELEGATED, access_points=theirs), url, principal=PARTNER)[0] == 403
    assert answer(world(to_them, access_points=theirs), url, principal=PARTNER)[0] == 200


def test_whoever_signs_agrees_to_pay_by_a_header() -> None:
    state = world(allow(PARTNER), request_payer="Requester")
    agreed = {"x-amz-request-payer": "requester"}
    assert answer(state, principal=PARTNER, headers=agreed) == (200, "served")
    assert answer(state, principal=USER) == (200, "served")


def test_the_head_of_an_object_needs_no_key_but_for_its_checksum() -> None:
    state = world(objects={"encryption": BY_KEY}, kms_keys={KEY: {"policy": OF_ROOT}}, principals={USER: identity(ALL)})
    checksum = {"x-amz-checksum-mode": "ENABLED"}
    assert answer(state, principal=USER, method="HEAD") == (200, "served")
    assert answer(state, principal=USER, method="HEAD", headers=checksum) == (403, "key-policy-refuses")


def test_an_archived_object_has_its_head() -> None:
    state = world(allow(), objects={"storage_class": "INTELLIGENT_TIERING", "access_tier": "ARCHIVE_ACCESS"})
    assert answer(state) == (403, "object-is-archived")
    assert answer(state, method="HEAD") == (200, "served")
    assert answer(world(allow(), objects={"storage_class": "GLACIER_IR"})) == (200, "served")


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("An error occurred (ObjectAlreadyInActiveTierError) when calling RestoreObject: x", "object-is-not-archived"),
        (
            "AccessDenied: Access Denied because object protected by object lock.",
            "object-is-locked",
        ),
        ("<Error><Code>LambdaPermissionError</Code><Message>x</Message></Error>", "lambda-may-not-be-called"),
        ("<Error><Code>CrossLocationLoggingProhibitted</Code><Message>x</Message></Error>", "logging-across-regions"),
        ("<Error><Code>InvalidRegion</Code><Message>x</Message></Error>", "region-is-not-opted-in"),
        ("<Error><Code>StsNotAuthorizedError</Code><Message>x</Message></Error>", "access-grants-role"),
    ],
)
def test_what_only_the_answer_tells(text: str, cause: str) -> None:
    (found,) = meanings_in(text)
    assert (found.status, found.causes[0].name) == (403, cause)
