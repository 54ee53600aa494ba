"""Virtual hosts that are alike are explored once, and found for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from apache.explore.found_in import Found
from audit403.apache.explore.alike import Shapes

if TYPE_CHECKING:
    from pathlib import Path

HOST = """<VirtualHost *:80>
ServerName site{0}.test
DocumentRoot /srv/www/site{0}
ErrorLog logs/site{0}-error.log
<Directory /srv/www/site{0}>
Require all granted
</Directory>
<Location /admin>
Require ip 10.0.0.0/8
</Location>
{1}
</VirtualHost>"""


def test_each_has_its_own_refusals(tmp_path: Path) -> None:
    body = "\n".join(HOST.format(number, "") for number in range(20))
    found = Found(tmp_path, body, tree_known=False).of("require")
    assert {refusal.witness.host for refusal in found} >= {f"site{number}.test" for number in range(20)}
    assert {refusal.who for refusal in found if refusal.witness.target == "/admin"} == {"every client but 10.0.0.0/8"}


def test_one_that_says_more_is_explored_itself(tmp_path: Path) -> None:
    more = "<Location /more>\nRequire all denied\n</Location>"
    body = "\n".join(HOST.format(number, more if number == 7 else "") for number in range(20))
    found = Found(tmp_path, body, tree_known=False).of("require")
    assert {refusal.witness.host for refusal in found if refusal.witness.target == "/more"} == {"site7.test"}


GRANTED = "<Directory /srv/www>\nRequire all granted\n</Directory>"
BARE = """<VirtualHost *:80>
ServerName site{0}.test
DocumentRoot /srv/www/site{0}
{1}
</VirtualHost>"""
TOLD_APART = {
    "nothing": ("", ""),
    "a directory of one of them": ("<Directory /srv/www/site5>\nRequire all denied\n</Directory>", ""),
    "a directory in one of them": ("<Directory /srv/www/site5/private>\nRequire all denied\n</Directory>", ""),
    "a pattern for one of them": ('<DirectoryMatch "site5/private">\nRequire all denied\n</DirectoryMatch>', ""),
    "a pattern for some of them": ('<DirectoryMatch "site[2-4]/?$">\nRequire all denied\n</DirectoryMatch>', ""),
    "a shell pattern for some of them": ("<Directory /srv/www/*[2-4]>\nRequire all denied\n</Directory>", ""),
    "a variable for one of them": ("SetEnvIf Host ^site5 bad\n<Location />\nRequire not env bad\n</Location>", ""),
    "a rule for one of them": ("", "RewriteEngine on\nRewriteCond %{HTTP_HOST} ^site[56]\nRewriteRule ^ - [F]"),
    "a rule that excepts one of them": ("", "RewriteEngine on\nRewriteCond %{HTTP_HOST} !site5\nRewriteRule ^ - [F]"),
    "an expression for one of them": ("", '<If "%{HTTP_HOST} =~ /5/">\nRequire all denied\n</If>'),
    "a rule for the folder of one": ("", "RewriteEngine on\nRewriteCond %{DOCUMENT_ROOT} 5\nRewriteRule ^ - [F]"),
    "a rule for every other name": ("", "RewriteEngine on\nRewriteCond %{HTTP_HOST} ^www\\.\nRewriteRule ^ - [F]"),
}


@pytest.mark.parametrize("case", TOLD_APART.values(), ids=TOLD_APART)
def test_what_tells_them_apart_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: tuple[str, str]) -> None:
    """The same is found when every virtual host is explored by itself."""
    outside, inside = case
    for number in range(9):
        (tmp_path / f"www/site{number}/private").mkdir(parents=True)
    body = "\n".join([GRANTED, outside, *(BARE.format(number, inside) for number in range(9))]).replace(
        "/srv", str(tmp_path)
    )
    found = Found(tmp_path, body, tree_known=False)
    monkeypatch.setattr(Shapes, "of", lambda *_: None)
    each = Found(tmp_path, body, tree_known=False)
    assert _told(found) == _told(each)


def _told(found: Found) -> dict[object, str]:
    return {(one.cause, str(one.where), one.subject.server.name, one.witness.target): one.who for one in found.refusals}
