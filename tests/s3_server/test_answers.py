"""Buckets of every kind: what a real S3 server answers, and what we say it does."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from audit403.s3.model.policy import Policy
from audit403.s3.model.public_policy import is_public
from s3_server.laid_out import ALICE, BOB, Ask, Bucket, put_policy
from s3_server.otherwise import OTHERWISE, Trial, explanation

if TYPE_CHECKING:
    from servers.radosgw import Gateway

Json = dict[str, Any]
OFF = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), False)
SITE = {"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "error.html"}}
PAGES = {"index.html": "private", "docs/index.html": "private", "error.html": "private", "page.html": "private"}


def policy(*statements: Json) -> Json:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: Any, *resources: str, who: Any = "*", effect: str = "Allow", **more: Any) -> Json:
    return {
        "Effect": effect,
        "Principal": who,
        "Action": action,
        "Resource": [f"arn:aws:s3:::@{each}" for each in resources],
        **more,
    }


READ = allow("s3:GetObject", "/*")
LIST = allow("s3:ListBucket", "")
get, put = Ask("s3:GetObject", "k"), Ask("s3:PutObject", "k")
bob, alice = {"AWS": BOB}, {"AWS": ALICE}


def by(who: str, *asks: Ask) -> list[Ask]:
    return [ask._replace(who=who) for ask in asks]


every = [
    get,
    put,
    Ask("s3:ListBucket"),
    Ask("s3:GetObject", "missing"),
    Ask("s3:GetObjectAcl", "k"),
    Ask("s3:DeleteObject", "x"),
]
everybody = [*every, *by(BOB, *every), *by(ALICE, *every)]
visits = [
    Ask("s3:GetObject", key, endpoint="website")
    for key in ("", "index.html", "docs/", "page.html", "missing.html", "missing/")
]

ROWS: dict[str, tuple[Bucket, list[Ask]]] = {
    "nothing set": (Bucket(), everybody),
    "anybody may read": (Bucket(policy(READ)), everybody),
    "anybody may read and list": (Bucket(policy(READ, LIST)), everybody),
    "anybody may list": (Bucket(policy(LIST)), everybody),
    "the other account may read": (Bucket(policy(allow("s3:GetObject", "/*", who=bob))), everybody),
    "the other account may do anything": (Bucket(policy(allow("s3:*", "", "/*", who=bob))), everybody),
    "one key is denied": (Bucket(policy(READ, allow("s3:GetObject", "/k", effect="Deny"))), everybody),
    "the owner is denied": (Bucket(policy(READ, allow("s3:*", "/*", who=alice, effect="Deny"))), everybody),
    "everybody is denied to list": (Bucket(policy(READ, allow("s3:ListBucket", "", effect="Deny"))), everybody),
    "objects allowed on the bucket's ARN": (Bucket(policy(allow("s3:GetObject", ""))), everybody),
    "listing allowed on the objects": (Bucket(policy(allow("s3:ListBucket", "/*"))), everybody),
    "a public object": (Bucket(objects={"k": "public-read"}), everybody),
    "an object for anybody who has an account": (Bucket(objects={"k": "authenticated-read"}), everybody),
    "a bucket that anybody may list": (Bucket(acl="public-read"), everybody),
    "a bucket that anybody may write": (Bucket(acl="public-read-write"), everybody),
    "a bucket for anybody who has an account": (Bucket(acl="authenticated-read"), everybody),
    "a public object, denied": (
        Bucket(policy(allow("s3:GetObject", "/k", effect="Deny")), objects={"k": "public-read"}), everybody,
    ),
    "public ACLs are ignored": (
        Bucket(acl="public-read", objects={"k": "public-read"}, block=OFF | {"IgnorePublicAcls": True}), everybody,
    ),
    "public ACLs are blocked, not ignored": (
        Bucket(acl="public-read", objects={"k": "public-read"}, block=OFF | {"BlockPublicAcls": True}), everybody,
    ),
    "uploads with an ACL where public ones are blocked": (
        Bucket(block=OFF | {"BlockPublicAcls": True}),
        [Ask("s3:PutObject", "new", ALICE, headers=(("x-amz-acl", acl),))
         for acl in ("private", "public-read", "public-read-write", "authenticated-read", "bucket-owner-full-control")],
    ),
    "ACLs put where public ones are blocked": (
        Bucket(block=OFF | {"BlockPublicAcls": True}),
        [Ask(action, key, ALICE, headers=(("x-amz-acl", acl),))
         for action, key in (("s3:PutObjectAcl", "k"), ("s3:PutBucketAcl", None))
         for acl in ("private", "public-read", "authenticated-read")],
    ),
    "uploads with an ACL": (
        Bucket(block=OFF),
        [Ask("s3:PutObject", "new", ALICE, headers=(("x-amz-acl", acl),)) for acl in ("private", "public-read")],
    ),
    "the requester pays": (
        Bucket(policy(allow("s3:GetObject", "/*"), allow("s3:GetObject", "/*", who=bob)), payer="Requester"),
        [get, *by(BOB, get, get._replace(headers=(("x-amz-request-payer", "requester"),))), *by(ALICE, get)],
    ),
    "a site": (Bucket(policy(READ), objects=PAGES, website=SITE), visits),
    "a site that anybody may list": (Bucket(policy(READ, LIST), objects=PAGES, website=SITE), visits),
    "a site without an error page": (
        Bucket(policy(READ), objects=PAGES, website={"IndexDocument": {"Suffix": "index.html"}}), visits,
    ),
    "a private site": (Bucket(objects=PAGES, website=SITE), visits),
    "a site of public objects": (Bucket(objects=dict.fromkeys(PAGES, "public-read"), website=SITE), visits),
    "a site whose error page is private": (
        Bucket(objects=dict.fromkeys(PAGES, "public-read") | {"error.html": "private"}, website=SITE), visits,
    ),
    "no site": (Bucket(policy(READ), objects=PAGES), visits),
}  # fmt: skip


_seen: Counter[str] = Counter()
_done: set[str] = set()


@pytest.mark.parametrize("name", ROWS)
def test_the_server_answers_what_we_say(name: str, gateway: Gateway) -> None:
    bucket, asks = ROWS[name]
    _done.add(name)
    bucket.put(gateway)
    wrong: list[str] = []
    # What writes comes last.
    for ask in sorted(asks, key=lambda ask: ask.action in ("s3:PutObject", "s3:DeleteObject")):
        trial = Trial(bucket, ask, bucket.sent(gateway, ask), bucket.decided(ask))
        why = None if trial.agrees else explanation(trial)
        if why is not None:
            _seen[why] += 1
        elif not trial.agrees:
            said, ours = trial.said, trial.decision
            wrong.append(f"{ask}: the server {said.status} {said.code}, we {ours.verdict} {ours.status} {ours.cause}")
    assert not wrong, "\n".join(wrong)


def test_everything_that_is_listed_as_different_is_still_so() -> None:
    if len(_done) == len(ROWS):
        assert [one.name for one in OTHERWISE if not _seen[one.name]] == []


POLICIES = {
    "everybody": policy(READ),
    "everybody in a list": policy(allow("s3:GetObject", "/*", who={"AWS": ["*"]})),
    "nobody but what is denied": policy(allow("s3:GetObject", "/*", effect="Deny")),
}


@pytest.mark.parametrize("name", POLICIES)
def test_a_public_policy_is_refused_where_those_are_blocked(name: str, gateway: Gateway) -> None:
    bucket = Bucket(POLICIES[name])
    written, bucket.policy = bucket.policy, None
    bucket.block = OFF | {"BlockPublicPolicy": True}
    bucket.put(gateway)
    assert written is not None
    said = put_policy(gateway, bucket.name, written)
    public = is_public(Policy(written, "bucket policy", bucket.name))
    assert said.status == (403 if public else 204), said
