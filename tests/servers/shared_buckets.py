"""Real 403s of S3 in ../shared/cases, as states and requests of `explain --server s3`."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from .shared_cases import CASES, State

Json = dict[str, Any]


class SharedBucket(NamedTuple):
    """One case, in one of its states."""

    id: str
    state: Json
    request: Json
    expected: str


def shared_buckets(which: State) -> list[SharedBucket]:
    """All of which S3 itself refuses; none where the folder is not there."""
    found = []
    for path in sorted(CASES.glob("*/*/case.json")):
        data = json.loads(path.read_text())
        # CloudFront refuses the others before S3 is asked.
        if data["server"] == "s3" and data["cause"].startswith("s3."):
            found.append(_laid_out(_overlaid(data, data["fixed"]) if which == "fixed" else data, which))
    return found


def _overlaid(data: Json, changes: Json) -> Json:
    found = dict(data)
    for name, value in changes.items():
        # A policy is replaced as it is, a request field by field.
        nested = isinstance(value, dict) and isinstance(found.get(name), dict) and "policy" not in name
        found[name] = _overlaid(found[name], value) if nested else value
    return found


def _laid_out(data: Json, which: State) -> SharedBucket:
    asked, bucket, account = data["request"], data["bucket"], data["bucket_account"]
    stored = asked["object"]
    principal = asked["principal"].get("arn", asked["principal"]["type"])
    own: Json = {}
    if asked["principal"]["type"] == "iam":
        policies = [data["identity_policy"]] if data.get("identity_policy") else []
        own[principal] = {"policies": policies, "boundary": [], "session": None}
    kept = {"owner": stored["owner"], "acl": stored["acl"], "storage_class": "STANDARD", "encryption": stored["sse"]}
    objects = {} if asked["key"] is None else {asked["key"]: kept if stored["exists"] else None}
    state = {
        "version": 1,
        "account": {
            "id": account,
            "public_access_block": data["account_public_access_block"],
            "service_control_policies": [],
            "resource_control_policies": [],
        },
        "buckets": {
            bucket: {
                "account": account,
                "policy": data.get("policy"),
                "public_access_block": data["public_access_block"],
                "ownership": data["ownership"],
                "acl": data["acl"],
                "website": data.get("website"),
                "request_payer": "BucketOwner",
                "encryption": None,
                "objects": objects,
            }
        },
        "principals": own,
        "vpc_endpoint_policies": [],
    }
    context = {"aws:SecureTransport": str(asked["tls"]).lower(), "aws:SourceIp": "203.0.113.9"}
    context |= {f"s3:{name}": value for name, value in asked.get("headers", {}).items() if name.startswith("x-amz-")}
    resource = f"arn:aws:s3:::{bucket}" + ("" if asked["key"] is None else f"/{asked['key']}")
    request = {
        "action": asked["action"],
        "resource": resource,
        "principal": principal,
        "context": context,
        "endpoint": asked["endpoint"],
    }
    return SharedBucket(data["id"], state, request, str(data["expect" if which == "broken" else "fixed_expect"]))
