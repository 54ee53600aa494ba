"""Which files are not for httpd on this system as they are, and values that nobody knows here."""

from pathlib import Path

import pytest

from audit403.engine.audit import Asked, Report, audit

NOTHING = Asked(tree="none", no_settings=True, strict=True)


def audited(folder: Path, name: str, text: str) -> Report:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return audit([str(file)], NOTHING)


def rules(report: Report) -> list[str]:
    return [judged.finding.rule for judged in report.findings]


def test_windows(tmp_path: Path) -> None:
    text = 'Define SRVROOT "c:/Apache24"\nServerRoot "${SRVROOT}"\nListen 80\nDocumentRoot "${SRVROOT}/htdocs"\n'
    report = audited(
        tmp_path, "httpd.conf", text + '<Directory "${SRVROOT}/htdocs">\nRequire all granted\n</Directory>\n'
    )
    assert report.findings == ()
    assert ["Windows" in missed.reason for missed in report.not_audited] == [True]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("site.conf", "<VirtualHost *:{{ port }}>\nServerName {{ name }}\nDocumentRoot /srv/a\n</VirtualHost>\n"),
        ("panel.conf", "<VirtualHost %ip%:%web_port%>\nServerName %domain%\n</VirtualHost>\n"),
        ("ssl.conf", "Listen @@SSLPort@@\n<VirtualHost _default_:@@SSLPort@@>\n</VirtualHost>\n"),
        (".htaccess", "RewriteEngine On\n{% if hidden %}\nRewriteRule ^a - [F]\n{% endif %}\n"),
    ],
)
def test_templates(name: str, text: str, tmp_path: Path) -> None:
    report = audited(tmp_path, name, text)
    assert report.findings == ()
    assert ["template" in missed.reason for missed in report.not_audited] == [True]


def test_values_that_the_environment_has(tmp_path: Path) -> None:
    text = (
        "<VirtualHost *:${PORT}>\nServerName a.example\nDocumentRoot ${ROOT}/public\n"
        "ProxyPreserveHost ${KEEP}\n</VirtualHost>\n"
    )
    assert rules(audited(tmp_path, "site.conf", text)) == []
    known = text.replace("${KEEP}", "Maybe")
    assert rules(audited(tmp_path, "site.conf", known)) == ["apache/rejected-directive"]


def test_a_file_that_only_loads_modules(tmp_path: Path) -> None:
    text = "LoadModule log_config_module modules/mod_log_config.so\nLoadModule dav_module modules/mod_dav.so\n"
    assert rules(audited(tmp_path, "conf.modules.d/00-base.conf", text)) == []
