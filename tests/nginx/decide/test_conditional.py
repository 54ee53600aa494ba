"""Range and If-* on a file of ten bytes, as the real server answered."""

from __future__ import annotations

import pytest

from audit403.nginx.decide.http_time import NOT_A_TIME, parse_http_time
from nginx.decide.small_site import directory, file, status

TREE = {"f": file(), "d": directory(), "unknown": file()._replace(mtime=None)}
THEN = "Tue, 14 Nov 2023 22:13:20 GMT"
EARLIER = "Mon, 01 Jan 2001 00:00:00 GMT"
LATER = "Fri, 01 Jan 2100 00:00:00 GMT"
TAG = '"6553f100-a"'


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("bytes=0-4", 206), ("bytes=5-", 206), ("bytes=-3", 206), ("bytes=100-", 416), ("bytes=5-2", 416),
        ("bytes=x", 416), ("bytes=0-0,2-3", 206), ("bytes=0-9,0-9", 200), ("bytes=-0", 416), ("lines=1-2", 200),
        ("BYTES= 1 - 2 , 4-", 206), ("bytes=0-4,", 416), ("bytes=0-99999999999999999999", 416), ("bytes=", 200),
        ("bytes=--1", 416), ("bytes=1-2x", 416), ("bytes=100-,0-1", 206),
    ],
)  # fmt: skip
def test_ranges(value: str, expected: int) -> None:
    assert status(TREE, "", "/f", headers={"Range": value}) == expected
    assert status(TREE, "max_ranges 0;", "/f", headers={"Range": value}) == 200


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"If-Modified-Since": THEN}, 304), ({"If-Modified-Since": LATER}, 200), ({"If-Modified-Since": "x"}, 200),
        ({"If-Unmodified-Since": EARLIER}, 412), ({"If-Unmodified-Since": THEN}, 200),
        ({"If-None-Match": TAG}, 304), ({"If-None-Match": "W/" + TAG}, 304), ({"If-None-Match": '"x"'}, 200),
        ({"If-Match": TAG}, 200), ({"If-Match": "W/" + TAG}, 412), ({"If-Match": f'"x" , {TAG}'}, 200),
        ({"If-Match": "*"}, 200), ({"If-None-Match": "*"}, 304), ({"If-Match": TAG + "x"}, 412),
        ({"If-Modified-Since": THEN, "If-None-Match": '"x"'}, 200),
        ({"Range": "bytes=0-1", "If-Range": TAG}, 206), ({"Range": "bytes=0-1", "If-Range": '"x"'}, 200),
        ({"Range": "bytes=0-1", "If-Range": THEN}, 206), ({"Range": "bytes=0-1", "If-Range": EARLIER}, 200),
    ],
)  # fmt: skip
def test_conditions(headers: dict[str, str], expected: int) -> None:
    assert status(TREE, "", "/f", headers=headers) == expected


def test_the_settings_of_conditions() -> None:
    assert status(TREE, "if_modified_since off;", "/f", headers={"If-Modified-Since": THEN}) == 200
    assert status(TREE, "if_modified_since before;", "/f", headers={"If-Modified-Since": LATER}) == 304
    assert status(TREE, "etag off;", "/f", headers={"If-Match": TAG}) == 412


def test_a_listing_has_neither_time_nor_tag() -> None:
    assert status(TREE, "autoindex on;", "/d/", headers={"If-Unmodified-Since": LATER}) == 412
    assert status(TREE, "autoindex on;", "/d/", headers={"If-Modified-Since": THEN}) == 200
    assert status(TREE, "autoindex on;", "/d/", headers={"Range": "bytes=0-1"}) == 200


def test_an_error_page_takes_over_a_failed_condition() -> None:
    assert status(TREE, "error_page 412 =403 /f;", "/f", headers={"If-Match": '"x"'}) == 403
    assert status(TREE, "error_page 416 =403 /f;", "/f", headers={"Range": "bytes=x"}) == 403


def test_without_the_time_the_status_stays_open() -> None:
    assert status(TREE, "", "/unknown", headers={"If-Modified-Since": THEN}) is None
    assert status(TREE, "", "/unknown") == 200


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (THEN, 1_700_000_000), ("Tuesday, 14-Nov-23 22:13:20 GMT", 1_700_000_000),
        ("Tue Nov 14 22:13:20 2023", 1_700_000_000), ("x, 14 Nov 2023 22:13:20", 1_700_000_000),
        ("Tue, 31 Feb 2023 22:13:20 GMT", NOT_A_TIME), ("Tue Nov  4 22:13:20 2023", 1_699_136_000),
        ("yesterday", NOT_A_TIME), ("", NOT_A_TIME), ("Tue, 29 Feb 2023 00:00:00 GMT", NOT_A_TIME),
        ("Thu, 29 Feb 2024 00:00:00 GMT", 1_709_164_800), ("Tue, 14 Nov 2023 24:13:20 GMT", NOT_A_TIME),
    ],
)  # fmt: skip
def test_dates(text: str, expected: int) -> None:
    assert parse_http_time(text) == expected
