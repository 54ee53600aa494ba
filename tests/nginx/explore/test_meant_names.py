"""Names that a configuration means to serve and that fall to the default server."""

from __future__ import annotations

import pytest

from audit403.explore.host_names import as_sent
from audit403.nginx.explore.meant_names import meant_names
from nginx.decide.small_http import evaluator

LISTEN = "listen 80 default_server; listen [::]:80 default_server; listen 443 ssl default_server;"
DEFAULT = f"server {{ {LISTEN} return 403; }}"


def strays(http: str) -> set[tuple[str, str]]:
    return {(start.request.url(), start.purpose) for start in meant_names(evaluator(DEFAULT + http))}


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("site.example", "site.example"),
        ("https://site.example/x", "site.example"),
        ("site.example:8080", "site.example"),
        ("site.example,", "site.example"),
        ("site.example.", "site.example"),
        ("straße.example", "strasse.example"),
        ("*.site.example", "*.site.example"),
        (".site.example", ".site.example"),
        ("site.*", "site.*"),
        ("_", "_"),
    ],
)
def test_as_a_host_header_has_it(written: str, sent: str | None) -> None:
    assert as_sent(written) == sent


def test_the_name_beside() -> None:
    both = "listen 80; listen [::]:80;"
    assert strays(f"server {{ {both} server_name www.a.example; }}") == {("http://a.example/", "twin-name")}
    assert strays(f"server {{ {both} server_name *.a.co.uk; }}") == {("http://a.co.uk/", "twin-name")}
    for name in ("api.a.example", "*.apps.a.example", "a.example www.a.example", ".a.example", "localhost", "10.0.0.1"):
        assert strays(f"server {{ {both} server_name {name}; }}") == set()


def test_the_socket_beside() -> None:
    assert ("http://x.a.example/", "other-socket") in strays("server { listen 80; server_name x.a.example; }")
    assert strays("server { listen 80; listen [::]:80; server_name x.a.example; }") == set()
    assert strays("server { listen 8080; server_name x.a.example; }") == set()


@pytest.mark.parametrize("target", ["https://$host$request_uri", "https://x.a.example/", "https://$server_name/"])
def test_a_redirect_to_where_nobody_has_the_name(target: str) -> None:
    plain = "server { listen 80; listen [::]:80; server_name x.a.example; %s }"
    assert strays(plain % f"return 301 {target};") == {("https://x.a.example/", "other-socket")}
    assert strays(plain % "return 301 https://elsewhere.example/;") == set()
    assert strays(plain % "location / { }") == set()
