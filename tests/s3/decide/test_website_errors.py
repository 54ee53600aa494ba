"""The website endpoint when something is refused: routing rules, the error document, who pays."""

from __future__ import annotations

from typing import Any

import pytest

from audit403.core.decision import NOT_REFUSED, REFUSED
from audit403.s3.decide.evaluator import Evaluator
from audit403.s3.decide.request import WEBSITE, S3Request
from audit403.s3.model.world import World

OWNER = "111122223333"
PLAIN = {"owner": OWNER, "acl": None, "encryption": None, "storage_class": "STANDARD"}


def world(allowed: str = "*", website: dict[str, Any] | None = None, **more: Any) -> World:
    read = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::b/{allowed}"}
    bucket = {
        "account": OWNER,
        "policy": {"Version": "2012-10-17", "Statement": [read, *more.pop("statements", [])]},
        "public_access_block": None,
        "ownership": "BucketOwnerEnforced",
        "acl": None,
        "website": {"index_document": "index.html", **(website or {})},
        "request_payer": None,
        "encryption": None,
        "objects": {
            "index.html": PLAIN,
            "error.html": PLAIN,
            "dir/index.html": PLAIN,
            "private": PLAIN,
            "dir": None,
            "gone": None,
            "x/y": None,
        },
        **more,
    }
    account: dict[str, Any] = {"id": OWNER, "public_access_block": None, "resource_control_policies": []}
    return World({"account": account, "buckets": {"b": bucket}})


def ask(where: World, key: str, **request: Any) -> Any:
    context = {"aws:securetransport": ("false",), "aws:sourceip": ("192.0.2.1",)}
    asked = S3Request("s3:GetObject", f"arn:aws:s3:::b/{key}", "anonymous", context, WEBSITE)
    return Evaluator(where).decide(asked._replace(**request))


def test_an_error_document_leaves_the_status_as_it_was() -> None:
    decision = ask(world(website={"error_document": "error.html"}), "gone")
    assert (decision.verdict, decision.status, decision.cause) == (REFUSED, 403, "missing-key-without-list")
    assert "error.html is shown" in decision.trace[-1].text
    assert decision.because == ()


def test_an_error_document_that_cannot_be_had_is_a_second_refusal() -> None:
    decision = ask(world("index.html", website={"error_document": "error.html"}), "private")
    assert (decision.status, decision.cause) == (403, "nothing-allows")
    assert "error.html cannot be had either (403, nothing-allows)" in decision.because[-1].message


@pytest.mark.parametrize(
    ("condition", "key", "status"),
    [
        ({"HttpErrorCodeReturnedEquals": "403"}, "gone", 302),
        ({"HttpErrorCodeReturnedEquals": "404"}, "gone", 403),
        ({"HttpErrorCodeReturnedEquals": "403", "KeyPrefixEquals": "x/"}, "gone", 403),
        ({"HttpErrorCodeReturnedEquals": "403", "KeyPrefixEquals": "x/"}, "x/y", 302),
        ({"KeyPrefixEquals": "x/"}, "x/y", 302),
        ({"KeyPrefixEquals": "x/"}, "index.html", 200),
    ],
)
def test_routing_rules_count_by_prefix_and_by_what_came_of_the_request(
    condition: dict[str, str], key: str, status: int
) -> None:
    rule = {"Condition": condition, "Redirect": {"HostName": "h.example", "HttpRedirectCode": "302"}}
    assert ask(world(website={"RoutingRules": [rule]}), key).status == status


@pytest.mark.parametrize(
    ("key", "status"), [("", 200), ("dir/", 200), ("dir", 302), ("index.html", 200), ("none/", None)]
)
def test_index_documents(key: str, status: int | None) -> None:
    assert ask(world(), key).status == status


def test_all_requests_are_redirected_before_anything_is_looked_at() -> None:
    where = world("nothing", website={"redirect_all_requests_to": {"HostName": "h.example"}})
    assert (ask(where, "private").verdict, ask(where, "private").status) == (NOT_REFUSED, 301)


@pytest.mark.parametrize("payer", [False, True])
def test_nobody_pays_at_a_website(payer: bool) -> None:
    decision = ask(world(request_payer="Requester"), "index.html", payer=payer)
    assert (decision.status, decision.cause) == (403, "requester-pays")


@pytest.mark.parametrize("payer", [False, True])
def test_nobody_pays_without_a_signature(payer: bool) -> None:
    decision = ask(world(request_payer="Requester"), "index.html", endpoint="rest", payer=payer)
    assert (decision.status, decision.cause) == (403, "requester-pays")


def test_only_reading_is_possible() -> None:
    assert ask(world(), "index.html", action="s3:PutObject").status == 405


def test_what_is_not_known_says_nothing() -> None:
    decision = ask(world(), "never-collected")
    assert (decision.verdict, decision.says) == ("unknown", None)
