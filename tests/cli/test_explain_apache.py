"""`explain` for Apache in text: what an administrator is told, and from which files it can be told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from servers.command import audit403

if TYPE_CHECKING:
    from pathlib import Path

MAIN = """\
LoadModule mpm_event_module modules/mod_mpm_event.so
LoadModule authz_core_module modules/mod_authz_core.so
LoadModule authz_host_module modules/mod_authz_host.so
LoadModule access_compat_module modules/mod_access_compat.so
LoadModule dir_module modules/mod_dir.so
LoadModule autoindex_module modules/mod_autoindex.so
Listen 80
ServerName a.example
User root
Group root
<Directory />
    Require all denied
</Directory>
%s
"""
PAGES = "DocumentRoot {root}\n<Directory {root}>\nOptions FollowSymLinks\nRequire all granted\n</Directory>"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A document root with one page."""
    root = tmp_path / "html"
    (root / "empty").mkdir(parents=True)
    (root / "page.html").write_text("page")
    return root


def _explain(config: Path, url: str, *options: str) -> str:
    result = audit403("explain", "--server", "apache", "--config", str(config), url, *options)
    return result.stdout + result.stderr


def _main(root: Path, body: str) -> Path:
    main = root.parent / "httpd.conf"
    main.write_text(MAIN % body.replace("{root}", str(root)))
    return main


def test_an_index_that_is_not_there_takes_one_line(root: Path) -> None:
    main = _main(root, f"{PAGES}\nDirectoryIndex index.php index.html")
    text = _explain(main, "http://a.example/empty/")
    assert "without Indexes here a directory needs an index" in text
    assert text.count("/empty/index.php is not there") == text.count("/empty/index.html is not there") == 1
    assert "subrequest for" not in text


def test_a_location_is_told_once(root: Path) -> None:
    text = _explain(_main(root, f"{PAGES}\n<Location /page.html>\n</Location>"), "http://a.example/page.html")
    assert text.count("<Location /page.html>") == 1


def test_a_silent_refusal_says_so(root: Path) -> None:
    main = _main(root, f"{PAGES}\nLoadModule alias_module modules/mod_alias.so\nRedirect 403 /page.html")
    assert text_ends(_explain(main, "http://a.example/page.html"), "the error log says nothing of it")


def text_ends(text: str, words: str) -> bool:
    return text.rstrip("\n").endswith(words)


def test_without_the_tree_nothing_is_claimed_of_files(root: Path) -> None:
    main = _main(root, PAGES)
    assert "404" in _explain(main, "http://a.example/none.html")
    assert "→ 200, not refused" in _explain(main, "http://a.example/none.html", "--tree", "none")


def test_a_lone_access_file_says_what_its_answer_rests_on(server_dir: Path) -> None:
    access_file = server_dir / ".htaccess"
    access_file.write_text("RewriteEngine On\nRewriteRule ^secret - [F]\n")
    text = _explain(access_file, "http://a.example/secret")
    assert "→ 403 Forbidden (rewrite-rule)" in text and "nothing is known of the server" in text
    text = _explain(access_file, "http://a.example/open", "--tree", "none")
    assert "with FollowSymLinks off it would be 403 (rewrite-without-links)" in text


def test_a_virtual_host_alone_is_answered_for(tmp_path: Path) -> None:
    snippet = tmp_path / "site.conf"
    snippet.write_text(
        "<VirtualHost *:80>\nServerName b.example\nDocumentRoot /srv/b\n<Directory /srv/b>\nRequire all granted\n"
        "</Directory>\n<Location /no>\nRequire all denied\n</Location>\n</VirtualHost>\n"
    )
    assert "403 Forbidden (require)" in _explain(snippet, "http://b.example/no", "--tree", "none")
    assert "→ 200, not refused" in _explain(snippet, "http://b.example/yes", "--tree", "none")
