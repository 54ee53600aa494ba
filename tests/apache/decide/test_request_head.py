"""Limits, host names, CONNECT and conditional requests: one case each of what the differential tests show."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from apache.decide.asked import Httpd

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("line", "given", "status"),
    [
        ("LimitRequestLine 24", {"target": "/page.html"}, 200),
        ("LimitRequestLine 21", {"target": "/page.html"}, 414),
        ("LimitRequestFieldSize 20", {"X": "y" * 18}, 200),
        ("LimitRequestFieldSize 20", {"X": "y" * 19}, 400),
        ("LimitRequestFields 2", {"X": "1"}, 200),
        ("LimitRequestFields 2", {"X": "1", "Y": "1"}, 400),
        ("LimitRequestBody 5", {"Content_Length": "5"}, 200),
        ("LimitRequestBody 5", {"Content_Length": "6"}, 413),
        ("LimitRequestBody 0", {"Content_Length": "6"}, 200),
        ("", {"host": ""}, 400),
        ("", {"host": "own.test:"}, 400),
        ("HttpProtocolOptions Unsafe", {"host": "own.test:"}, 200),
        ("", {"target": "http://user@own.test/page.html"}, 400),
        ("HttpProtocolOptions Unsafe", {"target": "http://user@own.test/page.html"}, 200),
        ("", {"method": "CONNECT", "target": "own.test:80"}, 405),
        ("", {"method": "CONNECT", "target": "/page.html"}, 400),
        ("TraceEnable On", {"method": "TRACE"}, 200),
        ("TraceEnable Off", {"method": "TRACE"}, 405),
        ("StrictHostCheck On", {"host": "other.test"}, 400),
    ],
)
def test_heads(tmp_path: Path, line: str, given: dict[str, str], status: int) -> None:
    given = dict(given)
    assert Httpd(tmp_path, line).status(given.pop("target", "/page.html"), **given) == status


def test_limits_of_the_main_server_that_stand_further_on_are_not_for_a_virtual_host(tmp_path: Path) -> None:
    vhost = "<VirtualHost *:80>\nServerName own.test\nDocumentRoot {root}\n</VirtualHost>".replace(
        "{root}", str(tmp_path / "html")
    )
    assert Httpd(tmp_path, f"{vhost}\nLimitRequestFields 1").status(X="1") == 200
    assert Httpd(tmp_path, f"LimitRequestFields 1\n{vhost}").status(X="1") == 400


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If_Modified_Since": "Tue, 14 Nov 2023 22:13:20 GMT"}, 304),
        ({"If_Modified_Since": "Tue, 14 Nov 2023 22:13:19 GMT"}, 200),
        ({"If_Unmodified_Since": "Tue, 14 Nov 2023 22:13:19 GMT"}, 412),
        ({"If_None_Match": "*"}, 304),
        ({"If_None_Match": '"x"', "If_Modified_Since": "Tue, 14 Nov 2023 22:13:20 GMT"}, 200),
        ({"If_None_Match": '"4-60a2d0d5f6000"'}, 200),
        ({"If_None_Match": '"4-60a24181e4000"'}, None),
        ({"If_Match": '"x"'}, 412),
        ({"Range": "bytes=0-1"}, 206),
        ({"Range": "bytes=4-"}, 416),
        ({"Range": "bytes=3-2"}, 200),
        ({"Range": "bytes=-0"}, 200),
        ({"Range": "bytes=0-1", "If_Range": '"x"'}, 200),
    ],
)
def test_conditions(tmp_path: Path, headers: dict[str, str], status: int | None) -> None:
    httpd = Httpd(tmp_path, "")
    os.utime(tmp_path / "html/page.html", (1_700_000_000, 1_700_000_000))
    decision = httpd.ask(**headers)
    assert (decision.verdict, decision.status) == ("not-refused", status)


def test_decoded_slashes_may_lead_above_the_root(tmp_path: Path) -> None:
    assert Httpd(tmp_path, "AllowEncodedSlashes On").status("//..%2fpage.html") == 200
