"""No directive of httpd's is forgotten: each is evaluated, named as not evaluated, or without a say."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit403.apache.model import build
from audit403.apache.model.handlers import HANDLERS
from audit403.apache.model.not_evaluated import NOT_EVALUATED, not_evaluated, without_say
from audit403.apache.read.configuration import read_configuration
from audit403.apache.read.now import handlers
from audit403.apache.read.process import Process
from audit403.evidence.local import LocalEvidence
from servers.apache_modules import MODULES, modules_of
from servers.need import need

#: What only the model's beginning takes in: sections, sockets, users.
_OF_THE_MODEL = {"<virtualhost", "listen", "user", "group", "registerhttpmethod", *build._SECTIONS}


def of_the_installed_httpd() -> set[str]:
    files = [Path(need("apache2")), *sorted(MODULES.glob("mod_*.so"))]
    modules = [module for file in files for module in modules_of(file) if module.symbol != "security2_module"]
    return {command.name.lower() for module in modules for command in module.commands}


def evaluated() -> set[str]:
    process = Process()
    process.lenient = True
    return set(HANDLERS) | set(handlers(process)) | _OF_THE_MODEL


def test_every_directive_has_its_place() -> None:
    theirs = of_the_installed_httpd()
    assert len(theirs) > 700
    assert theirs - evaluated() - NOT_EVALUATED.keys() - without_say() == set()


def test_no_directive_has_two_places() -> None:
    assert not evaluated() & NOT_EVALUATED.keys()
    assert not evaluated() & without_say()
    assert not without_say() & NOT_EVALUATED.keys()


def test_no_directive_is_invented() -> None:
    assert without_say() | NOT_EVALUATED.keys() <= of_the_installed_httpd()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("CacheEnable disk /\n<Location />\nSessionEnv On\nCacheEnable disk\n</Location>", ["CacheEnable"]),
        ("CacheEnable disk /\nCacheQuickHandler off", []),
        ("MDRequireHttps off\nOIDCClientID x", []),
        ("<Location /svn>\nAuthzSVNAccessFile /etc/svn\n</Location>", ["AuthzSVNAccessFile"]),
        ("JkMount /a/* one\nJkMount /b/* one\nChrootDir /srv", ["JkMount", "ChrootDir"]),
    ],
)
def test_what_is_not_evaluated_is_named(tmp_path: Path, text: str, named: list[str]) -> None:
    conf = tmp_path / "apache.conf"
    conf.write_text(f"Listen 80\n{text}\n")
    found = not_evaluated(read_configuration(str(conf), LocalEvidence()))
    assert [directive.written for directive, _ in found] == named
