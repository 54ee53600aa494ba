"""Modules that are not nginx's own: what they may refuse stays open, what they answer is theirs."""

from __future__ import annotations

import pytest

from audit403.core.decision import NOT_REFUSED, REFUSED, UNKNOWN
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
    # What refuses anyway is known, but where code may answer before that.
    refused = decide(f"server {{ listen 80; location / {{ {directive} deny all; }} }}", "/f")
    assert refused.verdict == (UNKNOWN if directive.startswith("rewrite") else REFUSED)


def test_code_that_may_let_in_counts_for_satisfy_any() -> None:
    server = "server { listen 80; location / { satisfy %s; deny all; access_by_lua_file x.lua; } }"
    assert decide(server % "any", "/f").verdict == UNKNOWN
    assert decide(server % "all", "/f").status == 403


def test_a_module_that_asks_for_passwords_answers_401() -> None:
    server = "server { listen 80; location / { satisfy %s; %s auth_pam x; } }"
    password = (("Authorization", "Basic YTpi"),)
    assert decide(server % ("all", ""), "/f").status == 401
    assert decide(server % ("any", "deny all;"), "/f").status == 401
    assert decide(server % ("all", "deny all;"), "/f").status == 403
    assert decide(server % ("any", "allow all;"), "/f").status == 200
    asked = decide(server % ("any", "deny all;"), "/f", headers=password)
    assert (asked.verdict, asked.status) == (NOT_REFUSED, None)


def test_a_firewall_looks_before_a_location_returns() -> None:
    assert decide("server { listen 80; location / { modsecurity on; return 200; } }").verdict == UNKNOWN
    assert decide("server { listen 80; modsecurity on; return 200; }").status == 200


def test_code_runs_in_subrequests_where_it_rewrites() -> None:
    server = "server { listen 80; location / { auth_request /a; } location = /a { %s empty_gif; } }"
    assert decide(server % "access_by_lua_file x;", "/f").status == 200
    assert decide(server % "rewrite_by_lua_file x;", "/f").verdict == UNKNOWN


@pytest.mark.parametrize(
    ("setter", "status"),
    [
        ("set_if_empty $x 1;", 403),
        ("set $x 0; set_if_empty $x 1;", 200),
        ("set_by_lua_block $x { return 1 }", None),
        ("set $x 1; set_md5 $x a;", None),
        ("set_md5 $x a; set $x 1;", 403),
    ],
)
def test_other_modules_set_variables_in_the_order_of_the_file(setter: str, status: int | None) -> None:
    server = "server { listen 80; location / { %s if ($x) { return 403; } return 200; } }"
    assert decide(server % setter).status == status


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


def test_echo_sends_its_status_past_error_page() -> None:
    server = "server { listen 80; error_page 403 /f; location / { %s } location /b { echo_status 403; echo x; } }"
    refused = decide(server % "echo_status 403; echo no;")
    assert (refused.status, refused.cause) == (403, "echo")
    assert decide(server % "echo yes;").status == 200
    assert decide(server % "echo_exec /b;").status == 403
    assert decide(server % "echo_exec @c;" + " server { listen 81; }").status == 500
    # A status without anything to send is no answer.
    assert decide(server % "echo_status 403;", "/f").status == 200
    inside = "echo_status 200; if ($args) { echo_status 403; } echo x;"
    assert decide(server % inside, "/?a").status == 403


@pytest.mark.parametrize(
    ("method", "target", "depth", "status"),
    [
        ("PROPFIND", "/d/", "infinity", 403),
        ("PROPFIND", "/d/", "1", 207),
        ("PROPFIND", "/none", None, 404),
        ("PROPFIND", "/d", "7", 400),
        ("OPTIONS", "/d", None, 200),
        ("LOCK", "/f", None, 405),
        ("GET", "/d/", None, 403),
    ],
)
def test_more_of_webdav(method: str, target: str, depth: str | None, status: int) -> None:
    headers = () if depth is None else (("Depth", depth),)
    server = "server { listen 80; location / { dav_ext_methods PROPFIND OPTIONS LOCK; } }"
    assert decide(server, target, method, headers).status == status


def test_a_purge_is_refused_to_those_that_are_not_listed() -> None:
    server = "server { listen 80; location / { proxy_pass http://u; proxy_cache_purge PURGE from 10.0.0.0/8; } }"
    assert decide(server, method="PURGE").status == 403
    assert decide(server, method="PURGE", client="10.0.0.1").verdict == NOT_REFUSED
    assert decide(server, method="GET").handed_to == "proxy_pass http://u"
    apart = "server { listen 80; location / { deny 127.0.0.1; proxy_cache_purge zone $uri; } }"
    assert decide(apart, method="PURGE").status == 403
    assert decide(apart, method="PURGE", client="10.0.0.1").verdict == NOT_REFUSED


def test_passenger_answers_for_all_that_is_no_file() -> None:
    server = "server { listen 80; passenger_enabled on; location /d/ { passenger_enabled off; } }"
    assert decide(server, "/").handed_to == "passenger"
    assert decide(server, "/f").status == 200
    assert decide(server, "/d/").status == 403


def test_what_ends_in_pass_hands_on() -> None:
    assert decide("server { listen 80; location / { tnt_pass somewhere; } }").handed_to == "tnt_pass somewhere"


def test_request_headers_are_changed_after_the_rewriting() -> None:
    server = """server { listen 80; more_set_input_headers "X-A: 1";
        location / { more_clear_input_headers "X-B*"; %s rewrite ^ /z last; }
        location /z { if ($http_x_%s) { return 403; } return 200; } }"""
    assert decide(server % ("", "a")).status == 403
    assert decide(server % ("", "b"), headers=(("X-B", "1"), ("X-Bc", "1"))).status == 200
    # A variable that was looked at before keeps its value.
    assert decide(server % ("if ($http_x_a) { return 402; }", "a")).status == 200
    only_there = "more_set_input_headers -r 'X-C: %s';"
    assert decide(server % (only_there % "1", "c")).status == 200
    assert decide(server % (only_there % "", "c"), headers=(("X-C", "1"),)).status == 200
    assert decide(server % ("more_set_input_headers -t text/x 'X-C: 1';", "c")).status == 200


def test_an_image_filter_answers_415_for_every_page_of_nginx() -> None:
    server = "server { listen 80; location / { image_filter %s; deny all; %s } }"
    assert decide(server % ("resize 10 10", ""), "/f").status == 415
    # The error_page of the level was looked at for the 403 already.
    assert decide(server % ("resize 10 10", "error_page 415 =403 /f;"), "/f").status == 415
    assert decide(server % ("size", ""), "/f").status == 200
    assert decide(server % ("off", ""), "/f").status == 403
