"""Fixes in Apache's files that are odd: what is written, and what is left to somebody who knows what was meant."""

from pathlib import Path

import pytest

from audit403.engine.audit import Asked, Report, audit
from audit403.engine.write_fixes import write_fixes

NONE = Asked(tree="none", no_settings=True)
MACRO = """\
<Macro Site $name $who>
<VirtualHost *:80>
    ServerName $name.example
    DocumentRoot /srv/$name
    <Directory /srv/$name>
        Order deny,allow
        Allow from $who
    </Directory>
</VirtualHost>
</Macro>
Use Site first all
"""
#: What is refused for all comes behind what lets some in.
INNER = """\
<VirtualHost *:80>
    ServerName a.example
    DocumentRoot /srv/a
    <Directory /srv/a>
        Require all granted
    </Directory>
    <Location "/tools/public">
        Require all granted
    </Location>
    <Location "/tools">
        Require ip 10.0.0.0/8
    </Location>
</VirtualHost>
"""


def fixed(path: Path, text: str) -> Report:
    path.write_bytes(text.encode())
    report = audit([str(path)], NONE)
    write_fixes(report.findings, unsafe=True)
    return report


def test_a_macro_with_one_use_is_mended(tmp_path: Path) -> None:
    path = tmp_path / "site.conf"
    fixed(path, MACRO)
    assert path.read_text() == MACRO.replace("Order deny,allow\n        Allow from $who", "Require all granted")
    assert audit([str(path)], NONE).findings == ()


def test_what_one_use_of_a_macro_says_is_not_put_into_it(tmp_path: Path) -> None:
    path, text = tmp_path / "site.conf", MACRO + "Use Site second 10.1.0.0/16\n"
    report = fixed(path, text)
    assert report.findings
    assert path.read_text() == text


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_section_is_moved_with_its_line_endings(tmp_path: Path, end: str) -> None:
    path = tmp_path / "site.conf"
    fixed(path, INNER.replace("\n", end))
    lines = path.read_bytes().split(b"\n")
    assert all(line.endswith(b"\r") == (end == "\r\n") for line in lines[:-1])
    assert audit([str(path)], NONE).findings == ()
    assert b"".join(path.read_bytes().split()) != b"".join(INNER.encode().split())


def test_a_linked_access_file_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "shared").write_text("RewriteEngine On\nRewriteRule (^|/)\\. - [F]\n")
    (tmp_path / ".htaccess").symlink_to("shared")
    write_fixes(audit([str(tmp_path / ".htaccess")], NONE).findings, unsafe=True)
    assert (tmp_path / ".htaccess").is_symlink()
    assert (tmp_path / "shared").read_text() == "RewriteEngine On\nRewriteRule (^|/)\\.(?!well-known/) - [F]\n"


def test_who_is_let_in_before_and_after(tmp_path: Path) -> None:
    path = tmp_path / "site.conf"
    path.write_text("""\
<VirtualHost *:80>
    DocumentRoot /srv/a
    <Directory /srv/a>
        Order deny,allow
        Deny from 192.0.2
        Allow from 192.0.2.7 10.1.0.0/255.255.0.0
    </Directory>
    <Directory /srv/a/open>
        Require all granted
    </Directory>
</VirtualHost>
""")
    (finding,) = audit([str(path)], NONE).findings
    fix = finding.finding.fix
    assert fix is not None
    assert [(one.who, one.before, one.after) for one in fix.visitors] == [
        ("clients from 192.0.2", False, False),
        ("clients from 192.0.2.7", False, True),
        ("clients from 10.1.0.0/255.255.0.0", False, True),
        ("everybody else", False, True),
    ]
