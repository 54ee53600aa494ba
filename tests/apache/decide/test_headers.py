"""SetEnvIf, SetEnv, RequestHeader, RemoteIP and AllowMethods: one case each of what the differential tests show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from apache.decide.asked import Httpd
from audit403.http.regex import Regex

if TYPE_CHECKING:
    from pathlib import Path

NEEDED = "<Location />\nRequire env OPEN\n</Location>"
LOCAL = "<Location />\nRequire ip 8.8.8.8\n</Location>"


@pytest.mark.parametrize(
    "line",
    [
        'SetEnvIf User-Agent "^curl" OPEN',
        'SetEnvIfNoCase user-agent "CURL" OPEN=yes',
        'BrowserMatch "curl/([0-9]+)" N=$1\nSetEnvIf N "^8$" OPEN',
        'SetEnvIf Remote_Addr "^127\\." OPEN',
        'SetEnvIf Request_URI "page" OPEN',
        "SetEnvIf Request_Method GET OPEN",
        'SetEnvIf ^User "curl" OPEN',
        'SetEnvIf X-None "^$" OPEN',
        'SetEnvIfExpr "%{REQUEST_URI} =~ m#(page)#" OPEN=$1',
        'SetEnvIf Request_Protocol "HTTP/1.1" OPEN',
        "RequestHeader set X-New on early\nSetEnvIf X-New on OPEN",
        'RequestHeader edit User-Agent "^(cu)rl" "open-$1" early\nSetEnvIf User-Agent ^open-cu/8 OPEN',
    ],
)
def test_variables_that_open(tmp_path: Path, line: str) -> None:
    assert Httpd(tmp_path, f"{line}\n{NEEDED}").status(User_Agent="curl/8") == 200


@pytest.mark.parametrize(
    "line",
    [
        "SetEnv OPEN 1",
        'SetEnvIf User-Agent "^wget" OPEN',
        'SetEnvIf Request_URI "page" OPEN\nSetEnvIf User-Agent curl !OPEN',
        "RequestHeader set X-New on\nSetEnvIf X-New on OPEN",
        # What was looked at for the line before is looked at again, although the variable is there by now.
        "SetEnvIf A ^$ A=x\nSetEnvIf A x OPEN",
    ],
)
def test_variables_that_do_not_open(tmp_path: Path, line: str) -> None:
    assert Httpd(tmp_path, f"{line}\n{NEEDED}").status(User_Agent="curl/8") == 403


def test_lines_of_a_location_are_for_its_own_require(tmp_path: Path) -> None:
    body = f"<Location />\nSetEnvIf User-Agent curl OPEN\n</Location>\n{NEEDED}"
    assert Httpd(tmp_path, body).status(User_Agent="curl/8") == 200


@pytest.mark.parametrize(
    ("lines", "forwarded", "status"),
    [
        ("RemoteIPHeader X-Forwarded-For", "8.8.8.8", 200),
        ("RemoteIPHeader X-Forwarded-For", "10.0.0.1", 403),
        ("RemoteIPHeader X-Forwarded-For", "::ffff:8.8.8.8", 200),
        ("RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 127.0.0.1", "8.8.8.8", 200),
        ("RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 10.0.0.1", "8.8.8.8", 403),
        ("RemoteIPHeader X-Forwarded-For\nRemoteIPTrustedProxy 127.0.0.1 9.9.9.9", "8.8.8.8, 9.9.9.9", 200),
        ("RemoteIPHeader X-Forwarded-For\nRemoteIPTrustedProxy 127.0.0.1", "8.8.8.8, 9.9.9.9", 403),
        ("RemoteIPHeader X-Forwarded-For", "8.8.8.8,", 403),
        ("RemoteIPHeader X-Forwarded-For", "nonsense", 403),
        ("RemoteIPHeader X-Real-IP", "8.8.8.8", 403),
    ],
)
def test_the_clients_address_behind_proxies(tmp_path: Path, lines: str, forwarded: str, status: int) -> None:
    assert Httpd(tmp_path, f"{lines}\n{LOCAL}").status(X_Forwarded_For=forwarded) == status


def test_proxies_of_a_virtual_host_come_before_the_main_servers(tmp_path: Path) -> None:
    host = f"<VirtualHost *:80>\nRemoteIPHeader X-Forwarded-For\nRemoteIPTrustedProxy {{}}\n{LOCAL}\n</VirtualHost>"
    main = "RemoteIPInternalProxy 127.0.0.1"
    private = LOCAL.replace("8.8.8.8", "10.0.0.1")
    assert Httpd(tmp_path, f"{main}\n{host.format('9.9.9.9')}").status(X_Forwarded_For="8.8.8.8") == 200
    body = f"{main}\n{host.format('127.0.0.1')}".replace(LOCAL, private)
    assert Httpd(tmp_path, body).status(X_Forwarded_For="10.0.0.1") == 403
    assert Httpd(tmp_path, body.replace("TrustedProxy", "InternalProxy")).status(X_Forwarded_For="10.0.0.1") == 200


def test_lists_of_proxies(tmp_path: Path) -> None:
    (tmp_path / "proxies").write_text("# ours\n127.0.0.1\n")
    body = f"RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxyList proxies\n{LOCAL}"
    assert Httpd(tmp_path, body).status(X_Forwarded_For="8.8.8.8") == 200


def test_methods_that_are_not_allowed(tmp_path: Path) -> None:
    httpd = Httpd(tmp_path, "<Location />\nAllowMethods GET\n</Location>")
    assert [httpd.status(method=method) for method in ("GET", "HEAD", "POST", "FOO")] == [200, 200, 405, 405]
    assert "AH01623" in (httpd.ask(method="POST").log or "AH01623")


def test_a_virtual_host_without_a_name_has_the_main_servers(tmp_path: Path) -> None:
    other = "<VirtualHost *:80>\nServerName other.test\n</VirtualHost>"
    nameless = "<VirtualHost *:80>\n<Location />\nRequire all denied\n</Location>\n</VirtualHost>"
    httpd = Httpd(tmp_path, f"{other}\n{nameless}")
    assert httpd.status() == 403
    assert httpd.status(host="other.test") == 200


@pytest.mark.parametrize(("network", "status"), [("127.0.0.01", 200), ("127.", 200), ("127.0.0.1.", 200), ("10", 403)])
def test_addresses_that_are_begun_or_written_with_zeros(tmp_path: Path, network: str, status: int) -> None:
    assert Httpd(tmp_path, f"<Location />\nRequire ip {network}\n</Location>").status() == status


def test_lists_that_differ_in_the_middle_are_not_taken_for_each_other(tmp_path: Path) -> None:
    """Lines for browsers all look at the same name, from whatever sections they were put together."""
    files = "".join(
        f"<Files {page}.html>\nBrowserMatch {robot} bad\n</Files>\n" for page, robot in (("page", "one"), ("b", "two"))
    )
    lines = "<Directory />\nBrowserMatch first first\n</Directory>\n<Location />\nBrowserMatch last last\n</Location>"
    access = "<RequireAll>\nRequire all granted\nRequire not env bad\n</RequireAll>"
    httpd = Httpd(tmp_path, f"{lines}\n{files}<Location />\n{access}\n</Location>")
    (tmp_path / "html" / "b.html").write_text("b")
    asked = [(page, robot) for page in ("page", "b") for robot in ("one", "two")]
    statuses = [httpd.status(f"/{page}.html", user_agent=robot) for page, robot in asked]
    assert statuses == [403, 200, 200, 403]


def test_thousands_of_lines_are_searched_once_for_a_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    searched = []
    monkeypatch.setattr(Regex, "search_anew", lambda regex, subject: searched.append(subject))
    robots = "\n".join(f"BrowserMatchNoCase ^robot{number}$ bad" for number in range(300))
    httpd = Httpd(tmp_path, robots)
    steps = [[step.text for step in httpd.ask(user_agent="a browser").trace] for _ in range(2)]
    assert searched.count("a browser") == 300
    assert all("BrowserMatchNoCase User-Agent ^robot299$" in texts for texts in steps)


def test_a_header_that_is_set_keeps_the_letters_of_its_name(tmp_path: Path) -> None:
    body = (
        'RemoteIPHeader x-forwarded-for\nSetEnvIf "^X-" curl BAD\n'
        f'<Directory "{tmp_path}/html">\nRequire env BAD\n</Directory>'
    )
    asked = {"X_By": "curl/8", "X_Forwarded_For": "9.9.9.9, 10.0.0.1, 8.8.4.4"}
    assert Httpd(tmp_path, body).status(**asked) == 403
