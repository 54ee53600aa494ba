"""URLs, the whole way: presigned ones and those behind CloudFront."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from audit403.core.decision import Decision
from audit403.core.errors import BadUsage
from audit403.s3.questions import Questions

OWNER, USER = "111122223333", "arn:aws:iam::111122223333:user/anna"
SESSION = "arn:aws:sts::111122223333:assumed-role/deploy/ci"
SIGNED_AT = 1_790_000_000  # 2026-09-21T14:13:20Z
QUERY = {
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": "AKIAEXAMPLE/20260921/eu-west-1/s3/aws4_request",
    "X-Amz-Date": "20260921T141320Z",
    "X-Amz-Expires": "3600",
    "X-Amz-SignedHeaders": "host",
    "X-Amz-Signature": "ab",
}
ALLOW: dict[str, Any] = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
OF_E1 = {**ALLOW, "Principal": {"Service": "cloudfront.amazonaws.com"}}
OF_E1["Condition"] = {"StringEquals": {"aws:SourceArn": f"arn:aws:cloudfront::{OWNER}:distribution/E1"}}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def state(*statements: dict[str, Any], objects: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    plain = {"owner": OWNER, "acl": None, "encryption": None, "storage_class": "STANDARD"}
    bucket = {
        "account": OWNER,
        "policy": policy(*statements) if statements else None,
        "public_access_block": None,
        "ownership": "BucketOwnerEnforced",
        "acl": None,
        "website": None,
        "request_payer": None,
        "encryption": None,
        "objects": {"k": plain, "index.html": plain, "gone": None} if objects is None else objects,
    }
    account: dict[str, Any] = {
        "id": OWNER,
        "public_access_block": None,
        "service_control_policies": [],
        "resource_control_policies": [],
    }
    identity = [policy({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})]
    anna = {"policies": identity, "boundary": [], "session": None, "access_keys": ["AKIAEXAMPLE"]}
    role = {"policies": identity, "boundary": [], "session": None}
    principals = {USER: anna, SESSION: role}
    return {"version": 1, "account": account, "buckets": {"b": bucket}, "principals": principals, **more}


def ask(world: dict[str, Any], url: str, at: float = SIGNED_AT + 60, **row: Any) -> Decision:
    return Questions(json.dumps(world).encode(), lambda: at).asked({"url": url, **row})[1]


def presigned(**changes: str | None) -> str:
    query = {name: value for name, value in {**QUERY, **changes}.items() if value is not None}
    return f"https://b.s3.eu-west-1.amazonaws.com/k?{urlencode(query)}"


def changed(name: str, value: str | None) -> str:
    return presigned(**{f"X-Amz-{name}": value})


@pytest.mark.parametrize(
    ("url", "after", "status", "cause"),
    [
        (presigned(), 0, 200, "served"),
        (presigned(), 3600, 200, "served"),
        (presigned(), 3601, 403, "presigned-url-has-expired"),
        (presigned(), -901, 403, "presigned-url-is-not-valid-yet"),
        (presigned(), -60, None, "served"),
        (changed("Expires", "604800"), 604_800, 200, "served"),
        (changed("Expires", "604801"), 0, 400, "presigned-url-is-malformed"),
        (changed("Expires", "-1"), 0, 400, "presigned-url-is-malformed"),
        (changed("Expires", "9" * 4000), 0, 400, "presigned-url-is-malformed"),
        (changed("Date", "20260921"), 0, 400, "presigned-url-is-malformed"),
        (changed("Date", "20269921T141320Z"), 0, 400, "presigned-url-is-malformed"),
        (changed("Date", "20260922T141320Z"), 0, 400, "presigned-url-is-malformed"),
        (changed("Signature", None), 0, 400, "presigned-url-is-malformed"),
        (changed("Credential", "AKIAEXAMPLE"), 0, 400, "presigned-url-is-malformed"),
        (
            changed("Credential", "AKIAEXAMPLE/20260921/eu-west-1/sts/aws4_request"),
            0,
            400,
            "presigned-url-is-malformed",
        ),
        (changed("Credential", "AKIAEXAMPLE/20260921/us-east-1/s3/aws4_request"), 0, 400, "presigned-url-is-malformed"),
    ],
)
def test_the_limits_of_a_presigned_url(url: str, after: int, status: int | None, cause: str) -> None:
    decision = ask(state(), url, SIGNED_AT + after)
    assert (decision.status, decision.cause) == (status, cause)


def test_the_older_kind_says_when_it_ends() -> None:
    url = f"https://b.s3.amazonaws.com/k?AWSAccessKeyId=AKIAEXAMPLE&Signature=ab&Expires={SIGNED_AT}"
    assert ask(state(), url, SIGNED_AT).status == 200
    assert ask(state(), url, SIGNED_AT + 1).cause == "presigned-url-has-expired"
    assert ask(state(), url.replace("&Signature=ab", "")).cause == "presigned-url-is-incomplete"


def test_headers_of_amazon_must_be_signed() -> None:
    header = {"X-Amz-Acl": "private"}
    assert ask(state(), presigned(), headers=header).cause == "header-is-not-signed"
    signed = changed("SignedHeaders", "host;x-amz-acl")
    assert ask(state(), signed, headers=header).status == 200
    assert ask(state(), signed).missing[0].name == "the value of the header x-amz-acl, which is signed"


def test_of_an_unknown_access_key_nothing_is_said() -> None:
    url = changed("Credential", "AKIAOTHER/20260921/eu-west-1/s3/aws4_request")
    assert "AKIAOTHER" in ask(state(), url).missing[0].name
    assert ask(state(), url, principal=USER).status == 200


UPLOAD = "arn:aws:iam::111122223333:role/upload"


def put(header: str, value: str, *more: str, method: str = "PUT") -> tuple[int | None, str]:
    """What becomes of a request with a header, by somebody who may read and write objects, and `more` than that."""
    actions = ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", *more]
    allow = {"Effect": "Allow", "Action": actions, "Resource": "arn:aws:s3:::b/*"}
    world = state()
    world["principals"][UPLOAD] = {"policies": [policy(allow)], "boundary": [], "session": None}
    decision = ask(world, "s3://b/k", method=method, principal=UPLOAD, headers={header: value})
    return decision.status, decision.says or ""


@pytest.mark.parametrize(
    ("header", "value", "action", "method"),
    [
        ("x-amz-acl", "bucket-owner-full-control", "s3:PutObjectAcl", "PUT"),
        ("X-Amz-Grant-Full-Control", "id=1", "s3:PutObjectAcl", "PUT"),
        ("x-amz-tagging", "a=b", "s3:PutObjectTagging", "PUT"),
        ("x-amz-object-lock-mode", "GOVERNANCE", "s3:PutObjectRetention", "PUT"),
        ("x-amz-object-lock-legal-hold", "ON", "s3:PutObjectLegalHold", "PUT"),
        ("x-amz-copy-source", "/b/k?versionId=1", "s3:GetObjectVersion", "PUT"),
        ("x-amz-bypass-governance-retention", "true", "s3:BypassGovernanceRetention", "DELETE"),
    ],
)
def test_headers_that_need_a_permission_of_their_own(header: str, value: str, action: str, method: str) -> None:
    status, says = put(header, value, method=method)
    assert status == 403
    assert f"perform: {action} on" in says
    assert put(header, value, action, method=method)[0] == (400 if "Grant" in header else 200)


def test_headers_that_need_none() -> None:
    assert put("x-amz-storage-class", "STANDARD_IA")[0] == put("x-amz-copy-source", "b/index.html")[0] == 200


def test_the_owner_that_a_request_expects() -> None:
    header = {"X-Amz-Expected-Bucket-Owner": OWNER}
    assert ask(state(ALLOW), "s3://b/k", headers=header).status == 200
    other = ask(state(ALLOW), "s3://b/k", headers={"X-Amz-Expected-Bucket-Owner": "444455556666"})
    assert (other.status, other.cause, other.says) == (403, "bucket-of-another-owner", "Access Denied")


def test_a_url_says_until_when_it_is_good() -> None:
    session = {"X-Amz-Credential": "ASIAEXAMPLE/20260921/eu-west-1/s3/aws4_request", "X-Amz-Expires": "604800"}
    decision = ask(state(ALLOW), presigned(**session), principal=SESSION)
    told = {step.phase: step for step in decision.trace[:2]}
    assert "good until 2026-09-28T14:13:20Z" in told["presigned URL"].text
    assert "36 hours" in told["credentials"].text
    short = ask(state(ALLOW), presigned(**{**session, "X-Amz-Expires": "60"}), principal=SESSION)
    assert "36 hours" not in short.trace[1].text


def test_a_url_dies_with_the_credentials_of_its_session() -> None:
    url = changed("Credential", "ASIAEXAMPLE/20260921/eu-west-1/s3/aws4_request")
    url = url.replace("Expires=3600", "Expires=604800")
    world = state()
    assert ask(world, url, principal=SESSION).missing[0].name == f"when the credentials of {SESSION} expire"
    assert ask(world, url, SIGNED_AT + 36 * 3600 + 1, principal=SESSION).status == 400
    world["principals"][SESSION]["credentials_expire"] = "2026-09-21T15:13:20Z"
    assert ask(world, url, principal=SESSION).status == 200
    dead = ask(world, url, SIGNED_AT + 3601, principal=SESSION)
    assert (dead.status, dead.cause) == (400, "credentials-have-expired")


def test_age_and_kind_of_the_signature_reach_the_conditions() -> None:
    old = {"NumericGreaterThan": {"s3:signatureAge": "600000"}}
    deny = {**ALLOW, "Effect": "Deny", "Condition": old}
    assert ask(state(deny), presigned(), SIGNED_AT + 600).status == 200
    assert ask(state(deny), presigned(), SIGNED_AT + 601).cause == "policy-denies"
    by_query = {**ALLOW, "Effect": "Deny", "Condition": {"StringEquals": {"s3:authType": "REST-QUERY-STRING"}}}
    assert ask(state(by_query), presigned()).cause == "policy-denies"
    assert ask(state(by_query), "s3://b/k", principal=USER).status == 200


def front(**changes: Any) -> dict[str, Any]:
    origin = {"id": "o", "domain": "b.s3.eu-west-1.amazonaws.com", "access": "oac", "signing": "always"}
    behaviour = {
        "path": "*",
        "origin": "o",
        "methods": ["GET", "HEAD"],
        "viewers": "allow-all",
        "trusted_signers": False,
        "forwards_host": False,
    }
    found = {
        "domains": ["d1.cloudfront.net", "*.example"],
        "origins": [{**origin, **changes.pop("origin", {})}],
        "behaviours": [*changes.pop("first", []), {**behaviour, **changes.pop("behaviour", {})}],
        "default_root_object": "index.html",
        "custom_error_responses": [],
        "geo_restriction": None,
    }
    return {"distributions": {"E1": {**found, **changes}}}


URL = "https://d1.cloudfront.net"


@pytest.mark.parametrize(
    ("changes", "statement", "path", "status", "cause"),
    [
        ({}, OF_E1, "/k", 200, "served"),
        ({}, OF_E1, "/", 200, "served"),
        ({}, OF_E1, "/gone", 403, "missing-key-without-list"),
        ({"default_root_object": None}, OF_E1, "/", 403, "nothing-allows"),
        ({"origin": {"path": "/app"}}, OF_E1, "/k", None, "missing-key-without-list"),
        ({"origin": {"signing": "never"}}, OF_E1, "/k", 403, "nothing-allows"),
        ({"origin": {"access": "none"}}, OF_E1, "/k", 403, "nothing-allows"),
        ({"origin": {"access": "none"}}, ALLOW, "/k", 200, "served"),
        ({"origin": {"access": "oai", "identity": "E9"}}, OF_E1, "/k", 403, "nothing-allows"),
        ({"origin": {"access": "oai"}}, OF_E1, "/k", None, "nothing-allows"),
        ({"behaviour": {"forwards_host": True}}, OF_E1, "/k", 403, "cloudfront-forwards-host"),
        ({"behaviour": {"methods": ["HEAD"]}}, OF_E1, "/k", 403, "cloudfront-method-not-allowed"),
        ({"behaviour": {"trusted_signers": True}}, OF_E1, "/k", 403, "cloudfront-needs-signed-requests"),
        ({"behaviour": {"trusted_signers": True}}, OF_E1, "/k?Signature=a&Key-Pair-Id=b&Expires=1", None, "served"),
        ({"geo_restriction": {"type": "whitelist", "locations": ["CH"]}}, OF_E1, "/k", None, "served"),
        ({"origin": {"domain": "app.example"}}, OF_E1, "/k", None, "cloudfront-origin-elsewhere"),
    ],
)  # fmt: skip
def test_behind_cloudfront(changes: dict[str, Any], statement: Any, path: str, status: int | None, cause: str) -> None:
    decision = ask(state(statement, **front(**changes)), f"{URL}{path}")
    assert (decision.status, decision.cause) == (status, cause)


def test_the_identity_of_an_origin_is_whom_the_policy_names() -> None:
    arn = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E9"
    statement = {**ALLOW, "Principal": {"AWS": arn}}
    world = state(statement, **front(origin={"access": "oai", "identity": "E9"}))
    assert ask(world, f"{URL}/k").status == 200
    other = {**ALLOW, "Principal": {"AWS": arn.replace("E9", "E8")}}
    assert ask(state(other, **front(origin={"access": "oai", "identity": "E9"})), f"{URL}/k").status == 403


def test_a_statement_for_another_distribution_opens_nothing() -> None:
    other = {**OF_E1, "Condition": {"StringEquals": {"aws:SourceArn": f"arn:aws:cloudfront::{OWNER}:distribution/E2"}}}
    assert ask(state(other, **front()), f"{URL}/k").cause == "nothing-allows"


def test_the_first_behaviour_that_takes_the_path_counts() -> None:
    first = {"path": "/api/*", "origin": "o", "methods": ["POST"], "trusted_signers": False, "forwards_host": False}
    world = state(OF_E1, **front(first=[first]))
    assert ask(world, f"{URL}/api/x").cause == "cloudfront-method-not-allowed"
    assert ask(world, f"{URL}/k").status == 200


@pytest.mark.parametrize(("viewers", "status"), [("https-only", 403), ("redirect-to-https", 301)])
def test_viewers_over_plain_http(viewers: str, status: int) -> None:
    world = state(OF_E1, **front(behaviour={"viewers": viewers}))
    assert ask(world, "http://d1.cloudfront.net/k").status == status


def test_an_origin_is_asked_as_the_viewer_came() -> None:
    deny = {**ALLOW, "Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    world = state(ALLOW, deny, **front(origin={"access": "none"}))
    assert ask(world, f"{URL}/k").status == 200
    assert ask(world, "http://d1.cloudfront.net/k").cause == "policy-denies"
    assert ask(state(OF_E1, deny, **front()), "http://d1.cloudfront.net/k").missing[0].reason == "undocumented"


def test_a_custom_error_response_takes_the_place_of_a_refusal_where_its_page_can_be_had() -> None:
    def responding(page: str, status: int | None) -> Decision:
        response = {"error_code": 403, "response_code": status, "page": page}
        return ask(state(OF_E1, **front(custom_error_responses=[response])), f"{URL}/gone")

    assert (responding("/index.html", 200).verdict, responding("/index.html", 200).status) == ("not-refused", 200)
    assert responding("/gone", 200).status == 403
    assert responding("/index.html", None).status == 403


def test_a_secret_header_of_the_origin_reaches_the_policy() -> None:
    statement = {**ALLOW, "Condition": {"StringEquals": {"aws:Referer": "secret"}}}
    given = {"access": "none", "headers": {"Referer": "secret"}}
    assert ask(state(statement, **front(origin=given)), f"{URL}/k").status == 200
    assert ask(state(statement, **front(origin={"access": "none"})), f"{URL}/k").status == 403


def test_an_unknown_name_is_no_endpoint() -> None:
    with pytest.raises(BadUsage):
        ask(state(OF_E1, **front()), "https://d2.cloudfront.net/k")
    assert ask(state(OF_E1, **front()), "https://www.example/k").status == 200


@pytest.mark.parametrize("odd", [7, [], {"E1": 3}, {"E1": {"domains": 7, "origins": "x", "behaviours": [1, {}]}}])
def test_distributions_that_are_none_break_nothing(odd: Any) -> None:
    assert ask(state(OF_E1, distributions=odd), "https://b.s3.amazonaws.com/k").status == 403


@pytest.mark.parametrize(
    "name", ["role:arn:aws:iam::111122223333:role/deploy", "cloudfront-oac:E1", "website", "presigned"]
)
def test_a_profile_is_no_principal(name: str) -> None:
    with pytest.raises(BadUsage, match="give it by --profile"):
        ask(state(ALLOW), "s3://b/k", principal=name)


def test_what_may_be_missing_is_told_as_such() -> None:
    world = state(ALLOW)
    del world["buckets"]["b"]["objects"]
    decision = ask(world, "s3://b/k")
    assert decision.verdict == "unknown"
    assert decision.trace[-1].phase == "perhaps"
    assert decision.trace[-1].text.startswith("k, if it is missing: anonymous visitors may not list the bucket")


def test_what_names_no_host_goes_to_the_region_of_the_bucket() -> None:
    here = {**ALLOW, "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}}
    world = state(here)
    assert ask(world, "s3://b/k").missing[0].name.startswith("aws:requestedregion")
    world["buckets"]["b"]["region"] = "eu-west-1"
    assert ask(world, "s3://b/k").status == 200
    world["buckets"]["b"]["region"] = "us-east-1"
    assert ask(world, "s3://b/k").status == 403


def test_a_url_without_a_region_is_signed_for_that_of_the_bucket() -> None:
    url = presigned().replace(".eu-west-1.", ".")
    assert ask(state(), url).status == 200
    world = state()
    world["buckets"]["b"]["region"] = "us-east-1"
    assert "expecting 'us-east-1'" in str(ask(world, url).says)
