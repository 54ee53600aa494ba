"""Variables that few configurations ask for; every value was seen on the real 1.22.1."""

from __future__ import annotations

import pytest

from audit403.core.decision import UNKNOWN
from audit403.core.request import Tls
from nginx.decide.small_http import decide, status

DEBIAN_PHP = r"""server { listen 80; location ~ \.php(/|$) {
    fastcgi_split_path_info ^(.+?\.php)(/.*)$; fastcgi_index index.php;
    try_files $fastcgi_script_name =403;
    set $path_info $fastcgi_path_info;
    if ($path_info = /secret) { return 403; }
    fastcgi_pass unix:/run/php.sock; } }"""


def test_debians_own_snippet_for_php() -> None:
    files = {"/w/x.php": b""}
    assert decide(DEBIAN_PHP, "/x.php/a", contents=files).handed_to == "fastcgi_pass unix:/run/php.sock"
    assert status(DEBIAN_PHP, "/x.php/secret", contents=files) == 403
    assert status(DEBIAN_PHP, "/none.php", contents=files) == 403


def test_the_names_of_fastcgi_stay_when_the_uri_changes() -> None:
    http = "server { listen 80; %s rewrite ^/a /b; if ($fastcgi_script_name = /a) { return 403; } return 200; }"
    assert status(http % "set $x $fastcgi_path_info;", "/a") == 403
    assert status(http % "", "/a") == 200
    led = "location / { set $x $fastcgi_path_info; error_page 404 /b; } location /b { if ($fastcgi_script_name = /b)"
    assert status(f"server {{ listen 80; {led} {{ return 403; }} return 200; }} }}", "/a") == 403


@pytest.mark.parametrize(
    ("agent", "modern"),
    [
        ("Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)", True),
        ("Mozilla/4.0 (compatible; MSIE 5.0; Windows NT 5.1)", False),
        ("Mozilla/4.0 (compatible; MSIE 6.0; X11) Opera 7.50  [en]", False),
        ("curl/8", False),
        (None, False),
    ],
)
def test_browsers(agent: str | None, modern: bool) -> None:
    headers = () if agent is None else (("User-Agent", agent),)
    http = "server { listen 80; modern_browser msie 5.5; location / { if ($ancient_browser) { return 403; } } }"
    assert status(http, "/f", headers=headers) == (200 if modern else 403)
    unlisted = http.replace("msie 5.5", "unlisted").replace("location", "ancient_browser Opera MSIE; location", 1)
    assert status(unlisted, "/f", headers=headers) == (403 if agent and "MSIE" in agent else 200)


def test_an_explorer_gets_a_page_in_place_of_a_redirect() -> None:
    http = """server { listen 80; msie_refresh on;
        location / { return 301 /x; } location /e { error_page 404 http://x/; } }"""
    explorer = (("User-Agent", "Mozilla/4.0 (compatible; MSIE 6.0)"),)
    assert status(http) == 301
    assert status(http, headers=explorer) == 200
    assert status(http, "/e", headers=explorer) == 200


@pytest.mark.parametrize(
    "name", ["upstream_status", "upstream_http_x", "sent_http_x", "gzip_ratio", "request_body", "uid_got", "ssl_cipher"]
)
def test_there_is_nothing_of_an_answer_before_it(name: str) -> None:
    http = f'server {{ listen 80; location / {{ if (${name} = "") {{ return 403; }} }} }}'
    assert status(http) == 403


def test_the_status_is_that_of_the_error_page() -> None:
    http = "server { listen 80; error_page 404 /e; location = /e { if ($status = %s) { return 403; } return 200; } }"
    assert status(http % "404", "/none") == 403
    assert status(http % "404", "/e") == 200
    assert status(http % "000", "/e") == 403


def test_what_another_program_has_answered_is_open() -> None:
    http = """server { listen 80; location / { proxy_pass http://127.0.0.1:81; proxy_intercept_errors on;
        error_page 404 /e; } location = /e { if ($upstream_http_x) { return 403; } return 200; } }
        server { listen 81; return 404; }"""
    assert decide(http).verdict == UNKNOWN
    assert status(http, "/e") == 200


def test_a_tls_session_may_be_an_old_one() -> None:
    http = """server { listen 80; listen 443 ssl; ssl_certificate c; ssl_certificate_key k;
        location / { if ($ssl_session_reused = r) { return 403; } return 200; } }"""
    assert status(http) == 200
    assert decide(http, port=443, tls=Tls("a.test")).verdict == UNKNOWN
