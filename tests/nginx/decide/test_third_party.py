"""Modules that are not nginx's own: what they may refuse stays open, what they answer is theirs."""

from __future__ import annotations

import pytest

from audit403.core.decision import NOT_REFUSED, UNKNOWN
from nginx.decide.small_http import decide


@pytest.mark.parametrize(
    "directive",
    [
        "modsecurity on;",
        "access_by_lua_block { ngx.exit(403) }",
        "rewrite_by_lua_file x.lua;",
        "js_access main.decide;",
        "SecRulesEnabled;",
    ],
)
def test_programs_that_may_refuse_leave_the_answer_open(directive: str) -> None:
    decision = decide(f"server {{ listen 80; location / {{ {directive} }} }}", "/f")
    assert (decision.verdict, decision.status) == (UNKNOWN, None)
    assert directive.split()[0].rstrip(";") in decision.missing[0].name
    # What refuses anyway is known.
    assert decide(f"server {{ listen 80; location / {{ {directive} deny all; }} }}", "/f").status == 403


@pytest.mark.parametrize(
    ("directive", "program"),
    [
        ("content_by_lua_block { ngx.exit(403) }", "content_by_lua_block"),
        ("content_by_lua_block { ngx.status = 403; ngx.say(1) }", "content_by_lua_block"),
        ("js_content main.answer;", "js_content main.answer"),
        ("perl Module::handler;", "perl Module::handler"),
        ("nchan_subscriber;", "nchan_subscriber"),
    ],
)
def test_programs_that_answer_are_handed_the_request(directive: str, program: str) -> None:
    decision = decide(f"server {{ listen 80; location / {{ {directive} }} }}", "/f")
    assert (decision.verdict, decision.status, decision.handed_to) == (NOT_REFUSED, None, program)
    assert decide(f"server {{ listen 80; location / {{ {directive} deny all; }} }}", "/f").status == 403


def test_a_fancy_listing_is_a_listing() -> None:
    assert decide("server { listen 80; location / { fancyindex on; } }", "/d/").verdict == NOT_REFUSED
    assert decide("server { listen 80; location / { fancyindex off; } }", "/d/").status == 403
    assert decide("server { listen 80; location / { fancyindex on; } }", "/d/", "POST").status == 403
