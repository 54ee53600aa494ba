"""What hangs on values that are known only when a template is deployed: unknown where they decide, and nowhere else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from audit403.s3.decide.evaluator import Evaluator
from audit403.s3.decide.request import S3Request
from audit403.s3.model.access_list import BUCKET_OWNER
from audit403.s3.model.bucket import Bucket, StoredObject
from audit403.s3.model.encryption import PLAIN
from audit403.s3.model.holes import may_match
from audit403.s3.model.world import World

if TYPE_CHECKING:
    import random

OPEN: dict[str, Any] = {"public_access_block": None, "service_control_policies": [], "resource_control_policies": []}


def verdict(statement: dict[str, Any], bucket: str = "b", principal: str = "anonymous", **context: str) -> str:
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", **statement}]}
    of_bucket = {"account": "⟨account⟩", "policy": policy, "public_access_block": None, "acl": None}
    of_bucket |= {"ownership": "BucketOwnerEnforced", "website": None, "request_payer": None, "encryption": None}
    principals: dict[str, Any] = {principal: {"policies": [], "boundary": []}}
    account = {"id": "⟨account⟩", **OPEN}
    world = World({"version": 1, "account": account, "buckets": {bucket: of_bucket}, "principals": principals})
    found = world.bucket(bucket)
    assert isinstance(found, Bucket)
    found.assume("x", StoredObject(BUCKET_OWNER, (), PLAIN, False))
    values = {key.replace("_", ":"): (value,) for key, value in context.items()}
    request = S3Request("s3:GetObject", f"arn:aws:s3:::{bucket}/x", principal, values)
    return Evaluator(world).decide(request).verdict


@pytest.mark.parametrize(
    ("bucket", "resource", "expected"),
    [
        ("⟨Site⟩", "arn:aws:s3:::⟨Site⟩/*", "not-refused"),
        ("⟨Site⟩", "arn:aws:s3:::⟨Logs⟩/*", "refused"),
        ("⟨Site⟩", "arn:aws:s3:::site/*", "refused"),
        ("⟨Site⟩", "arn:aws:s3:::shop-*", "unknown"),
        ("⟨Env…⟩-site", "arn:aws:s3:::⟨Env…⟩-site/*", "not-refused"),
        ("⟨Env…⟩-site", "arn:aws:s3:::prod-site/*", "unknown"),
        ("⟨Env…⟩-site", "arn:aws:s3:::prod-logs/*", "refused"),
        ("site", "arn:aws:s3:::⟨Name…⟩/*", "unknown"),
        ("site", "⟨Arns…⟩", "unknown"),
        ("site", "arn:aws:s3:::⟨Name…⟩-logs/*", "refused"),
        ("site", "arn:aws:s3:::site/⟨Folder…⟩/y", "refused"),
    ],
)
def test_resources(bucket: str, resource: str, expected: str) -> None:
    assert verdict({"Principal": "*", "Resource": resource}, bucket) == expected


@pytest.mark.parametrize(
    ("named", "caller", "expected"),
    [
        ("⟨Reader…⟩", "anonymous", "unknown"),
        ("arn:aws:iam::⟨Other…⟩:root", "anonymous", "refused"),
        ("arn:aws:iam::⟨account⟩:user/⟨U⟩", "arn:aws:iam::⟨account⟩:user/⟨U⟩", "not-refused"),
        ("arn:aws:iam::⟨account⟩:user/⟨U⟩", "arn:aws:iam::⟨account⟩:user/⟨V⟩", "refused"),
        ("arn:aws:iam::111122223333:user/u", "arn:aws:iam::111122223333:user/u", "unknown"),
    ],
)
def test_principals(named: str, caller: str, expected: str) -> None:
    assert verdict({"Principal": {"AWS": named}, "Resource": "arn:aws:s3:::b/*"}, principal=caller) == expected


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("StringEquals", "⟨Secret…⟩", "unknown"),
        ("StringNotEquals", "⟨Secret…⟩", "unknown"),
        ("StringEquals", "⟨Bucket⟩", "refused"),
        ("StringEquals", ["⟨Secret…⟩", "a"], "not-refused"),
        ("IpAddress", "⟨Ranges…⟩", "unknown"),
        ("StringNotEquals", ["⟨Secret…⟩", "a"], "refused"),
    ],
)
def test_conditions(operator: str, value: Any, expected: str) -> None:
    key = "aws:sourceip" if operator == "IpAddress" else "aws:referer"
    context = {"aws_sourceip": "203.0.113.9", "aws_referer": "a"}
    statement = {"Principal": "*", "Resource": "arn:aws:s3:::b/*", "Condition": {operator: {key: value}}}
    assert verdict(statement, **context) == expected


def test_what_a_pattern_may_match_includes_all_that_it_can_come_to(rng: random.Random) -> None:
    """For values of holes, drawn at random: what matches then was said to be possible."""
    pieces = ("a", "b", "-", "*", "?", "⟨P…⟩", "⟨Q…⟩")
    for _ in range(2000):
        pattern = "".join(rng.choice(pieces) for _ in range(rng.randrange(6)))
        text = "".join(rng.choice(("a", "b", "-", "⟨P…⟩", "⟨Q…⟩")) for _ in range(rng.randrange(6)))
        values = {name: rng.choice(("", "a", "b-", "ab")) for name in ("⟨P…⟩", "⟨Q…⟩")}
        for name, value in values.items():
            pattern_now, text_now = pattern.replace(name, value), text.replace(name, value)
            pattern_now = re.sub("⟨.…⟩", "b", pattern_now)
            text_now = re.sub("⟨.…⟩", "b", text_now)
            regex = "".join({"*": ".*", "?": "."}.get(one, re.escape(one)) for one in pattern_now)
            if "…" in pattern + text and re.fullmatch(regex, text_now):
                assert may_match(pattern, text)
