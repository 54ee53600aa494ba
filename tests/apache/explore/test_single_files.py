"""Lines that lead to one file: it is none that a <Directory> could be for, whether it is seen or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit403.engine.audit import Asked, audit

if TYPE_CHECKING:
    from pathlib import Path

AROUND = """\
LoadModule mpm_event_module modules/mod_mpm_event.so
LoadModule authz_core_module modules/mod_authz_core.so
LoadModule alias_module modules/mod_alias.so
LoadModule wsgi_module modules/mod_wsgi.so
ServerRoot /etc/httpd
Listen 80
ServerName a.test
DocumentRoot /srv/a
<Directory />
    Require all denied
</Directory>
<Directory /srv/a>
    Require all granted
</Directory>
"""


@pytest.mark.parametrize(
    ("line", "folder", "name"),
    [
        ("WSGIScriptAlias /app /srv/django/site/wsgi.py", "/srv/django/site", "wsgi.py"),
        ("WSGIScriptAlias / /srv/django/site/wsgi.py", "/srv/django/site", "wsgi.py"),
        ("Alias /favicon.ico /opt/brand/favicon.ico", "/opt/brand", "favicon.ico"),
    ],
)
def test_the_fix_is_for_the_file_in_its_folder(tmp_path: Path, line: str, folder: str, name: str) -> None:
    (tmp_path / "httpd.conf").write_text(f"{AROUND}{line}\n")
    report = audit([str(tmp_path / "httpd.conf")], Asked(tree="none", no_settings=True))
    (judged,) = [one for one in report.findings if one.finding.rule == "apache/nothing-granted"]
    fix = judged.finding.fix
    assert fix is not None and fix.proven
    (edit,) = fix.edits
    assert f"<Directory {folder}>" in edit.text and f'<Files "{name}">' in edit.text


def test_a_folder_of_scripts_is_none(tmp_path: Path) -> None:
    (tmp_path / "httpd.conf").write_text(f"{AROUND}WSGIScriptAlias /app/ /srv/scripts/\n")
    report = audit([str(tmp_path / "httpd.conf")], Asked(tree="none", no_settings=True))
    (judged,) = [one for one in report.findings if one.finding.rule == "apache/nothing-granted"]
    assert judged.finding.fix is not None and "<Directory /srv/scripts>" in judged.finding.fix.edits[0].text
