"""Handlers by extension, scripts, homes of users, roots by name: one case each of what the differential tests show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from apache.decide.asked import Httpd

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """A folder with scripts below the document root."""
    folder = tmp_path / "html" / "cgi"
    folder.mkdir(parents=True)
    for name in ("run.cgi", "run.cgi.txt", "data.cgi"):
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o644 if name == "data.cgi" else 0o755)
    return tmp_path


@pytest.mark.parametrize(
    ("lines", "target", "status"),
    [
        ("AddHandler cgi-script .cgi", "/cgi/run.cgi", 403),
        ("AddHandler cgi-script .cgi", "/cgi/run.cgi.txt", 403),
        ("AddHandler cgi-script .cgi", "/cgi/none.cgi", 403),
        ("AddHandler cgi-script .cgi", "/cgi/", 403),
        ("AddHandler CGI-Script CGI", "/cgi/run.cgi", 403),
        ("AddType application/x-httpd-cgi cgi", "/cgi/run.cgi", 403),
        ("AddHandler cgi-script .cgi\nRemoveHandler .cgi", "/cgi/run.cgi", 200),
        ("AddHandler cgi-script .cgi\n<Files *.cgi>\nRemoveHandler .cgi\n</Files>", "/cgi/run.cgi", 200),
        ("SetHandler cgi-script\nOptions +ExecCGI", "/cgi/data.cgi", 500),
        ("SetHandler cgi-script\nOptions +ExecCGI", "/cgi/run.cgi", None),
        ("SetHandler cgi-script\nOptions +ExecCGI", "/cgi/none", 404),
        ("SetHandler cgi-script\nOptions +ExecCGI\nDirectorySlash Off", "/cgi", 403),
        ("SetHandler server-status", "/cgi/none", 200),
    ],
)
def test_scripts(scripts: Path, lines: str, target: str, status: int | None) -> None:
    server = Httpd(scripts, f'<Directory "{scripts}/html">\n{lines}\n</Directory>')
    assert server.status(target) == status


def test_exec_cgi_off_names_the_options(scripts: Path) -> None:
    server = Httpd(scripts, f'<Directory "{scripts}/html">\nOptions Indexes\nSetHandler cgi-script\n</Directory>')
    decision = server.ask("/cgi/run.cgi")
    assert decision.cause == "exec-cgi-off"
    assert decision.log is not None and "AH01262" in decision.log
    assert decision.where is not None and decision.where.line > 0  # type: ignore[union-attr]


def test_an_empty_section_brings_back_what_plus_added_before_an_absolute_line(scripts: Path) -> None:
    lines = "Options +ExecCGI\nOptions Indexes\nAddHandler cgi-script .cgi"
    folder = f"{scripts}/html"
    body = f'<Directory "{folder}">\n{lines}\n</Directory>\n'
    assert Httpd(scripts, body).status("/cgi/run.cgi") == 403
    assert Httpd(scripts, f'{body}<Directory "{folder}/cgi">\n</Directory>').ask("/cgi/run.cgi").handed_to is not None


def test_script_alias_needs_no_exec_cgi(scripts: Path) -> None:
    server = Httpd(scripts, f"ScriptAlias /bin/ {scripts}/html/cgi/")
    assert server.ask("/bin/run.cgi").handed_to == f"the script {scripts}/html/cgi/run.cgi"


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("UserDir {top}/homes/*/pub", 200),
        ("UserDir {top}/none {top}/homes/*/pub", 200),
        ("UserDir {top}/homes", 404),
        ("UserDir {top}/homes/*/pub\nUserDir disabled ann", 404),
        ("UserDir {top}/homes/*/pub\nUserDir disabled", 404),
        ("UserDir {top}/homes/*/pub\nUserDir disabled\nUserDir enabled ANN", 200),
        ("UserDir http://other.test/*/pub", 302),
        ("UserDir {top}/homes/*/pub\n<Directory {top}/homes>\nRequire all denied\n</Directory>", 403),
    ],
)
def test_homes(tmp_path: Path, line: str, status: int) -> None:
    home = tmp_path / "homes" / "ann" / "pub"
    home.mkdir(parents=True)
    (home / "page.html").write_text("page")
    assert Httpd(tmp_path, line.format(top=tmp_path)).status("/~ann/page.html") == status


@pytest.mark.parametrize("root", ["%0", "%1.%2.%3", "%-3.%-2+", "%1.0.%2+", "www.%2.%-1", "%1.1ww.%2.t%3.-3+st"])
def test_roots_by_name(tmp_path: Path, root: str) -> None:
    folder = tmp_path / "hosts" / "www.own.test"
    folder.mkdir(parents=True)
    (folder / "page.html").write_text("page")
    decision = Httpd(tmp_path, f"VirtualDocumentRoot {tmp_path}/hosts/{root}").ask(host="WWW.Own.test")
    made = next(step.text for step in decision.trace if "VirtualDocumentRoot" in step.text)
    assert (decision.status == 200) == (root not in ("%-3.%-2+", "%1.1ww.%2.t%3.-3+st")), made


def test_the_status_that_a_file_says_itself(tmp_path: Path) -> None:
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / "no.asis").write_text("Status: 403 No\nContent-Type: text/plain\n\nno")
    assert Httpd(tmp_path, "AddHandler send-as-is asis").status("/no.asis") == 403
