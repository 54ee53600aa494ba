"""Handlers of programs inside httpd: who answers where modules are known or assumed, and where code asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from apache.decide.asked import Httpd
from audit403.apache.decide.evaluator import Evaluator
from audit403.apache.model.build import build_model
from audit403.apache.read.fragment import read_lone
from audit403.core.request import Request
from audit403.evidence.local import LocalEvidence

if TYPE_CHECKING:
    from pathlib import Path

    from audit403.core.decision import Decision

LOAD = "LoadModule {0}_module modules/{0}.so\n"


def ask_lone(server_dir: Path, lines: str, name: str) -> Decision:
    """A virtual host alone: which modules there are is assumed."""
    (server_dir / name).write_text("x")
    opened = f'<Directory "{server_dir}">\nRequire all granted\n{lines}\n</Directory>'
    path = server_dir / "site.conf"
    path.write_text(f'<VirtualHost *:80>\nServerName a.test\nDocumentRoot "{server_dir}"\n{opened}\n</VirtualHost>\n')
    evidence = LocalEvidence()
    evaluator = Evaluator(build_model(read_lone(str(path), evidence)), evidence)
    return evaluator.decide(Request("GET", "http", "a.test", 80, f"/{name}", "127.0.0.1", ()))


@pytest.mark.parametrize(
    ("lines", "name", "verdict", "status", "handed_to"),
    [
        ("AddHandler application/x-httpd-php .php", "a.php", "not-refused", None, "PHP"),
        ("AddType application/x-httpd-php .php", "a.php", "not-refused", None, "PHP"),
        ("AddHandler application/x-httpd-ea-php82___lsphp .php", "a.php", "not-refused", None, "ea-php82"),
        ("SetHandler x-mapp-php5", "a.php", "not-refused", None, "x-mapp-php5"),
        ("AddHandler fcgid-script .php\nOptions -ExecCGI", "a.php", "refused", 403, None),
        ("AddHandler cgi-script .php\nOptions -ExecCGI", "a.php", "refused", 403, None),
        ("SetHandler none", "a.php", "not-refused", 200, None),
        ("SetHandler default-handler", "a.php", "not-refused", 200, None),
        ("AddHandler text/plain .php", "a.php", "not-refused", 200, None),
        ("AddHandler server-parsed .shtml", "a.shtml", "not-refused", 200, None),
        ('SetHandler "proxy:unix:/run/php.sock|fcgi://localhost"', "a.php", "not-refused", None, "fcgi://localhost"),
        ("<IfModule mod_php5.c>\nAddHandler php-script .php\n</IfModule>", "a.php", "not-refused", 200, None),
    ],
)  # fmt: skip
def test_assumed_modules(
    server_dir: Path, lines: str, name: str, verdict: str, status: int | None, handed_to: str | None
) -> None:
    decision = ask_lone(server_dir, lines, name)
    assert (decision.verdict, decision.status) == (verdict, status)
    assert handed_to is None or handed_to in (decision.handed_to or "")


def test_a_proxy_of_a_lone_file_speaks_what_its_urls_need(server_dir: Path) -> None:
    decision = ask_lone(server_dir, "RewriteEngine On\nRewriteRule . http://127.0.0.1:3000/ [P,L]", "a.html")
    assert decision.handed_to == "http://127.0.0.1:3000/"


@pytest.mark.parametrize(
    ("lines", "verdict", "handed_to"),
    [
        ("SetHandler application/x-httpd-php", "not-refused", None),
        (LOAD.format("php7") + "SetHandler application/x-httpd-php", "not-refused", "PHP"),
        (LOAD.format("perl") + "SetHandler perl-script\nPerlResponseHandler My::Site", "not-refused", "My::Site"),
        (LOAD.format("perl") + "SetHandler perl-script", "not-refused", None),
        (LOAD.format("perl") + "<Location />\nPerlAccessHandler My::Guard\n</Location>", "unknown", None),
        (LOAD.format("perl") + "<Location /x>\nPerlAccessHandler My::Guard\n</Location>", "not-refused", None),
        (LOAD.format("lua") + "LuaMapHandler ^/page /a.lua", "not-refused", "/a.lua"),
        (LOAD.format("lua") + "LuaHookAccessChecker /a.lua check", "unknown", None),
        (LOAD.format("lua") + "SetHandler lua-script", "not-refused", "Lua"),
        (LOAD.format("unheard") + "SetHandler unheard-handler", "not-refused", "unheard-handler"),
        (LOAD.format("security2") + "SetHandler unheard-handler", "not-refused", None),
    ],
)
def test_known_modules(tmp_path: Path, lines: str, verdict: str, handed_to: str | None) -> None:
    decision = Httpd(tmp_path, lines).ask()
    assert decision.verdict == verdict
    assert (decision.handed_to is None) == (handed_to is None)
    assert handed_to is None or handed_to in (decision.handed_to or "")


def test_evasive_refuses_who_asks_too_often(tmp_path: Path) -> None:
    httpd = Httpd(tmp_path, LOAD.format("evasive20") + "DOSWhitelist 192.0.*.*")
    asked = Request("GET", "http", "own.test", 80, "/page.html", "127.0.0.1", (), over_limits=True)
    assert httpd.evaluator.decide(asked).cause == "evasive"
    assert httpd.evaluator.decide(asked._replace(client="192.0.2.1")).status == 200
    assert httpd.evaluator.decide(asked._replace(over_limits=False)).status == 200


@pytest.mark.parametrize("module", ["MaxMindDBEnable On\nMaxMindDBEnv GEOIP_COUNTRY_CODE DB/country", "GeoIPEnable On"])
def test_where_a_client_is_is_left_open(tmp_path: Path, module: str) -> None:
    name = "maxminddb" if module.startswith("Max") else "geoip"
    rule = "<Location />\nSetEnvIf GEOIP_COUNTRY_CODE ^CN$ blocked\n<RequireAll>\nRequire all granted\n"
    rule += "Require not env blocked\n</RequireAll>\n</Location>"
    assert Httpd(tmp_path, f"{LOAD.format(name)}{module}\n{rule}").ask().verdict == "unknown"
    assert Httpd(tmp_path, f"{LOAD.format(name)}{rule}").ask().verdict == "not-refused"


def test_an_error_in_the_configuration_is_a_fault(tmp_path: Path) -> None:
    httpd = Httpd(tmp_path, '<IfModule !none_module>\nError "this is not for you"\n</IfModule>')
    assert [fault.message for fault in httpd.model.faults] == ["this is not for you"]
    assert Httpd(tmp_path, "", htaccess="Error nothing").status() == 500
