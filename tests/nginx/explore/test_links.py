"""Why no link can be right, where it is so."""

from __future__ import annotations

import pytest

from audit403.nginx.explore.links import never_right
from nginx.decide.small_http import evaluator

NOW = 1_800_000_000


def why(location: str, server: str = "") -> str | None:
    nginx = evaluator(f"server {{ listen 80; {server} {location} }}")
    (found,) = nginx.model.servers[0].tree.all()
    return never_right(found, NOW)


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("location /a/ { }", "secure_link and secure_link_md5 are not set"),
        ("location /a/ { secure_link $arg_md5; }", "secure_link_md5 is not set"),
        ('location /a/ { secure_link_md5 "x$uri"; }', "secure_link is not set"),
        ("location /a/ { secure_link $arg_md5,1700000000; secure_link_md5 x; }", "is over"),
        ("location /a/ { secure_link $1,$2; secure_link_md5 x; }", "takes nothing from the request"),
        ("location /a/b/ { secure_link_secret x; }", "always b"),
    ],
)
def test_never(location: str, words: str) -> None:
    assert words in (why(location) or "")


@pytest.mark.parametrize(
    ("location", "server"),
    [
        ("location /a/ { secure_link $arg_md5,$arg_expires; secure_link_md5 x; }", ""),
        ("location /a/ { }", "secure_link $arg_md5; secure_link_md5 x$uri;"),
        ("location /a/ { secure_link $arg_md5,1900000000; secure_link_md5 x; }", ""),
        ("location ~ /a/(.+) { secure_link $1; secure_link_md5 x; }", ""),
        ("location /a/ { rewrite /a/(.+) /a/$1 break; secure_link $1; secure_link_md5 x; }", ""),
        ("location /a/ { secure_link $1; secure_link_md5 x; }", r"server_name ~^(.+)\.test$;"),
        ("location /a { secure_link_secret x; }", ""),
        ("location /a/ { secure_link_secret x; }", ""),
        ("location / { secure_link_secret x; }", ""),
    ],
)
def test_perhaps(location: str, server: str) -> None:
    assert why(location, server) is None
