"""Methods and heads of requests: one case each of what the differential test shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from apache.decide.asked import Httpd

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("lines", "method", "status"),
    [
        ("", "PUT", 405),
        ("", "FOO", 501),
        ("", "get", 501),
        ("RegisterHttpMethod FOO", "FOO", 405),
        ("<Location /x>\n<Limit FOO>\nRequire all granted\n</Limit>\n</Location>", "FOO", 405),
        ("<Location />\n<Limit FOO>\nRequire all denied\n</Limit>\n</Location>", "FOO", 403),
        ("<Location />\n<LimitExcept GET>\nRequire all denied\n</LimitExcept>\n</Location>", "BAR", 403),
        ("<Location />\n<LimitExcept GET>\nRequire all denied\n</LimitExcept>\n</Location>", "HEAD", 200),
        ("HttpProtocolOptions RegisteredMethods", "FOO", 501),
        ("HttpProtocolOptions Unsafe", "GET@", 501),
        ("", "GET@", 400),
        ("", "BIND", 405),
    ],
)
def test_methods(tmp_path: Path, lines: str, method: str, status: int) -> None:
    assert Httpd(tmp_path, lines).status(method=method) == status


@pytest.mark.parametrize(
    ("lines", "method", "status"),
    [
        ("<Limit FOO>\nRequire all denied\n</Limit>", "GET", 500),
        ("AllowMethods FOO", "GET", 500),
        ("Require method FOO", "GET", 500),
        ("<Limit PROPFIND>\nRequire all denied\n</Limit>", "GET", 200),
        ("<Limit SEARCH>\nRequire all denied\n</Limit>", "SEARCH", 403),
    ],
)
def test_methods_in_access_files(tmp_path: Path, lines: str, method: str, status: int) -> None:
    assert Httpd(tmp_path, "", lines).status(method=method) == status


def test_a_limit_within_a_limit_holds_for_the_methods_of_both(tmp_path: Path) -> None:
    inner = "<Limit POST PUT>\nRequire all denied\n</Limit>"
    server = Httpd(tmp_path, f"<Location />\n<LimitExcept GET PUT>\n{inner}\n</LimitExcept>\n</Location>")
    assert server.status(method="POST") == 403
    assert server.status(method="PUT") == 405


@pytest.mark.parametrize(
    ("target", "lines", "status"),
    [
        ("/page.html#x", "", 400),
        ("/page.html#x", "HttpProtocolOptions Unsafe", 200),
        ("http://own.test:x/page.html", "", 400),
        ("http://a@own.test/page.html", "", 400),
        ("http://a@own.test/page.html", "HttpProtocolOptions Unsafe", 200),
    ],
)
def test_targets(tmp_path: Path, target: str, lines: str, status: int) -> None:
    assert Httpd(tmp_path, lines).status(target) == status


def test_headers_that_are_too_long_together(tmp_path: Path) -> None:
    server = Httpd(tmp_path, "LimitRequestFieldSize 20")
    assert server.status(x="y" * 15) == 200
    assert server.status(x="y" * 15, X="y" * 15) == 400


def test_a_body_that_is_too_large_shows_in_pages_of_errors(tmp_path: Path) -> None:
    server = Httpd(tmp_path, "LimitRequestBody 10\nRedirect 403 /closed\nRedirect 400 /bad")
    assert server.status("/closed", method="POST", body_length=11) == 413
    assert server.status("/closed", method="POST", body_length=10) == 403
    assert server.status("/bad", method="POST", body_length=11) == 400
