"""What happens before the phases: bad requests and their error pages, header lines, TLS and server choice."""

from __future__ import annotations

from audit403.core.request import Tls
from nginx.decide.small_http import decide, status

TLS = "ssl_certificate c; ssl_certificate_key k;"


def test_an_error_page_for_a_bad_request_sees_only_what_was_read() -> None:
    http = """server { listen 80; error_page 400 =200 /page; location @named { return 403; }
        location = /page { if ($http_x_key) { return 403; } return 404 "x"; } }"""
    key = (("X-Key", "1"),)
    assert status(http, "/%00", headers=key) == 200
    assert status(http, "/", headers=key, host="a..test") == 200
    assert status(http, "/", headers=key, host=None) == 403
    assert status(http.replace("=200 /page", "@named"), "/%00") == 500  # there is no URI to go on with
    assert status(http.replace("=200 /page", "@named"), "http://a..test/") == 403


def test_a_second_line_of_some_headers_is_a_bad_request() -> None:
    http = "server { listen 80; error_page 400 =403 /page; location = /page { return 200; } }"
    twice = (("Authorization", "a"), ("authorization", "b"))
    assert status(http, "/f", headers=twice) == 403
    assert status(http, "/f", headers=(("Accept", "a"), ("Accept", "b"))) == 200


def test_headers_with_odd_names_are_dropped() -> None:
    http = "server { listen 80; %s if ($http_x_key) { return 403; } }"
    odd = (("X_Key", "1"),)
    assert status(http % "", "/f", headers=odd) == 200
    assert status(http % "underscores_in_headers on;", "/f", headers=odd) == 403
    assert status(http % "ignore_invalid_headers off;", "/f", headers=odd) == 403


def test_the_servers_settings_for_421_are_those_of_the_handshake() -> None:
    http = f"""server {{ listen 443 ssl; server_name a.test; {TLS} error_page 421 =403 @no;
                  location @no {{ return 403; }} }}
        server {{ listen 443 ssl; server_name b.test; {TLS} ssl_verify_client on; }}"""
    assert status(http, "/f", host="b.test", port=443, tls=Tls("a.test")) == 403
    assert status(http, "/f", host="b.test", port=443, tls=Tls(None)) == 400


def test_a_lone_server_has_no_name_to_differ_from() -> None:
    one = f"server {{ listen 443 ssl; server_name a.test; {TLS} ssl_verify_client optional; }}"
    assert status(one, "/f", host="b.test", port=443, tls=Tls("a.test")) == 200
    regex = one.replace("a.test;", "~^(?<who>a)\\.test$;")
    assert status(regex, "/f", host="b.test", port=443, tls=Tls("a.test")) == 421


def test_a_regex_that_the_handshake_chose_captures() -> None:
    http = f"server {{ listen 443 ssl; server_name ~^(?<who>.).test$; {TLS} if ($who = a) {{ return 403; }} }}"
    assert status(http, "/f", host="a.test", port=443, tls=Tls("a.test")) == 403


def test_a_server_without_a_certificate_keeps_the_defaults_handshake() -> None:
    http = f"""server {{ listen 443 ssl; server_name a.test; {TLS} }}
        server {{ listen 443 ssl; server_name b.test; ssl_verify_client optional;
                  if ($ssl_client_verify = NONE) {{ return 403; }} }}"""
    assert status(http, "/f", host="b.test", port=443, tls=Tls("b.test", "verified")) == 403


def test_a_refused_handshake_is_no_answer() -> None:
    http = f"server {{ listen 443 ssl; {TLS} ssl_reject_handshake on; }}"
    assert decide(http, "/f", port=443, tls=Tls("a.test")).cause == "closed"


def test_a_return_with_a_target_discards_the_body() -> None:
    http = """server { listen 80; location = /moved { return 302 /x; error_page 302 = /page; }
        location = /gone { return 404; error_page 404 = /page; }
        location = /page { client_max_body_size 2; alias /w/f; } }"""
    assert status(http, "/moved", body=9) == 200
    assert status(http, "/gone", body=9) == 413


def test_an_error_page_for_a_body_that_is_too_large_is_served() -> None:
    http = (
        """server { listen 80; client_max_body_size 2; error_page 413 =200 /page; location = /page { alias /w/f; } }"""
    )
    assert status(http, "/f", body=9) == 200
