"""States with everything in them, of which any part may be anything: they are audited without a fault of ours."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

from audit403.engine.audit import Asked, audit

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator
    from pathlib import Path

OWNER = "111122223333"
POINT, KEY = f"arn:aws:s3:eu-west-1:{OWNER}:accesspoint/p", f"arn:aws:kms:eu-west-1:{OWNER}:key/1"
FLAGS = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), False)
ODD: list[Any] = [
    None, True, 7, -1, 1e300, "", "x", "*", "⟨x…⟩", "arn:aws:s3:::b/*", [], [[]], [1], {}, {"a": 1},
    {"Statement": [{}]},
]  # fmt: skip


def allow(resource: Any, principal: Any = "*", action: Any = "s3:GetObject", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource, **more}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


OF_CLOUDFRONT = allow(
    ["arn:aws:s3:::b/*"], {"Service": "cloudfront.amazonaws.com"}, ["s3:GetObject", "s3:PutObject"],
    Condition={"StringEquals": {"aws:SourceArn": f"arn:aws:cloudfront::{OWNER}:distribution/E1"}},
)  # fmt: skip
STATE: dict[str, Any] = {
    "version": 1,
    "account": {
        "id": OWNER, "public_access_block": FLAGS, "service_control_policies": [], "resource_control_policies": [],
    },
    "buckets": {
        "b": {
            "account": OWNER, "policy": policy(OF_CLOUDFRONT, allow("arn:aws:s3:::b/*")), "public_access_block": FLAGS,
            "ownership": "ObjectWriter", "acl": "public-read", "request_payer": "BucketOwner", "region": "eu-west-1",
            "website": {"IndexDocument": {"Suffix": "i"}, "RoutingRules": [{"Condition": {"KeyPrefixEquals": "x"}}]},
            "encryption": {"algorithm": "aws:kms", "key": KEY, "bucket_key": True, "blocked_encryption_types": [1]},
            "cors": {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]},
            "lifecycle": [{"prefix": "", "days": 3, "storage_class": "GLACIER"}],
            "objects": {"k": {"owner": OWNER, "acl": "private", "storage_class": "GLACIER", "encryption": "aws:kms"}},
        }
    },
    "principals": {f"arn:aws:iam::{OWNER}:role/r": {"policies": [policy(allow("*"))], "boundary": [], "session": None}},
    "kms_keys": {KEY: {"account": OWNER, "policy": policy(allow("*", {"AWS": OWNER}, "kms:*"))}},
    "access_points": {
        POINT: {
            "bucket": "b", "account": OWNER, "policy": policy(allow(f"{POINT}/object/*")), "vpc": None,
            "public_access_block": FLAGS,
        }
    },
    "deliveries": [
        {"kind": "trail", "bucket": "b", "prefix": "p", "source": None, "account": OWNER},
        {"kind": "access-logs", "bucket": "b", "prefix": "", "source": "arn:aws:s3:::x", "account": OWNER},
    ],
    "distributions": {
        "E1": {
            "domains": ["d1.cloudfront.net"], "default_root_object": None, "geo_restriction": None, "account": OWNER,
            "origins": [
                {"id": "o", "domain": "b.s3.amazonaws.com", "path": "/x", "access": "oac", "headers": {"Referer": "s"}}
            ],
            "behaviours": [{"path": "*", "origin": "o", "methods": ["GET"], "forwards_host": True, "functions": False}],
            "custom_error_responses": [{"error_code": 404, "response_code": 200, "page": "/i"}],
        }
    },
}  # fmt: skip


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The place of everything inside."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inside:
        yield (*at, key)
        yield from places(one, (*at, key))


def changed(state: dict[str, Any], rng: random.Random) -> None:
    """One part of it is gone, or something else."""
    *way, last = rng.choice(list(places(state)))
    holder: Any = state
    for key in way:
        holder = holder[key]
    if isinstance(holder, dict) and rng.random() < 0.2:
        del holder[last]
    else:
        holder[last] = copy.deepcopy(rng.choice(ODD))


def test_whatever_stands_in_a_state_it_is_audited(
    cases: Callable[[int], int], rng: random.Random, tmp_path: Path
) -> None:
    path = tmp_path / "state.json"
    for _ in range(cases(150)):
        state = copy.deepcopy(STATE)
        for _ in range(rng.randint(1, 4)):
            changed(state, rng)
        path.write_text(json.dumps(state))
        report = audit([str(path)], Asked(strict=True, no_settings=True))
        assert not [one for one in report.not_audited if "internal-error" in one.reason], (report.not_audited, state)
