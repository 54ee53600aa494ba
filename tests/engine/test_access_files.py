"""`.htaccess` files without their server, in folders and as pre-commit names them: each is judged, and each once."""

from pathlib import Path

import pytest

from audit403.core.finding import ERROR
from audit403.engine.audit import Asked, Report, audit

#: A directive that httpd never takes in such a file.
FAULTY = 'ServerRoot "/usr/local"\n'
HIDDEN = 'RewriteEngine On\nRewriteRule "(^|/)\\." - [F]\n'


def write(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


def told(report: Report) -> list[tuple[str, str]]:
    found = [judged.finding for judged in report.findings]
    return [(finding.rule, Path(getattr(finding.where, "file", "")).parent.name) for finding in found]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    return tmp_path


def test_every_file_that_is_named(checkout: Path) -> None:
    files = [write(checkout / name / ".htaccess", FAULTY) for name in ("a", "b", "c")]
    expected = [("apache/override-not-allowed", name) for name in ("a", "b", "c")]
    assert told(audit(files)) == expected
    assert told(audit([str(checkout)])) == expected
    assert told(audit([*files, str(checkout), *files])) == expected
    assert audit(files).not_audited == ()


def test_what_an_outer_file_says_is_told_there(checkout: Path) -> None:
    outer = write(checkout / ".htaccess", HIDDEN)
    inner = write(checkout / "inner/.htaccess", "Options -Indexes\n")
    rules = ["apache/well-known-refused"]
    assert [rule for rule, _ in told(audit([outer, inner]))] == rules
    assert [rule for rule, _ in told(audit([str(checkout)]))] == rules
    assert told(audit([inner])) == []


def test_a_checkout_says_nothing_about_the_files_that_are_served(checkout: Path) -> None:
    write(checkout / ".htaccess", "Options -Indexes\nDirectoryIndex start.php\n")
    write(checkout / "uploads/.htaccess", "Options -Indexes\n")
    assert told(audit([str(checkout)])) == []


def test_a_folder_of_a_machine(server_dir: Path) -> None:
    write(server_dir / "index.html", "home")
    write(server_dir / "uploads/.htaccess", "Options -Indexes\n")
    write(server_dir / "uploads/a.png", "picture")
    assert told(audit([str(server_dir)])) == []
    assert told(audit([str(server_dir / "uploads/.htaccess")])) == []


def test_files_below_a_known_docroot_belong_to_its_server(server_dir: Path) -> None:
    main = write(
        server_dir / "httpd.conf",
        f'ServerRoot "{server_dir}"\nListen 80\nUser www-data\nGroup www-data\nDocumentRoot "{server_dir}/www"\n'
        f'<Directory "{server_dir}/www">\nRequire all granted\nAllowOverride AuthConfig\n</Directory>\n',
    )
    write(server_dir / "www/index.html", "home")
    write(server_dir / "www/.htaccess", "Options -Indexes\n")
    report = audit([str(server_dir)], Asked(tree="here"))
    assert [judged.finding.message[-24:] for judged in report.findings] == ["Options not allowed here"]
    assert told(audit([main, str(server_dir / "www/.htaccess")], Asked(tree="here"))) == told(report)


def test_directives_of_modules_that_are_not_known(checkout: Path) -> None:
    write(checkout / ".htaccess", "CacheLookup on\n" + HIDDEN)
    assert told(audit([str(checkout)]))[0][0] == "apache/well-known-refused"
    write(checkout / ".htaccess", "RewriteEngin on\n")
    report = audit([str(checkout)])
    assert told(report)[0][0] == "apache/override-not-allowed"
    assert report.findings[0].finding.severity != ERROR


def test_a_part_of_a_configuration_claims_nothing_about_this_machine(tmp_path: Path) -> None:
    text = "<VirtualHost *:80>\nServerName a.example\nDocumentRoot /srv/nowhere/at/all\n</VirtualHost>\n"
    report = audit([write(tmp_path / "vhosts/a.conf", text)])
    assert not any("is not there" in judged.finding.message for judged in report.findings)
