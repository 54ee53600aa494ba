"""Ways of asking: of each condition key a value, its absence, or that nobody knows."""

from __future__ import annotations

from typing import Any

import pytest

from audit403.core.decision import Missing
from audit403.core.errors import BadUsage
from audit403.s3.decide.profile import NAMES, Brought, profile_of, request_by
from audit403.s3.model.world import World

OWNER = "111122223333"
WORLD = World(
    {
        "account": {"id": OWNER},
        "buckets": {"b": {"account": OWNER}},
        "distributions": {"E2": {"account": "444455556666"}},
    }
)
USER, ROLE = f"arn:aws:iam::{OWNER}:user/team/anna", f"arn:aws:iam::{OWNER}:role/path/deploy"
SESSION = f"arn:aws:sts::{OWNER}:assumed-role/deploy/ci"
UNKNOWN, ABSENT = "unknown", ()
ANONYMOUS = {
    "aws:sourceip": ("192.0.2.1",),
    "aws:sourcevpce": ABSENT,
    "aws:principalarn": ABSENT,
    "aws:principalorgid": ABSENT,
    "aws:principaltype": ("Anonymous",),
    "aws:multifactorauthpresent": ABSENT,
    "s3:authtype": ABSENT,
    "aws:referer": ABSENT,
    "aws:useragent": UNKNOWN,
    "aws:resourceaccount": (OWNER,),
    "s3:existingobjecttag/public": UNKNOWN,
    "aws:sourcearn": ABSENT,
    "aws:principalisawsservice": ABSENT,
    "aws:currenttime": ("1970-01-01T00:00:00Z",),
    "aws:nonsense": ABSENT,
}


def context(name: str, principal: str | None = None) -> Any:
    return request_by(profile_of(name, principal), WORLD, "s3:GetObject", "arn:aws:s3:::b/k", 0).context


@pytest.mark.parametrize(
    ("name", "principal", "expected"),
    [
        ("anonymous-https", None, {**ANONYMOUS, "aws:securetransport": ("true",), "s3:tlsversion": ("1.2",)}),
        ("anonymous-http", None, {**ANONYMOUS, "aws:securetransport": ("false",), "s3:tlsversion": ABSENT}),
        ("website", None, {**ANONYMOUS, "aws:securetransport": ("false",)}),
        (
            "cloudfront-oac:E1",
            None,
            {
                "aws:sourcearn": (f"arn:aws:cloudfront::{OWNER}:distribution/E1",),
                "aws:sourceaccount": (OWNER,),
                "aws:sourceip": UNKNOWN,
                "aws:principalisawsservice": ("true",),
                "aws:principalorgid": ABSENT,
            },
        ),
        ("cloudfront-oac:E2", None, {"aws:sourceaccount": ("444455556666",)}),
        ("oai:E9", None, {"aws:sourceip": UNKNOWN, "aws:sourcearn": ABSENT, "aws:principalorgid": ABSENT}),
        (
            f"role:{ROLE}",
            None,
            {
                "aws:principalarn": (ROLE,),
                "aws:principaltag/team": UNKNOWN,
                "aws:multifactorauthpresent": UNKNOWN,
                "aws:principalorgid": UNKNOWN,
                "aws:username": ABSENT,
            },
        ),
        (f"role:{SESSION}", None, {"aws:principalarn": (f"arn:aws:iam::{OWNER}:role/deploy",)}),
        (
            "vpce:vpce-1",
            USER,
            {
                "aws:sourcevpce": ("vpce-1",),
                "aws:sourceip": ABSENT,
                "aws:sourcevpc": UNKNOWN,
                "aws:vpcsourceip": UNKNOWN,
                "aws:username": ("anna",),
                "aws:multifactorauthpresent": ABSENT,
            },
        ),
        ("presigned", USER, {"s3:authtype": ("REST-QUERY-STRING",), "s3:signatureage": UNKNOWN}),
    ],
)
def test_what_comes_with_a_request(name: str, principal: str | None, expected: dict[str, Any]) -> None:
    found = context(name, principal)
    assert isinstance(found, Brought)
    have = {key: found.get(key, ()) for key in expected}
    assert {key: UNKNOWN if isinstance(value, Missing) else value for key, value in have.items()} == expected


@pytest.mark.parametrize(
    ("name", "principal"),
    [
        ("nobody", None),
        ("oai", None),
        ("website:x", None),
        ("", None),
        ("presigned", None),
        ("role:anonymous", None),
        (f"role:{USER}", None),
        ("anonymous-https", USER),
    ],
)
def test_what_is_no_profile_is_said(name: str, principal: str | None) -> None:
    with pytest.raises(BadUsage):
        profile_of(name, principal)


def test_every_name_that_is_told_is_one() -> None:
    about = {"ID": "E1", "ARN": ROLE}
    for name in NAMES:
        kind, _, kinds = name.partition(":")
        assert (
            profile_of(f"{kind}:{about[kinds]}" if kinds else kind, USER if kind == "presigned" else None).kind == kind
        )


def test_a_distribution_of_an_unknown_account_leaves_its_arn_open() -> None:
    request = request_by(profile_of("cloudfront-oac:E1"), World({}), "s3:GetObject", "arn:aws:s3:::b/k", 0)
    assert isinstance(request.context.get("aws:sourcearn"), Missing)
