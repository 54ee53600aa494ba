"""Policies that mean no good: whatever stands in them, an answer comes, and soon."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from audit403.core.decision import REFUSED
from audit403.core.source import Source
from audit403.s3.model.pattern import arn_matcher, matcher, parts_of
from audit403.s3.questions import Questions
from audit403.s3.read.json_tree import NoJson, read_json, repeated

ASKED = {"action": "s3:GetObject", "resource": "arn:aws:s3:::b/k", "context": {"aws:SourceIp": "192.0.2.1"}}
ALLOW: dict[str, Any] = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
ODD: list[Any] = [
    None,
    True,
    7,
    10**300,
    -1.5,
    "",
    "x",
    [],
    [[]],
    [None],
    {},
    {"": None},
    {"AWS": [7, None, {}]},
    [{"a": [1]}],
]
ENOUGH = 10.0


def answer(policy: Any, **of_bucket: Any) -> Any:
    bucket = {
        "account": "1",
        "policy": policy,
        "acl": None,
        "ownership": "BucketOwnerEnforced",
        "public_access_block": None,
        **of_bucket,
    }
    state = {"account": {"public_access_block": None, "resource_control_policies": []}, "buckets": {"b": bucket}}
    return Questions(None).answer({**ASKED, "state": state})


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize(
    "element", ["Effect", "Principal", "NotPrincipal", "Action", "Resource", "NotResource", "Condition"]
)
def test_wrong_types_break_nothing_and_open_nothing(element: str, odd: Any) -> None:
    statement = {**ALLOW, element: odd}
    if element in ("NotPrincipal", "NotResource"):
        del statement[element.removeprefix("Not")]
    decision = answer({"Version": "2012-10-17", "Statement": [statement]})
    if element not in ("NotPrincipal", "NotResource", "Condition"):
        assert decision.verdict == REFUSED


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_documents_and_statements_of_the_wrong_type_open_nothing(odd: Any) -> None:
    for policy in (odd, {"Statement": odd}, {"Statement": [odd]}):
        assert answer(policy).verdict == REFUSED


@pytest.mark.parametrize(
    "field", ["acl", "ownership", "public_access_block", "website", "encryption", "cors", "objects"]
)
@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_a_state_of_the_wrong_types_breaks_nothing(field: str, odd: Any) -> None:
    assert answer(None, **{field: odd}).verdict in ("refused", "unknown")


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize(
    "operator", ["StringLike", "IpAddress", "NumericLessThan", "DateLessThan", "Bool", "Null", "ArnLike", "Oops"]
)
def test_values_of_conditions_of_the_wrong_type_break_nothing(operator: str, odd: Any) -> None:
    condition = {operator: {"aws:SourceIp": odd}}
    assert answer({"Version": "2012-10-17", "Statement": [{**ALLOW, "Condition": condition}]}).status in (
        None,
        403,
        200,
    )


def test_ten_thousand_arrays_in_a_policy_are_refused_at_once() -> None:
    text = '{"Statement": ' + "[" * 10_000 + "]" * 10_000 + "}"
    started = time.perf_counter()
    with pytest.raises(NoJson, match="nested deeper"):
        read_json(Source("p.json", text.encode()))
    assert answer(text).verdict == REFUSED
    assert time.perf_counter() - started < ENOUGH


def test_a_key_that_comes_twice_keeps_its_last_value_and_is_told() -> None:
    node = read_json(Source("p.json", b'\xef\xbb\xbf{"Effect": "Deny", "a": [{"b": 1, "b": 2}], "Effect": "Allow"}'))
    assert node.plain() == {"Effect": "Allow", "a": [{"b": 2}]}
    assert sorted(member.key for member in repeated(node)) == ["Effect", "b"]


@pytest.mark.parametrize(
    "text", ["{", "[1,]", '{"a" 1}', '{"a":1,}', '"\x01"', "nul", "01", '"\\x"', "", "1 2", "{1:2}", "]"]
)
def test_what_is_no_json_is_said_with_its_place(text: str) -> None:
    with pytest.raises(NoJson) as raised:
        read_json(Source("p.json", text.encode()))
    assert 0 <= raised.value.offset <= len(text)


@pytest.mark.parametrize("text", ["1" * 5_000, "1e999999", "-0.5", '"\\ud83d\\ude00\\u00e9"', '"\u00e9"'])
def test_numbers_and_characters_of_any_size(text: str) -> None:
    plain = read_json(Source("p.json", text.encode())).plain()
    assert plain == (json.loads(text) if len(text) < 300 else float("inf"))


@pytest.mark.parametrize("pattern", ["a*a*a*a*b", "*a" * 40 + "b", "?*" * 40 + "b", "*" * 5_000 + "b"])
def test_wildcards_cost_no_more_than_the_text_is_long(pattern: str) -> None:
    started = time.perf_counter()
    text = "a" * 20_000
    assert matcher(parts_of(pattern, False))(text) is None
    assert arn_matcher(parts_of(f"arn:aws:s3:::{pattern}", False))(f"arn:aws:s3:::{text}") is None
    assert matcher(parts_of(pattern, False))(f"{text}b") is not None
    assert time.perf_counter() - started < ENOUGH


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("a*b*c", "aXbYc", True),
        ("a*b*c", "acb", False),
        ("a*ab", "ab", False),
        ("a?c", "a\nc", True),
        ("*", "", True),
        ("?", "", False),
        ("a*", "b", False),
        ("*ab*ab", "ab", False),
        ("*ab*ab", "xabab", True),
        ("a.c", "abc", False),
    ],
)
def test_wildcards(pattern: str, text: str, matches: bool) -> None:
    assert (matcher(parts_of(pattern, False))(text) is not None) is matches


@pytest.mark.parametrize(
    ("pattern", "arn", "matches"),
    [
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/x/y:z", True),
        ("arn:*:s3:::b", "arn:aws-cn:s3:::b", True),
        ("arn:*:::b", "arn:aws:s3:::b", False),
        ("arn:aws:s3:*", "arn:aws:s3:::b/k", True),
        ("arn:aws:s3", "arn:aws:s3:::b", False),
        ("arn:aws:s3:::B", "arn:aws:s3:::b", False),
        ("*", "arn:aws:s3:::b", True),
    ],
)
def test_arns_match_part_by_part(pattern: str, arn: str, matches: bool) -> None:
    assert (arn_matcher(parts_of(pattern, False))(arn) is not None) is matches
