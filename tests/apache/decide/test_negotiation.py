"""MultiViews and type maps: one case each of what the differential test shows, and what a refusal's cause names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from apache.decide.asked import Httpd
from audit403.apache.decide.mime import with_charset
from audit403.apache.decide.negotiation.accept import entries_of, list_items, quality_of, single
from audit403.apache.paths import without_path_info
from audit403.core.place import PathPlace, Span
from servers.need import need_root

if TYPE_CHECKING:
    from pathlib import Path

    from audit403.core.place import Place

LANGUAGES = "AddLanguage en .en\nAddLanguage de .de\nAddEncoding x-gzip .gz\nAddHandler type-map .var\n"
MULTI = "Options +MultiViews"


def httpd(top: Path, files: str, lines: str = MULTI, htaccess: str = "") -> Httpd:
    """A server with these files (words) in a folder `docs`, for which `lines` hold; maps have their text from MAPS."""
    docs = top / "html" / "docs"
    docs.mkdir(parents=True, exist_ok=True)
    for name in files.split():
        (docs / name).write_text(MAPS.get(name, name))
    return Httpd(top, f'{LANGUAGES}<Directory "{docs}">\n{lines}\n</Directory>', htaccess)


MAPS = {
    "map.var": "URI: page.html.en\nContent-Type: text/html\nContent-Language: en\n\n"
    "# German\nURI: page.html.de\nContent-Type: text/html\nContent-Language: de\n",
    "own.var": "Content-Type: text/plain\nBody:----\nhello\n----\n",
    "bad.var": "URI: page.html.en\nnothing\n",
    "self.var": "URI: map.var\nContent-Type: text/html\n",
    "up.var": "URI: ../page.html\nContent-Type: text/html\n",
}


def line_of(place: Place | None) -> str:
    """The line that a place is in."""
    assert isinstance(place, Span)
    with open(place.file) as file:
        return file.read().split("\n")[place.line - 1].strip()


@pytest.mark.parametrize(
    ("files", "target", "headers", "status"),
    [
        ("page.html", "/docs/page", {}, 200),
        ("page.html", "/docs/pag", {}, 404),
        ("page.html", "/docs/page/info", {}, 404),
        ("page.html", "/docs/page", {"Accept": "text/plain"}, 406),
        ("page.html", "/docs/page", {"Accept": ""}, 406),
        ("page.html", "/docs/page", {"Accept": "text/*;q=0.1"}, 200),
        ("page.html", "/docs/page", {"Accept": "*/*;q=0"}, 406),
        ("page.foo", "/docs/page", {}, 404),
        ("page.html.foo", "/docs/page", {}, 404),
        ("page.html.foo", "/docs/page.foo", {}, 404),
        ("page.foo.html", "/docs/page.foo", {}, 200),
        ("page.html.en", "/docs/page", {"Accept-Language": "de"}, 406),
        ("page.html.en", "/docs/page", {"Accept-Language": "de, *;q=0.1"}, 200),
        ("page.html.en", "/docs/page", {"Accept-Language": "en-US"}, 200),
        ("page.html.en", "/docs/page", {"Negotiate": "vlist"}, 300),
        ("page.html.en", "/docs/page", {"Negotiate": "trans", "User-Agent": "Lynx/2.8"}, 200),
        ("page.html.gz", "/docs/page", {"Accept-Encoding": "gzip;q=0"}, 406),
        ("page.html.gz", "/docs/page", {"Accept-Encoding": "br"}, 406),
        ("page.html.gz", "/docs/page", {}, 200),
        ("page.html", "/docs/page", {"method": "POST"}, 200),
        ("page.html", "/docs/page", {"method": "HEAD"}, 200),
        ("index.html.en index.html.de", "/docs/", {"Accept-Language": "fr"}, 406),
        ("index.html.en index.html.de", "/docs/", {}, 200),
        ("map.var page.html.en page.html.de", "/docs/map", {}, 404),
        ("map.var page.html.en page.html.de", "/docs/map.var", {}, 200),
        ("map.var page.html.en page.html.de", "/docs/map.var", {"Accept-Language": "fr"}, 406),
        ("map.var page.html.en", "/docs/map.var", {"Accept-Language": "de"}, 200),
        ("map.var", "/docs/map.var", {}, 404),
        ("own.var", "/docs/own.var", {}, 200),
        ("own.var", "/docs/own.var", {"method": "PUT"}, 405),
        ("bad.var", "/docs/bad.var", {}, 500),
        ("self.var map.var", "/docs/self.var", {}, 506),
        ("up.var", "/docs/up.var", {}, 200),
    ],
)
def test_what_stands_for_a_name(tmp_path: Path, files: str, target: str, headers: dict[str, str], status: int) -> None:
    server = httpd(tmp_path, files)
    if target == "/docs/map.var" and headers.get("Accept-Language") == "de":
        (tmp_path / "html/docs/page.html.de").write_text("deutsch")
    assert server.status(target, **headers) == status


@pytest.mark.parametrize(
    ("lines", "headers", "chosen"),
    [
        ("", {}, "page.html.de"),
        ("LanguagePriority en", {}, "page.html.en"),
        ("LanguagePriority en\nForceLanguagePriority None", {}, "page.html.de"),
        ("LanguagePriority en", {"Accept-Language": "de"}, "page.html.de"),
        ("LanguagePriority en", {"Accept-Language": "en;q=0.5, de"}, "page.html.de"),
        ("LanguagePriority en\nForceLanguagePriority Fallback", {"Accept-Language": "fr"}, "page.html.en"),
        ("SetEnv prefer-language de", {"Accept-Language": "en"}, "page.html.en"),
        ("SetEnvIf Request_URI . prefer-language=de", {"Accept-Language": "en"}, "page.html.de"),
        ("LanguagePriority en\nAddType text/html;qs=0.5 .en", {}, "page.html.de"),
    ],
)
def test_which_language_wins(tmp_path: Path, lines: str, headers: dict[str, str], chosen: str) -> None:
    decision = httpd(tmp_path, "page.html.en page.html.de", f"{MULTI}\n{lines}").ask("/docs/page", **headers)
    assert any(f"{chosen} fits best" in step.text for step in decision.trace)


@pytest.mark.parametrize(
    ("match", "status"), [("NegotiatedOnly", 404), ("Handlers", 404), ("Any", 404), ("Any\nSetHandler x", 200)]
)
def test_multiviews_match(tmp_path: Path, match: str, status: int) -> None:
    assert httpd(tmp_path, "page.foo", f"{MULTI}\nMultiviewsMatch {match}").status("/docs/page") == status


def test_all_options_have_no_multiviews(tmp_path: Path) -> None:
    assert httpd(tmp_path, "page.html", "Options All").status("/docs/page") == 404


def test_an_empty_section_brings_back_what_an_earlier_line_added(tmp_path: Path) -> None:
    docs = tmp_path / "html" / "docs"
    lines = f"Options +MultiViews\nOptions All\n</Directory>\n<Directory {docs}/sub>"
    (docs / "sub").mkdir(parents=True)
    (docs / "sub" / "page.html").write_text("page")
    server = httpd(tmp_path, "page.html", lines)
    assert (server.status("/docs/page"), server.status("/docs/sub/page")) == (404, 200)


def test_a_variant_that_is_refused_is_none_and_is_named(tmp_path: Path) -> None:
    server = httpd(tmp_path, "page.html.en", f"{MULTI}\n<Files *.en>\nRequire all denied\n</Files>")
    decision = server.ask("/docs/page")
    assert (decision.status, decision.cause) == (404, "no-variant")
    assert line_of(decision.where) == MULTI
    assert any("page.html.en would be answered with 403" in because.message for because in decision.because)


def test_the_variant_that_is_left_is_served(tmp_path: Path) -> None:
    server = httpd(tmp_path, "page.html.en page.html.de", f"{MULTI}\n<Files *.en>\nRequire all denied\n</Files>")
    assert server.status("/docs/page", Accept_Language="de, en;q=0.5") == 200
    assert server.status("/docs/page", Accept_Language="en") == 406


def test_a_directory_that_cannot_be_listed_refuses_missing_names(server_dir: Path) -> None:
    need_root()
    server = httpd(server_dir, "page.html", f"{MULTI}\n</Directory>\nUser www-data\n<Directory /nowhere>")
    (server_dir / "html" / "docs").chmod(0o711)
    decision = server.ask("/docs/none")
    assert decision.cause == "directory-unreadable"
    assert decision.log is not None and "AH00686" in decision.log
    assert isinstance(decision.where, PathPlace) and decision.where.path.endswith("/docs")
    assert any(line_of(because.where) == MULTI for because in decision.because[1:])
    assert server.status("/docs/page.html") == 200


def test_a_variant_that_is_a_directory_has_nothing_behind_it(tmp_path: Path) -> None:
    server = httpd(tmp_path, "")
    away = tmp_path / "away"
    away.mkdir()
    (away / "info").write_text("info")
    (tmp_path / "html" / "docs" / "page.html").symlink_to(away)
    decision = server.ask("/docs/page/info")
    assert (decision.status, decision.cause) == (404, "no-variant")
    assert any("AH00033" in because.message or "500" in because.message for because in decision.because)


@pytest.mark.parametrize(("line", "status"), [("on", 302), ("303", 303), ("30x", 500), ("400", 500), ("often", 500)])
def test_directory_index_redirect(tmp_path: Path, line: str, status: int) -> None:
    server = httpd(tmp_path, "index.html", "", f"DirectoryIndexRedirect {line}")
    assert server.status("/docs/") == status


@pytest.mark.parametrize("target", ["/docs/map", "/docs/map.var"])
def test_a_map_that_names_a_refused_file(tmp_path: Path, target: str) -> None:
    lines = f"{MULTI}\nMultiviewsMatch Handlers\n<Files *.en>\nRequire all denied\n</Files>"
    decision = httpd(tmp_path, "map.var page.html.en page.html.de", lines).ask(target, Accept_Language="en")
    assert (decision.status, decision.cause) == (403, "require")
    assert line_of(decision.where) == "Require all denied"
    assert any(line_of(because.where) == "URI: page.html.en" for because in decision.because)


def test_a_map_that_cannot_be_read(server_dir: Path) -> None:
    need_root()
    lines = f"{MULTI}\nMultiviewsMatch Handlers\n</Directory>\nUser www-data\n<Directory /nowhere>"
    server = httpd(server_dir, "map.var", lines)
    (server_dir / "html/docs/map.var").chmod(0o600)
    for target in ("/docs/map", "/docs/map.var"):
        decision = server.ask(target)
        assert decision.cause == "type-map-unreadable"
        assert decision.log is not None and "AH00683" in decision.log
        assert isinstance(decision.where, PathPlace) and decision.where.path.endswith("map.var")


def test_a_line_that_is_none_is_named(tmp_path: Path) -> None:
    decision = httpd(tmp_path, "bad.var").ask("/docs/bad.var")
    assert (decision.cause, line_of(decision.where)) == ("type-map-syntax", "nothing")


def test_set_handler_default_handler_lists_nothing(tmp_path: Path) -> None:
    assert httpd(tmp_path, "", "Options Indexes\nSetHandler default-handler").status("/docs/") == 404


@pytest.mark.parametrize(
    ("text", "quality"),
    [("", 1), ("0", 0), ("0.5", 0.5), (".5", 0.5), ("0.1239", 0.123), ("2", 1), ("x", 1), ("05", 0)],
)
def test_qualities(text: str, quality: float) -> None:
    assert quality_of(text) == single(quality)


def test_entries_of_a_header() -> None:
    found = entries_of('text/HTML ; Q=0.5;level=3, a/b;charset="X,y";q=.1 c,,')
    assert [(entry.name, entry.quality, entry.level, entry.charset) for entry in found] == [
        ("text/html", 0.5, 3, ""),
        ("a/b", single(0.1), 0, "x,y"),
        ("", 1, 0, ""),
    ]
    assert list_items(' trans , "a,b", (c,d) e ,') == ["trans", '"a,b"', "(c,d) e"]


@pytest.mark.parametrize(
    ("written", "charset", "type_"),
    [
        ("text/html", None, "text/html"),
        ("text/html", "utf-8", "text/html; charset=utf-8"),
        ("text/html;charset=a;b=c", "utf-8", "text/html; charset=utf-8; b=c"),
        ('text/html; q="a;b"', None, 'text/html; q="a;b"'),
        ("text", "utf-8", "text"),
        ("text/html; =", "utf-8", "text/html; ="),
    ],
)
def test_types_with_charsets(written: str, charset: str | None, type_: str) -> None:
    assert with_charset(written, charset) == type_


@pytest.mark.parametrize(
    ("uri", "path_info", "left"),
    [("/a/b/c", "/c", "/a/b"), ("/a//b", "/b", "/a"), ("/a/b", "", "/a/b"), ("/a/x/b", "/y/b", "/a/x")],
)
def test_path_info_at_the_end(uri: str, path_info: str, left: str) -> None:
    assert without_path_info(uri, path_info) == left


@pytest.mark.parametrize(
    ("files", "lines", "reason"),
    [
        ("page.html.foo", MULTI, "nothing says what .foo in its name stands for"),
        ("page.foo", MULTI, "no part of its name stands for a type, a language, an encoding or a charset"),
        ("page.en", MULTI, "its type is not known"),
        ("page.html", f"{MULTI}\n<Files *.html>\nRequire all denied\n</Files>", "it would be answered with 403"),
    ],
)
def test_why_a_file_is_no_variant(tmp_path: Path, files: str, lines: str, reason: str) -> None:
    decision = httpd(tmp_path, files, lines).ask("/docs/page")
    assert f"{files} is no variant: {reason}" in [step.text for step in decision.trace]
