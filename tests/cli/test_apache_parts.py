"""What is no fault of a file that is only a part of Apache's configuration."""

from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from audit403.cli.main import main


def test_a_macro_that_another_file_may_define_is_no_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "sites-enabled" / "site.conf"
    file.parent.mkdir()
    file.write_text(
        "<VirtualHost *:80>\nServerName a.example\nUse Site a.example\nRequire all granted\n</VirtualHost>\n"
    )
    assert main(["check", "--tree", "none", str(file)]) == 1
    said = capsys.readouterr().out
    assert "Require not allowed in <VirtualHost> context" in said
    assert "undefined" not in said


def test_apache_configuration_on_standard_input_is_nothing_to_nginx(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = b"<VirtualHost *:80>\nServerName a.example\nDocumentRoot /var/www/a\nFooBar On\n</VirtualHost>\n"
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(text)))
    assert main(["check", "-", "--strict"]) == 0
    assert "nginx" not in capsys.readouterr().out


def test_what_hangs_on_assumed_surroundings_is_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "site.conf"
    file.write_text(
        "<VirtualHost *:80>\nServerName a.example\nDocumentRoot /srv/a\n"
        "<Directory /srv/a>\nOrder deny,allow\nAllow from all\n</Directory>\n</VirtualHost>\n"
    )
    assert main(["check", "--tree", "none", "--fail-on", "error", str(file)]) == 0
    assert "warning[apache/old-access-syntax]" in capsys.readouterr().out


def test_one_line_of_several_servers_is_told_of_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "common.inc").write_text("<Directory /srv/a>\nOrder deny,allow\nAllow from all\n</Directory>\n")
    file = tmp_path / "site.conf"
    host = "<VirtualHost *:80>\nServerName {}.example\nDocumentRoot /srv/a\nInclude {}/common.inc\n</VirtualHost>\n"
    file.write_text("".join(host.format(name, tmp_path) for name in "ab"))
    main(["check", "--tree", "none", str(file)])
    said = capsys.readouterr().out
    assert said.count("warning[apache/old-access-syntax]") == 1
    assert "the same line for b.example" in said
