"""POST policies that refuse every form, and those that do not."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from audit403.core.source import Source
from audit403.s3.read.post_policy import EXPIRED, REFUSES, read_post_policy

LATER = "2124-01-01T00:00:00Z"
KEY = ["starts-with", "$key", "uploads/"]


def kinds(*conditions: Any, expiration: Any = LATER) -> list[str] | None:
    data = json.dumps({"expiration": expiration, "conditions": list(conditions)}).encode()
    described = read_post_policy(Source("p.json", data))
    return None if described is None else [kind for kind, _, _ in described.faults]


@pytest.mark.parametrize(
    "conditions",
    [
        [KEY, {"key": "incoming/x"}],
        [KEY, ["starts-with", "$Key", "down/"]],
        [KEY, {"acl": "private"}, ["eq", "$acl", "public-read"]],
        [KEY, {"acl": "private", "ACL": "public-read"}],
        [{"bucket": "shop"}],
    ],
    ids=json.dumps,
)
def test_no_form_keeps_to_it(conditions: list[Any]) -> None:
    assert kinds(*conditions) == [REFUSES]


@pytest.mark.parametrize(
    "conditions",
    [
        [KEY],
        [KEY, {"key": "uploads/${filename}"}],
        [KEY, {"key": "${prefix}/x"}],
        [KEY, ["starts-with", "$key", ""], ["starts-with", "$key", "uploads/2026/"]],
        [KEY, {"acl": "private"}, {"acl": "private"}],
        [KEY, ["content-length-range", 0, 10], ["content-length-range", "20", "30"]],
        [KEY, ["content-length-range", "a", "b"], ["a", "b"], 7, None, []],
    ],
    ids=json.dumps,
)
def test_some_form_does(conditions: list[Any]) -> None:
    assert kinds(*conditions) == []


def test_until_when_it_is_good() -> None:
    assert kinds(KEY, expiration="2024-01-01T00:00:00.000Z") == [EXPIRED]
    assert kinds(KEY, expiration="{{ later }}") == []


@pytest.mark.parametrize("other", [{"x-goog-date": "1"}, {"x-oss-meta": "1"}])
def test_other_stores_have_policies_of_the_same_shape(other: dict[str, str]) -> None:
    assert kinds(KEY, other) is None


@pytest.mark.parametrize(
    "data", [b'{"expiration": 1, "conditions": []}', b'{"expiration": "x", "conditions": {}}', b"{"]
)
def test_other_documents_are_none(data: bytes) -> None:
    assert read_post_policy(Source("p.json", data)) is None


def test_no_condition_is_about_an_upload() -> None:
    assert kinds({"status": "open"}) is None


def test_many_conditions_take_little_time() -> None:
    started = time.perf_counter()
    assert kinds(KEY, *({f"x-amz-meta-{number}": "1"} for number in range(20_000))) == []
    assert time.perf_counter() - started < 20
