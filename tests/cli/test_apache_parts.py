"""What is no fault of a file that is only a part of Apache's configuration."""

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
