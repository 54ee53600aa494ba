"""`audit403 s3` on a real server that is not AWS: Ceph's gateway, which has no accounts, and parts of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from servers.command import audit403

if TYPE_CHECKING:
    from pathlib import Path

    from servers.radosgw import Gateway

POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "Everybody", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
         "Resource": "arn:aws:s3:::collected/*"}
    ],
}  # fmt: skip
BLOCK = (
    "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls>"
    "<BlockPublicPolicy>false</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets>"
    "</PublicAccessBlockConfiguration>"
)


def audited(gateway: Gateway, tmp_path: Path, who: str, *words: str) -> tuple[Any, Any]:
    """The state and the report of a run with the keys of a user."""
    state = tmp_path / "state.json"
    keys = [f"AWS_ACCESS_KEY_ID={who}key", f"AWS_SECRET_ACCESS_KEY={who}secret", "AWS_REGION=us-east-1"]
    options = ("--endpoint-url", gateway.url, "--save", str(state), "--format", "json")
    ended = audit403("s3", *options, *words, cwd=tmp_path, within=["env", *keys])
    assert ended.returncode in (1, 3), ended.stderr
    return json.loads(state.read_text()), json.loads(ended.stdout)


def test_buckets_of_a_gateway(gateway: Gateway, tmp_path: Path) -> None:
    for target, body in (
        ("/collected", b""), ("/collected-too", b""), ("/collected/page", b"words"),
        ("/collected?policy", json.dumps(POLICY).encode()), ("/collected?publicAccessBlock", BLOCK.encode()),
    ):  # fmt: skip
        assert gateway.ask("PUT", target, body=body, who="alice").status in (200, 204)
    state, report = audited(gateway, tmp_path, "alice", "--sample", "5", "--key", "gone", "collected", "collected-too")
    bucket, other = (state["buckets"][name] for name in ("collected", "collected-too"))
    assert bucket["policy"] == POLICY and other["policy"] is None
    assert sum(bucket["public_access_block"].values()) == 3
    assert bucket["website"] is None and bucket["cors"] is None and bucket["acl"]["Owner"]["ID"] == "alice"
    assert bucket["objects"]["gone"] is None and bucket["objects"]["page"]["owner"] == "alice"
    assert other["objects"] == {}
    # It has neither accounts nor Object Ownership, and says so in its own way; nothing of that is read as "not set".
    assert "id" not in state["account"] and "ownership" not in bucket
    assert {one["target"] for one in report["not_audited"]} == {
        "the account", "s3://collected", "s3://collected-too",
    }  # fmt: skip


def test_a_bucket_of_somebody_else(gateway: Gateway, tmp_path: Path) -> None:
    assert gateway.ask("PUT", "/collected-private", who="alice").status == 200
    state, report = audited(gateway, tmp_path, "bob", "collected-private")
    assert "policy" not in state["buckets"]["collected-private"]
    (reason,) = (one["reason"] for one in report["not_audited"] if one["target"] == "s3://collected-private")
    assert "s3:GetBucketPolicy, " in reason and reason.endswith(" are denied") and report["findings"] == []
