"""Mechanisms of the access phase that random configurations and nginx's source brought to light."""

from __future__ import annotations

from base64 import b64encode

import pytest

from audit403.core.decision import UNKNOWN
from audit403.http.password import password_matches, validated
from audit403.nginx.decide.auth_basic import find_user
from audit403.nginx.model.address import Address, parse_address
from nginx.decide.small_http import decide, status

BOTH = "listen [::]:80 ipv6only=off;"


def basic(user: str, password: str) -> tuple[tuple[str, str], ...]:
    return (("Authorization", "Basic " + b64encode(f"{user}:{password}".encode()).decode()),)


def test_a_mapped_client_meets_the_ipv6_rules_only_where_there_are_no_ipv4_rules() -> None:
    assert status(f"server {{ {BOTH} deny ::/0; location / {{ return 200; }} }}", "/f") == 200  # return comes first
    assert status(f"server {{ {BOTH} deny ::/0; }}", "/f") == 403
    assert status(f"server {{ {BOTH} deny ::/0; allow 10.0.0.1; }}", "/f") == 200
    assert status(f"server {{ {BOTH} deny ::ffff:127.0.0.1; }}", "/f") == 403


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("1.2.3.", "1.2.3.0"),
        ("..1.", "0.0.1.0"),
        ("255.255.255.255", None),  # all ones is how nginx says that it is no address
        ("1::2:", "1::2:0"),
        ("1:2:3:4:5:6:7::", None),
        ("::ffff:1.2.3.4", "::ffff:1.2.3.4"),
        ("1:2:3:4:5:6:7:1.2.3.4", None),
        (":1", None),
        ("::db8", "::0.0.13.184"),
        ("::2001", "::2001"),
    ],
)
def test_addresses_are_read_and_written_as_nginx_does(text: str, read: str | None) -> None:
    address = parse_address(text)
    assert (None if address is None else address.text()) == read


def test_an_address_with_one_long_gap_is_written_with_it() -> None:
    assert Address("ipv6", 1 << 112 | 1).text() == "1::1"


def test_brackets_without_a_port_are_no_forwarded_address() -> None:
    http = "server { listen 80; set_real_ip_from 127.0.0.1; deny 2001:db8::7; deny 10.0.0.1; }"
    assert status(http, "/f", headers=(("X-Real-IP", "[2001:db8::7]:80"),)) == 403
    assert status(http, "/f", headers=(("X-Real-IP", "[2001:db8::7]"),)) == 200
    assert status(http, "/f", headers=(("X-Real-IP", "[10.0.0.1]:80"),)) == 403


def test_only_the_exact_name_of_the_forwarded_header_takes_every_line() -> None:
    lines = (("X-Forwarded-For", "10.0.0.1"), ("X-Forwarded-For", "127.0.0.1"))
    http = "server { listen 80; set_real_ip_from 127.0.0.1; real_ip_recursive on; real_ip_header %s; deny 10.0.0.1; }"
    assert status(http % "X-Forwarded-For", "/f", headers=lines) == 403
    assert status(http % "x-forwarded-for", "/f", headers=lines[::-1]) == 200


def test_host_names_among_trusted_proxies() -> None:
    http = "server { listen 80; set_real_ip_from proxy.test; deny 10.0.0.1; }"
    forwarded = (("X-Real-IP", "10.0.0.1"),)
    hosts = {"/etc/hosts": b"127.0.0.1 localhost proxy.test # comment\n"}
    assert status(http, "/f", headers=forwarded, contents=hosts) == 403
    assert decide(http, "/f", headers=forwarded).verdict == UNKNOWN
    assert status(http, "/f") == 200
    assert status(http.replace("proxy.test", "localhost"), "/f", headers=forwarded) == 403


def test_a_line_that_ends_within_the_user_name_eats_the_next_line() -> None:
    assert find_user(b"bo\nbob:x\n", b"bob") is None
    assert find_user(b"bo:\nbob:x\n", b"bob") == b"x"
    assert find_user(b"\n#bob:y\nbob:x:comment\n", b"bob") == b"x"
    assert find_user(b"\rbob:y\nbob:x\r\n", b"bob") == b"x"
    assert find_user(b"bob:" + b"x" * 3000, b"bob") == b"x" * 2048


@pytest.mark.parametrize(
    ("stored", "fits"),
    [
        ("{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", True),
        ("{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ", False),  # nginx compares texts, and pads its own
        ("{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ= ", False),
        ("{PLAIN}secret", True),
        ("{plain}secret", False),
        ("secret", False),
        ("$apr1$saltsalt$LrttParrLPdxvgutaSXWJ0", True),
        ("$apr1$saltsaltX$LrttParrLPdxvgutaSXWJ0", False),
        ("abNANd1rDfiNc", True),
        ("$1$salt$ez2vlPGdaLYkJam5pWs/Y1", True),
        ("$7$CU..../....salt$mnfL2zuQXIymN2nHniqJ5KmqyvgMmwtKROPb98iDaED", True),
        ("$7$CU..../....salt$mnfL2zuQXIymN2nHniqJ5KmqyvgMmwtKROPb98iDaEE", False),
        ("_J9..rasmz0.F/jqjWck", True),
        ("$9$nothing$like$that", False),
        ("", False),
    ],
)
def test_stored_passwords(stored: str, fits: bool) -> None:
    assert password_matches("secret", stored) is fits


@pytest.mark.parametrize(
    "stored",
    [
        "$2y$31$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a",
        "$5$rounds=999999999$salt$kpa26zwgX83BPSR8d7w93OIXbFt/d3UOTZaAu5vsTM6",
        "$y$jK5$saltsaltsalt$jyf/lxrpdyAIshWRo1x5DRC6KIE7sNRRtjcomR3PgHA",
    ],
)
def test_a_hash_that_takes_hours_is_not_waited_for(stored: str) -> None:
    http, users = "server { auth_basic x; auth_basic_user_file users; }", {"/conf/users": f"bob:{stored}".encode()}
    assert password_matches("secret", stored) is None
    assert status(http, "/f", headers=basic("bob", "x"), contents=users) is None
    assert validated("secret", stored) is None


def test_a_user_file_that_lets_nobody_in() -> None:
    http = "server { listen 80; auth_basic x; auth_basic_user_file /dev/null; }"
    missing = "server { listen 80; auth_basic x; auth_basic_user_file nowhere; }"
    assert status(missing, "/f") == 401
    assert status(missing, "/f", headers=basic("bob", "x")) == 403
    assert status(http, "/f") == 401


def test_a_subrequest_keeps_its_question_mark_and_the_bodys_length() -> None:
    asks = """server { listen 80; client_max_body_size 9; location / { auth_request %s; }
        location = /ok { %s return 200; } }"""
    assert status(asks % ("/ok", ""), "/f") == 200
    assert status(asks % ("/ok?x", ""), "/f") == 500  # a location of that name is not there
    assert status(asks % ("/ok", "client_max_body_size 2;"), "/f", body=5) == 500
    assert status(asks % ('""', ""), "/f") == 200


def test_a_subrequest_that_closes_the_connection_ends_the_request() -> None:
    http = "server { listen 80; location / { auth_request /shut; } location = /shut { return 444; } }"
    decision = decide(http, "/f")
    assert (decision.status, decision.cause) == (None, "closed")


def test_a_subrequest_sees_the_method_of_the_request() -> None:
    http = """server { listen 80; location / { auth_request /ask; }
        location = /ask { if ($request_method = POST) { return 403; } return 200; } }"""
    assert status(http, "/f") == 200
    assert status(http, "/f", "POST") == 403


def test_what_auth_request_sets_is_there_for_an_error_page() -> None:
    http = """server { listen 80; location / { auth_request /ask; auth_request_set $why $told; error_page 403 = /page; }
        location = /ask { set $told 1; return 403; } location = /page { if ($why) { return 404; } return 200; } }"""
    assert status(http, "/f") == 404


def test_real_ip_in_a_subrequest_holds_for_the_request() -> None:
    http = """server { listen 80; location / { auth_request /ask; try_files /none /page; }
        location = /ask { set_real_ip_from 127.0.0.1; alias /w/f; } location = /page { deny 10.0.0.1; alias /w/f; } }"""
    assert status(http, "/x", headers=(("X-Real-IP", "10.0.0.1"),)) == 403
    assert status(http, "/x") == 200


def test_a_request_is_counted_by_the_first_limit_that_it_meets() -> None:
    http = """limit_req_zone $binary_remote_addr zone=z:1m rate=1r/m;
        server { listen 80; limit_req zone=z; limit_req_status %s; error_page 403 %s /page;
        location = /page { alias /w/f; } }"""
    assert status(http % (403, ""), "/f", over_limits=True) == 403
    assert status(http % (403, "="), "/f", over_limits=True) == 200  # the error page is not limited again
    assert decide(http % (444, ""), "/f", over_limits=True).cause == "closed"


def test_an_empty_key_and_one_that_is_too_long_are_not_counted() -> None:
    http = """limit_conn_zone $http_x_key zone=z:1m;
        server { listen 80; limit_conn z 1; limit_conn_status 403; }"""
    assert status(http, "/f", over_limits=True) == 200
    assert status(http, "/f", headers=(("X-Key", "x" * 255),), over_limits=True) == 403
    assert status(http, "/f", headers=(("X-Key", "x" * 256),), over_limits=True) == 200
