"""A lone `.htaccess` or virtual host: what is only assumed to stand around it is not reported for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit403.core.place import Span
from audit403.engine.audit import Asked, audit

if TYPE_CHECKING:
    from pathlib import Path

HTACCESS = "Order deny,allow\nDeny from all\nAllow from 192.0.2.7\n"
HOST = "<VirtualHost *:80>\nServerName a.test\nDocumentRoot /var/www/a\n</VirtualHost>\n"


@pytest.mark.parametrize(("name", "text", "places"), [(".htaccess", HTACCESS, {".htaccess"}), ("a.conf", HOST, set())])
def test_the_refusals_are_those_of_the_file(tmp_path: Path, name: str, text: str, places: set[str]) -> None:
    (tmp_path / name).write_text(text)
    report = audit([str(tmp_path / name)], Asked(tree="none", no_settings=True, strict=True))
    found = {getattr(judged.finding.where, "file", "") for judged in report.findings}
    assert found == {str(tmp_path / place) for place in places}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Options -Indexes\n", ["a.png"]),
        ("Redirect 301 /x /y\n", ["a.png", "b.css"]),
        ("SSLRequireSSL\n", ["index.html"]),
        ('SSLRequire %{SSL_CLIENT_VERIFY} eq "SUCCESS"\n', ["index.html"]),
    ],
)
def test_where_it_lies_in_which_server_is_not_known(tmp_path: Path, text: str, names: list[str]) -> None:
    """A folder of pictures is no home page, and the server may speak TLS and ask for certificates."""
    tmp_path.chmod(0o755)  # whether those above it let anybody in hangs on what else runs here
    for name in (*names, ".htaccess"):
        (tmp_path / name).write_text(text)
    report = audit([str(tmp_path / ".htaccess")], Asked(tree="here", no_settings=True))
    rules = {judged.finding.rule for judged in report.findings}
    assert not {rule for rule in rules if rule.startswith("apache/")}


@pytest.mark.parametrize(
    ("root", "section", "expected"),
    [
        ("/opt/a/public", "", ("note", "a.conf", 3)),
        ("/opt/a/public", "<Directory /opt/a/public>\nOptions None\n</Directory>\n", ("warning", "a.conf", 3)),
    ],
)
def test_who_may_come_in_may_be_said_where_the_server_is(
    tmp_path: Path, root: str, section: str, expected: tuple[str, str, int]
) -> None:
    """A document root that the file itself says nothing of is no fault of the file; the place is one that is there."""
    host = f"<VirtualHost *:80>\nServerName a.test\nDocumentRoot {root}\n{section}</VirtualHost>\n"
    (tmp_path / "a.conf").write_text(host)
    report = audit([str(tmp_path / "a.conf")], Asked(tree="none", no_settings=True, strict=True))
    (found,) = [judged.finding for judged in report.findings if judged.finding.rule == "apache/nothing-granted"]
    assert isinstance(found.where, Span)
    assert (found.severity, found.where.file.rpartition("/")[2], found.where.line) == expected
