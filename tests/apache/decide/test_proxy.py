"""What goes on to another server and what does not: one case each of what the differential test shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from apache.decide.asked import Httpd

if TYPE_CHECKING:
    from pathlib import Path

LOAD = "".join(
    f"LoadModule {name}_module modules/mod_{name}.so\n"
    for name in ("proxy", "proxy_http", "proxy_fcgi", "proxy_connect")
)
FCGI = "fcgi://127.0.0.1:9000"


@pytest.mark.parametrize(
    ("lines", "target", "status"),
    [
        ("ProxyPass /p http://127.0.0.1:1", "/p/x", None),
        ("ProxyPass /p http://127.0.0.1:1", "/px", 404),
        ("ProxyPass /p !\nProxyPass / http://127.0.0.1:1/", "/p/x", 404),
        ('ProxyPassMatch "^/p/(.*)" http://127.0.0.1:1/$1', "/p/x", None),
        ("ProxyPass /p ftp://127.0.0.1:1", "/p/x", 500),
        ("ProxyPass /p http://127.0.0.1:1\n<Proxy *>\nRequire all denied\n</Proxy>", "/p/x", 403),
        ("ProxyPass /p http://127.0.0.1:1\n<Proxy http://127.0.0.1:2>\nRequire all denied\n</Proxy>", "/p/x", None),
        ("ProxyPass /p http://127.0.0.1:1\n<Location /p>\nRequire all denied\n</Location>", "/p/x", 403),
        (
            "ProxyPass /page.html http://127.0.0.1:1\n<Files page.html>\nRequire all denied\n</Files>",
            "/page.html",
            None,
        ),
        ("ProxyPass /p http://127.0.0.1:1\nProxyBlock 127.0", "/p/x", 403),
        ("ProxyPass /p http://127.0.0.1:1\nProxyBlock other.test", "/p/x", None),
        ("ProxyPass /p unix:/no.sock|http://localhost/\nProxyBlock 127.0.0.1", "/p/x", None),
        ("ProxyPass /p unix:/no.sock|http://127.0.0.1/\nProxyBlock localhost", "/p/x", None),
        ("ProxyPass /p unix:/no.sock|http://localhost/\nProxyBlock local", "/p/x", 403),
        ("ProxyPass /p unix:/no.sock|http://no.invalid/\nProxyBlock no.invalid", "/p/x", 403),
        ("ProxyPass /p unix:/no.sock|http://no.invalid/\nProxyBlock 127.0.0.1", "/p/x", None),
        ("ProxyPass /p/ unix:/no.sock|http://127.0.0.1:1\nProxyBlock 127.0.0.1", "/p/x", 500),
        (
            "<Location /x>\nRequire all denied\n</Location>\nProxyPass / http://127.0.0.1:1/ mapping=servlet",
            "/x;a",
            403,
        ),
        ("ProxyPass /p http://127.0.0.1:1 mapping=servlet\nProxyBlock 127.0.0.1", "/p;a/x", 500),
        ("ProxyPass /p http://127.0.0.1:1 mapping=servlet\nProxyBlock 127.0.0.1", "/a/..;b/p/x", 403),
        ("ProxyPass /p http://127.0.0.1:1 mapping=servlet", "/..;/p/x", 404),
        ("SetEnvIf Request_URI . no-proxy\nProxyPass /p http://127.0.0.1:1", "/p/x", 404),
        ("ProxyPass / http://127.0.0.1:1/\nRedirect 403 /p", "/p", None),
        (f"ProxyPass /p {FCGI} nocanon", "/p/x?a", 403),
        (f"ProxyPass /p {FCGI}", "/p/x?a", None),
        (f'<Location /p>\nSetHandler "proxy:{FCGI}"\n</Location>', "/p%20x", 404),
        (f'<Location "/p x">\nSetHandler "proxy:{FCGI}"\n</Location>', "/p%20x", None),
        ('<Location "/">\nSetHandler "proxy:/run/php.sock|fcgi://localhost"\n</Location>', "/page.html", 200),
        ('<Location "/">\nSetHandler "proxy:unix:/run/x.sock|ajp://localhost"\n</Location>', "/none.html", 404),
        (f'<Location "/">\nSetHandler "proxy:unix:/run/x.sock|{FCGI}"\n</Location>', "/a%3Fb", 403),
    ],
)
def test_passed_on_or_not(tmp_path: Path, lines: str, target: str, status: int | None) -> None:
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / "a?b").write_text("a name that looks like a query string")
    decision = Httpd(tmp_path, LOAD + lines).ask(target)
    assert decision.status == status
    assert (decision.handed_to is not None) == (status is None)


@pytest.mark.parametrize(
    ("lines", "method", "most", "status"),
    [
        ("ProxyPass /p http://127.0.0.1:1", "GET", "0", 400),
        ("ProxyPass /p http://127.0.0.1:1", "GET", "1", None),
        ("ProxyPass /p http://127.0.0.1:1", "OPTIONS", "0", 200),
        ("ProxyPass /p https://127.0.0.1:1", "TRACE", "0", 200),
        ("ProxyPass /p http://127.0.0.1:1\nTraceEnable Off", "TRACE", "0", 405),
        ('ProxyPassMatch "^/p(/x)" http://127.0.0.1:1?q=$1', "GET", "1", 400),
        ('ProxyPassMatch "^/p(/x)" http://127.0.0.1?q=$1', "GET", "1", None),
    ],
)
def test_what_the_proxy_answers_itself(tmp_path: Path, lines: str, method: str, most: str, status: int | None) -> None:
    assert Httpd(tmp_path, LOAD + lines).ask("/p/x", method=method, max_forwards=most).status == status


def test_a_whole_url_without_proxy_requests_is_no_one_elses(tmp_path: Path) -> None:
    assert Httpd(tmp_path, LOAD).status("http://127.0.0.1:1/page.html") == 200
    assert Httpd(tmp_path, LOAD + "ProxyRequests On").ask("http://127.0.0.1:1/page.html").handed_to is not None


def test_connect_reaches_only_the_ports_of_allowconnect(tmp_path: Path) -> None:
    assert Httpd(tmp_path, LOAD + "ProxyRequests On").status("127.0.0.1:25", method="CONNECT") == 403
    assert (
        Httpd(tmp_path, LOAD + "ProxyRequests On").ask("127.0.0.1:443", method="CONNECT").handed_to == "127.0.0.1:443"
    )


def test_a_virtual_host_adds_to_the_ports_of_allowconnect(tmp_path: Path) -> None:
    host = "AllowCONNECT 25\n<VirtualHost *:80>\nAllowCONNECT 80\n</VirtualHost>"
    asked = Httpd(tmp_path, f"{LOAD}ProxyRequests On\n{host}")
    found = {number: asked.status(f"127.0.0.1:{number}", method="CONNECT") for number in (25, 80, 443)}
    assert found == {25: None, 80: None, 443: 403}


def test_a_blocked_name_that_may_lead_nowhere_is_open(tmp_path: Path) -> None:
    decision = Httpd(tmp_path, LOAD + "ProxyPass /p http://blocked.test\nProxyBlock blocked.test").ask("/p/x")
    assert decision.verdict == "unknown"


def test_a_page_for_a_refusal_is_asked_about_anew_where_it_is_proxied(tmp_path: Path) -> None:
    body = "ProxyPass / http://127.0.0.1:1/\n<Proxy *>\nRequire all denied\n</Proxy>\nErrorDocument 403 /index.html"
    assert Httpd(tmp_path, LOAD + body, without=("allowmethods",)).status("/") == 403
