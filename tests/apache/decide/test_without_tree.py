"""What is answered where the tree is not known, and for an `.htaccess` whose server is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit403.apache.site import read_site
from audit403.core.family import Options
from audit403.core.request import Request
from audit403.evidence.local import LocalEvidence

if TYPE_CHECKING:
    from pathlib import Path

    from audit403.core.decision import Decision

MAIN = """\
ServerName own.test
Listen 80
DocumentRoot /srv/www
Alias /icons/ /srv/icons/
<Directory /srv/www>
AllowOverride All
Require all granted
</Directory>
<Directory /srv/www/private>
Require ip 10.0.0.0/8
</Directory>
<Files "*.bak">
Require all denied
</Files>
"""


def ask(main: Path, target: str) -> Decision:
    site = read_site(str(main), LocalEvidence(), Options("", (), "none"))
    return site.decide(Request("GET", "http", "own.test", 80, target, "127.0.0.1", ()))


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/", 200),
        ("/page.html", 200),
        ("/a/b.d/c", 200),
        ("/a.d/", 200),
        ("/private/x", 403),
        ("/private/", 403),
        ("/old.bak", 403),
        ("/icons/a.gif", 200),
    ],
)
def test_files_are_taken_to_be_there(tmp_path: Path, target: str, status: int) -> None:
    main = tmp_path / "apache2.conf"
    modules = ("alias", "authz_core", "authz_host", "dir", "autoindex")
    main.write_text("".join(f"LoadModule {name}_module x/mod_{name}.so\n" for name in modules) + MAIN)
    decision = ask(main, target)
    assert decision.status == status
    assert any("the tree is not known" in step.text for step in decision.trace)


def test_a_lone_access_file_says_what_it_rests_on(tmp_path: Path) -> None:
    file = tmp_path / ".htaccess"
    file.write_text("RewriteEngine On\nRewriteRule ^secret - [F]\n<Files x.html>\nRequire all denied\n</Files>\n")
    assumed = "nothing is known of the server: AllowOverride All, Options FollowSymLinks"
    refused, served = ask(file, "/x.html"), ask(file, "/page.html")
    assert (refused.status, refused.trace[0].text) == (403, assumed)
    assert served.status == 200
    assert served.trace[0].text == f"{assumed}; with FollowSymLinks off it would be 403 (rewrite-without-links)"


@pytest.mark.parametrize("target", ["/", "/blog/some-page", "/index.php", "/folder/"])
def test_a_front_controller_answers_whether_files_are_there_or_not(tmp_path: Path, target: str) -> None:
    file = tmp_path / ".htaccess"
    conditions = "RewriteCond %{REQUEST_FILENAME} !-f\nRewriteCond %{REQUEST_FILENAME} !-d\n"
    file.write_text(f"RewriteEngine On\n{conditions}RewriteRule . /index.php [L]\n")
    assert ask(file, target).verdict == "not-refused"


def test_files_that_decide_are_named(tmp_path: Path) -> None:
    file = tmp_path / ".htaccess"
    file.write_text("RewriteEngine On\nRewriteCond %{REQUEST_FILENAME} -f\nRewriteRule ^data/ - [F]\n")
    decision = ask(file, "/data/x")
    assert (decision.verdict, [missing.name for missing in decision.missing]) == ("unknown", [f"{tmp_path}/data/x"])


def test_the_document_root_is_a_directory(tmp_path: Path) -> None:
    file = tmp_path / ".htaccess"
    rules = "\n".join(f"RewriteCond %{{REQUEST_FILENAME}} {test}\nRewriteRule ^$ - [F]" for test in ("!-d", "-f"))
    file.write_text(f"RewriteEngine On\n{rules}\n")
    assert ask(file, "/").status == 200
