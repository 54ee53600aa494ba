"""Presigned URLs in templates and configurations."""

from __future__ import annotations

import time

import pytest

from audit403.core.source import Source
from audit403.s3.read.presigned_urls import EXPIRED, OUTLIVES, presigned_urls

KEY, SESSION = "AKIAXAMPL3XAMPL3XAMP", "ASIAXAMPL3XAMPL3XAMP"
PAST, LATER = "20240630T120000Z", "21240101T000000Z"


def url(key: str, date: str, lasts: int, separator: str = "&", more: str = "") -> str:
    query = (
        "X-Amz-Algorithm=AWS4-HMAC-SHA256", f"X-Amz-Credential={key}%2F{date[:8]}%2Feu-west-1%2Fs3%2Faws4_request",
        f"X-Amz-Date={date}", f"X-Amz-Expires={lasts}", "X-Amz-SignedHeaders=host", f"X-Amz-Signature=6c1f0d{more}",
    )  # fmt: skip
    return f"https://shop.s3.eu-west-1.amazonaws.com/a%20b.zip?{separator.join(query)}"


def kinds(text: str) -> list[str]:
    return [kind for kind, _, _ in presigned_urls(Source("main.tf", text.encode()))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (url(KEY, PAST, 60), [EXPIRED]),
        (url(SESSION, PAST, 604_800), [EXPIRED]),
        (url(KEY, LATER, 604_800), []),
        (url(SESSION, LATER, 604_800), [OUTLIVES]),
        (url(SESSION, LATER, 129_601), [OUTLIVES]),
        (url(SESSION, LATER, 129_600), []),
        (url(KEY, LATER, 604_800, more="&X-Amz-Security-Token=abc"), [OUTLIVES]),
        (url("AKIAIOSFODNN7EXAMPLE", PAST, 60), []),
        (url(KEY, LATER, 700_000), []),
        (url(KEY, "yesterday", 60), []),
        ("https://shop.s3.amazonaws.com/a.zip?versionId=1", []),
    ],
)
@pytest.mark.parametrize("form", ['source = "{}"', "curl -o x '{}' | sh", "{}", "[{}]({})"])
def test_what_a_url_says_of_itself(text: str, expected: list[str], form: str) -> None:
    found = kinds(form.replace("{}", text, 1).replace("{}", ""))
    assert found == expected


@pytest.mark.parametrize("separator", ["&", "\\u0026", "&amp;"])
def test_in_each_language(separator: str) -> None:
    assert kinds(f'"{url(KEY, PAST, 60, separator)}"') == [EXPIRED]


def test_its_place() -> None:
    text = url(KEY, PAST, 60)
    ((_, where, message),) = presigned_urls(Source("main.tf", f'# ä\nx = "{text}"\n'.encode()))
    assert (where.line, where.column, where.end - where.start) == (2, 6, len(text))
    assert "2024-06-30T12:01:00Z" in message


def test_a_long_text_takes_little_time() -> None:
    started = time.perf_counter()
    for text in (
        "http://" * 500_000 + "X-Amz-Signature=a",
        "http://a?X-Amz-Signature=" * 100_000,
        "X-Amz-Signature=" * 300_000,
    ):
        kinds(text)
    assert time.perf_counter() - started < 20
