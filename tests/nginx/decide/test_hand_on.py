"""proxy_pass: to this very nginx, to another program, and what reaches the other side."""

from __future__ import annotations

from audit403.core.decision import NOT_REFUSED, UNKNOWN
from nginx.decide.small_http import decide, status

BACK = "server { listen 127.0.0.1:8080; listen unix:/s; %s }"


def front(inside: str, back: str, before: str = "") -> str:
    return f"{before} server {{ listen 80; {inside} }} {BACK % back}"


def test_the_connection_header_and_the_version_are_nginx_own() -> None:
    inside = "location / { proxy_pass http://127.0.0.1:8080; %s }"
    closes = "if ($http_connection = close) { return 403; } return 200;"
    old = "if ($server_protocol = HTTP/1.0) { return 403; } return 200;"
    assert status(front(inside % "", closes)) == 403
    assert status(front(inside % "proxy_set_header Connection x;", closes)) == 200
    assert status(front(inside % "", old)) == 403
    assert status(front(inside % "proxy_http_version 1.1;", old)) == 200


def test_without_a_host_version_decides() -> None:
    inside = 'location / { proxy_pass http://127.0.0.1:8080; proxy_set_header Host ""; proxy_http_version %s; }'
    assert status(front(inside % "1.0", "return 200;")) == 200
    assert status(front(inside % "1.1", "return 200;")) == 400
    twice = inside.replace('Host ""', "Host a; proxy_set_header Host b")
    assert status(front(twice % "1.1", "return 200;")) == 400


def test_a_named_location_passes_the_target_as_it_came_a_redirect_does_not() -> None:
    back = "if ($request_uri ~ %41) { return 403; } return 200;"
    named = "location / { try_files /none @b; } location @b { proxy_pass http://127.0.0.1:8080; }"
    redirected = "location / { try_files /none /b$uri; } location /b/ { proxy_pass http://127.0.0.1:8080; }"
    assert status(front(named, back), "/%41") == 403
    assert status(front(redirected, back), "/%41") == 200


def test_after_a_rewrite_the_uri_of_proxy_pass_is_not_used() -> None:
    inside = "location /p/ { rewrite ^ /f break; proxy_pass http://127.0.0.1:8080/refuses/; }"
    assert status(front(inside, "location /refuses/ { return 403; } location / { return 204; }"), "/p/x") == 204


def test_known_answers_are_intercepted_even_after_an_error_page() -> None:
    inside = """location / { error_page 404 =200 /p; }
        location = /p { proxy_pass http://unix:/s:/; proxy_intercept_errors %s; error_page 403 /x; }"""
    assert status(front(inside % "off", "return 403;"), "/none") == 200
    assert status(front(inside % "on", "return 403;"), "/none") == 403
    plain = "location / { proxy_pass http://127.0.0.1:8080; proxy_intercept_errors on; error_page 403 =200 /f; }"
    assert status(front(plain + " location = /f { }", "return 403;")) == 200


def test_a_closed_connection_is_a_bad_gateway() -> None:
    inside = "location / { proxy_pass %s://127.0.0.1:8080; error_page 502 =403 /f; } location = /f { }"
    assert status(front(inside % "http", "return 444;")) == 403
    assert status(front(inside % "https", "return 200;")) == 403


def test_every_server_of_an_upstream_is_asked() -> None:
    inside = "location / { proxy_pass http://up; }"
    up = "upstream up { server 127.0.0.1:8080; server 127.0.0.1:8081; server 127.0.0.1:9 down; }"
    other = " server { listen 127.0.0.1:8081; return %s; }"
    assert status(front(inside, "return 403;", up) + other % 403) == 403
    assert decide(front(inside, "return 403;", up) + other % 200).verdict == UNKNOWN
    mixed = decide(front(inside, "return 200;", up) + other % 404)
    assert (mixed.verdict, mixed.status, mixed.handed_to) == (NOT_REFUSED, None, "proxy_pass http://up")


def test_another_program_answers_for_itself() -> None:
    inside = "location / { proxy_pass http://127.0.0.1:9999; %s }"
    passed = decide(front(inside % "error_page 404 403 /f;", "return 200;"))
    assert (passed.verdict, passed.handed_to) == (NOT_REFUSED, "proxy_pass http://127.0.0.1:9999")
    assert decide(front(inside % "proxy_intercept_errors on; error_page 403 /f;", "return 200;")).verdict == UNKNOWN
    many = "proxy_intercept_errors on; error_page 404 500 502 503 504 429 405 /f;"
    told = decide(front(inside % many + " location = /f { }", "return 200;"))
    assert (told.verdict, told.status, told.handed_to) == (NOT_REFUSED, None, "proxy_pass http://127.0.0.1:9999")


def test_a_url_that_is_none_is_an_error_of_nginx_own() -> None:
    inside = "set $to %s; location / { proxy_pass http://$to; }"
    assert status(front(inside % "127.0.0.1:x", "return 200;")) == 500
    assert status(front(inside % '""', "return 200;")) == 500
    assert status(front(inside % "127.0.0.1:8080?x", "if ($args) { return 403; } return 200;")) == 403


def test_an_if_that_hands_on_is_forgotten_by_the_next_that_holds() -> None:
    inside = "location / { if ($args) { proxy_pass http://127.0.0.1:8080; } if ($arg_b) { set $x 1; } %s }"
    assert status(front(inside % "", "return 403;"), "/f?a=1") == 403
    assert status(front(inside % "", "return 403;"), "/f?b=1") == 500
    assert status(front(inside % "error_page 500 =403 /f;", "return 200;"), "/f?b=1") == 403
    other = "proxy_pass http://127.0.0.1:8081;"
    assert status(front(inside % other, "return 403;") + " server { listen 8081; return 204; }", "/f?b=1") == 204


def test_where_an_answer_of_its_own_sends_nginx_is_open() -> None:
    inside = "location / { proxy_pass http://127.0.0.1:8080; } location /shut/ { internal; deny all; }"
    back = "location / { %s return 200; }"
    assert decide(front(inside, back % "add_header X-Accel-Redirect /shut/x;")).verdict == UNKNOWN
    assert status(front(inside, back % "add_header X-Other /shut/x;")) == 200
