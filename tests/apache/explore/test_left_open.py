"""What answers hang on that nobody here knows is told, with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit403.apache.site import read_site
from audit403.core.fact import ReadingFault
from audit403.core.family import Options
from audit403.evidence.local import LocalEvidence

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["AuthType Mellon", "Require valid-user"], ["the module for AuthType Mellon"]),
        (["AuthType openid-connect", "Require claim role:admin"], ["Require claim role:admin"]),
        (["LuaHookAccessChecker /x.lua f"], ["the code of LuaHookAccessChecker"]),
        (["Require host example.org"], ["what DNS says of 203.0.113.9 in example.org"]),
        (["AuthType Basic", "AuthName x", "AuthUserFile /x", "Require valid-user"], []),
        (["Require all denied"], []),
    ],
)
def test_it_is_told_once(tmp_path: Path, lines: list[str], words: list[str]) -> None:
    conf = tmp_path / "a.conf"
    host = ["ServerName a.example", "DocumentRoot /var/www/html", "<Location /a>", *lines, "</Location>"]
    conf.write_text("\n".join(["<VirtualHost *:80>", *host, "</VirtualHost>\n"]))
    facts = list(read_site(str(conf), LocalEvidence(), Options(tree="none")).facts())
    told = [fact for fact in facts if isinstance(fact, ReadingFault)]
    assert [fact.kind for fact in told] == ["not-evaluated" for _ in words]
    assert all(one in fact.message for one, fact in zip(words, told, strict=True))
    assert all(fact.where.file == str(conf) for fact in told)
