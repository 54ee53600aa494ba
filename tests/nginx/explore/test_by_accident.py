"""What patterns that refuse are asked for beside what they name: ordinary addresses, and their own exceptions."""

from __future__ import annotations

import pytest

from audit403.explore.ordinary_names import ordinary_names_for
from audit403.explore.regex_witness import exceptions
from audit403.http.regex import compile_regex
from nginx.explore.small_facts import hits


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        (r"\.ht", ("/index.html", "/about.html", "/page.htm")),
        (r"/\.ht", ()),
        (r".git", ("/digital", "/github")),
        (r"/\.", ()),
        (r"\.(sql|bak)$", ()),
    ],
)
def test_ordinary_addresses_that_a_pattern_matches(pattern: str, names: tuple[str, ...]) -> None:
    assert ordinary_names_for(compile_regex(pattern, True)) == names


@pytest.mark.parametrize(
    ("pattern", "paths"),
    [
        (r"/\.(?!well-known)", []),
        (r"(?!\.well-known)/\.", ["/.well-known"]),
        (r"^/(?!/api)", ["/api"]),
        (r"^/(?!api)", []),
        (r"(?!.*allowed).*\.php$", ["/allowed.php"]),
        (r"^(?!.*allowed).*\.php$", []),
        (r"\.(?!html$)[a-z]+$", []),
        (r"(?<!index)\.php$", []),
        (r"/private/", []),
    ],
)
def test_exceptions_that_are_matched_all_the_same(pattern: str, paths: list[str]) -> None:
    assert list(exceptions(compile_regex(pattern, False)))[: len(paths) or None] == paths


def test_only_patterns_that_refuse_are_asked() -> None:
    server = r"location ~ .git { deny all; } location ~ \.ht { expires 1d; } location ~ ^/(?!/api) { return 403; }"
    found = {(hit.request.target, hit.purpose) for hit in hits(None, server)}
    assert {("/digital", "ordinary"), ("/api", "exception")} <= found
    assert not [target for target, purpose in found if purpose == "ordinary" and target.endswith(".html")]


def test_a_pattern_that_never_gets_its_requests() -> None:
    serving = r"location ~ ^/index\.php$ { return 200; }"
    refusing = r"location ~ \.php$ { deny all; }"
    assert [hit.meant.name for hit in hits(None, refusing + serving) if hit.meant] == [r"^/index\.php$"]
    assert [hit.meant.name for hit in hits(None, serving + refusing) if hit.meant] == []
