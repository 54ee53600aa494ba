"""Preflights: the first CORS rule that has origin, method and headers answers; without one S3 refuses."""

from __future__ import annotations

from typing import Any

import pytest

from audit403.core.decision import NOT_REFUSED, REFUSED, UNKNOWN
from audit403.s3.decide.preflight import preflight
from audit403.s3.model.world import World

RULE = {
    "AllowedOrigins": ["https://*.example"],
    "AllowedMethods": ["PUT"],
    "AllowedHeaders": ["X-Amz-*", "content-type"],
}
IN_TERRAFORM = {
    "allowed_origins": ["https://*.example"],
    "allowed_methods": ["PUT"],
    "allowed_headers": ["x-amz-*", "Content-Type"],
}
IN_XML = {"AllowedOrigin": "https://*.example", "AllowedMethod": "PUT", "AllowedHeader": ["x-amz-*", "content-type"]}
FORMS = [
    [RULE],
    {"CORSRules": [RULE]},
    {"CorsRules": [RULE]},
    {"cors_rule": [IN_TERRAFORM]},
    {"CORSConfiguration": {"CORSRule": IN_XML}},
]
ASKED = {
    "origin": "https://a.example",
    "access-control-request-method": "PUT",
    "access-control-request-headers": "x-amz-acl, Content-Type",
}


def answer(cors: Any, endpoint: str = "rest", **other: str) -> Any:
    headers = {**ASKED, **other}
    return preflight(World({"buckets": {"b": {"cors": cors}}}), "b", endpoint, headers)


@pytest.mark.parametrize("form", FORMS)
def test_each_form_of_a_rule_lets_through_what_it_names(form: Any) -> None:
    assert (answer(form).verdict, answer(form).status) == (NOT_REFUSED, 200)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("name", "value", "element"),
    [
        ("origin", "https://a.other", "AllowedOrigins"),
        ("origin", "http://a.example", "AllowedOrigins"),
        ("access-control-request-method", "GET", "AllowedMethods"),
        ("access-control-request-headers", "x-amz-acl, authorization", "AllowedHeaders"),
    ],
)
def test_one_element_that_does_not_match_is_enough(form: Any, name: str, value: str, element: str) -> None:
    decision = answer(form, **{name: value})
    assert (decision.verdict, decision.status, decision.cause) == (REFUSED, 403, "cors-refuses")
    assert [step.field for step in decision.trace] == [element]


def test_a_later_rule_counts_where_the_first_does_not_match() -> None:
    other = {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}
    decision = answer([other, RULE])
    assert decision.verdict == NOT_REFUSED
    assert decision.where.statement == "rule 1"


def test_a_question_mark_is_no_wildcard() -> None:
    assert answer([{**RULE, "AllowedOrigins": ["https://?.example"]}]).verdict == REFUSED


@pytest.mark.parametrize("none", [None, [], {}])
def test_no_configuration_refuses_every_preflight(none: Any) -> None:
    decision = answer(none)
    assert (decision.verdict, decision.says) == (REFUSED, "CORSResponse: CORS is not enabled for this bucket.")


def test_what_was_not_collected_is_unknown_and_no_bucket_refuses() -> None:
    unknown = preflight(World({"buckets": {"b": {}}}), "b", "rest", ASKED)
    assert (unknown.verdict, unknown.missing[0].name) == (UNKNOWN, "the CORS configuration of the bucket b")
    assert preflight(World({"buckets": {"b": None}}), "b", "rest", ASKED).verdict == REFUSED


@pytest.mark.parametrize("other", ["origin", "access-control-request-method"])
def test_an_incomplete_preflight_is_a_bad_request(other: str) -> None:
    without = {name: value for name, value in ASKED.items() if name != other}
    assert preflight(World({"buckets": {"b": {"cors": [RULE]}}}), "b", "rest", without).status == 400


def test_what_a_website_endpoint_does_is_not_documented() -> None:
    assert answer([RULE], "website").missing[0].reason == "undocumented"


@pytest.mark.parametrize("odd", ["x", 7, [1], {"CORSRules": "x"}, {"CORSRules": [None]}])
def test_what_is_no_configuration_is_not_guessed(odd: Any) -> None:
    assert answer(odd).verdict == UNKNOWN
