"""Origins that a browser sends, and those that it does not; where they are wrong, the preflight is refused."""

from __future__ import annotations

import pytest

from audit403.s3.decide.preflight import preflight
from audit403.s3.explore.cors_mistakes import cors_mistakes
from audit403.s3.model.bucket import Bucket
from audit403.s3.model.world import World


def world(*origins: str) -> World:
    rule = {"AllowedOrigins": list(origins), "AllowedMethods": ["PUT"], "AllowedHeaders": ["*"]}
    return World({"version": 1, "buckets": {"shop": {"cors": {"CORSRules": [rule]}}}})


def meant(*origins: str) -> list[str]:
    found = world(*origins)
    bucket = found.bucket("shop")
    assert isinstance(bucket, Bucket)
    return [fault.subject[1] for fault in cors_mistakes(found, bucket)]


def status(right: str, *origins: str) -> int | None:
    headers = {"origin": right.replace("*", "x"), "access-control-request-method": "PUT"}
    return preflight(world(*origins), "shop", "rest", headers).status


@pytest.mark.parametrize(
    ("origin", "right"),
    [
        ("https://app.example/", "https://app.example"),
        ("https://app.example/upload/*", "https://app.example"),
        ("http://localhost:3000/", "http://localhost:3000"),
        ("https://*.app.example/", "https://*.app.example"),
        ("app.example", "https://app.example"),
        ("localhost:3000", "https://localhost:3000"),
        ("https://app.example:443", "https://app.example"),
        ("http://app.example:80", "http://app.example"),
    ],
)
def test_an_origin_that_is_never_sent(origin: str, right: str) -> None:
    assert meant(origin) == [right]
    assert status(right, origin) == 403
    assert status(right, right) == 200
    assert meant(right) == meant(origin, right) == meant(origin, "*") == []


@pytest.mark.parametrize(
    "origin",
    ["*", "null", "https://app.example", "https://app.example:8443", "http://app.example:443", "*.app.example",
     "https://*", "capacitor://localhost", "chrome-extension://abc", "${origin}", "https://${domain}/", "{{ origin }}/",
     "https://⟨Domain⟩/", ""],
)  # fmt: skip
def test_one_that_may_be(origin: str) -> None:
    assert meant(origin) == []
