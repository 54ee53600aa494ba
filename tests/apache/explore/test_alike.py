"""Virtual hosts that are alike are explored once, and found for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apache.explore.found_in import Found

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
