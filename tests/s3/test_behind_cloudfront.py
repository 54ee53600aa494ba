"""CloudFront before a bucket, where more than one thing decides: who pays, who signs, whose the object is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from audit403.core.decision import Decision
from audit403.s3.questions import Questions

OWNER = "111122223333"
OFF = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), False)
IDENTITY = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E9"
READ: dict[str, Any] = {
    "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*",
}  # fmt: skip
OF_SERVICE = {**READ, "Principal": {"Service": "cloudfront.amazonaws.com"}}
OF_IDENTITY = {**READ, "Principal": {"AWS": IDENTITY}}


def ask(*statements: dict[str, Any], origin: dict[str, Any], headers: Any = None, **bucket: Any) -> Decision:
    stored = {"owner": bucket.pop("owner", OWNER), "acl": None, "encryption": None, "storage_class": "STANDARD"}
    known = {
        "account": OWNER, "policy": {"Version": "2012-10-17", "Statement": list(statements)},
        "public_access_block": OFF, "ownership": "ObjectWriter", "acl": "private", "website": None,
        "request_payer": None, "encryption": None, "objects": {"k": stored}, **bucket,
    }  # fmt: skip
    of_origin = {"id": "o", "domain": "b.s3.eu-west-1.amazonaws.com", "signing": "always", **origin}
    behaviour = {
        "path": "*", "origin": "o", "methods": ["GET", "HEAD"], "trusted_signers": False, "forwards_host": False,
    }  # fmt: skip
    distribution = {
        "domains": ["d1.cloudfront.net"], "origins": [of_origin], "behaviours": [behaviour],
        "default_root_object": None, "custom_error_responses": [], "geo_restriction": None,
    }  # fmt: skip
    account: dict[str, Any] = {
        "public_access_block": None,
        "service_control_policies": [],
        "resource_control_policies": [],
    }
    state = {
        "version": 1, "account": {"id": OWNER, **account}, "buckets": {"b": known},
        "distributions": {"E1": distribution}, "vpc_endpoint_policies": [],
    }  # fmt: skip
    row = {"url": "https://d1.cloudfront.net/k", "headers": headers or {}}
    return Questions(json.dumps(state).encode()).asked(row)[1]


OAC, OAI = {"access": "oac"}, {"access": "oai", "identity": "E9"}


def test_cloudfront_agrees_by_a_header_of_its_origin() -> None:
    assert ask(OF_SERVICE, origin=OAC, request_payer="Requester").cause == "requester-pays"
    agrees = {**OAC, "headers": {"x-amz-request-payer": "requester"}}
    assert ask(OF_SERVICE, origin=agrees, request_payer="Requester").status == 200


@pytest.mark.parametrize(("signing", "verdict"), [("always", "not-refused"), ("no-override", "unknown")])
def test_whose_signature_it_is_that_viewers_bring(signing: str, verdict: str) -> None:
    decision = ask(OF_SERVICE, origin={**OAC, "signing": signing}, headers={"Authorization": "Basic eDp5"})
    assert decision.verdict == verdict
    assert ask(OF_SERVICE, origin={**OAC, "signing": signing}).status == 200


def test_a_public_statement_keeps_an_identity_out() -> None:
    restricted = {**OFF, "RestrictPublicBuckets": True}
    both = ask(READ, OF_IDENTITY, origin=OAI, public_access_block=restricted)
    assert both.cause == "public-policy-is-restricted"
    assert ask(OF_IDENTITY, origin=OAI, public_access_block=restricted).status == 200
    # The service is exempt.
    assert ask(READ, OF_SERVICE, origin=OAC, public_access_block=restricted).status == 200


def test_an_object_of_somebody_else_behind_cloudfront() -> None:
    assert ask(OF_SERVICE, origin=OAC, owner="444455556666").cause == "object-of-another-owner"
    mended = ask(OF_SERVICE, origin=OAC, owner="444455556666", ownership="BucketOwnerEnforced")
    assert mended.status == 200
