"""What whole installations have shown, which hangs on several parts of httpd: one case each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from apache.decide.asked import Httpd
from audit403.core.request import Tls

if TYPE_CHECKING:
    from pathlib import Path


def test_a_directive_that_is_passed_over_gives_its_module_a_place_all_the_same(tmp_path: Path) -> None:
    """The server's RewriteEngine then is that directory's, and wants links followed (AH00670)."""
    lines = (
        'RewriteEngine On\n<Directory "{root}">\nOptions None\nAllowOverride Indexes Nonfatal=Override\n</Directory>'
    )
    body = lines.format(root=tmp_path / "html")
    assert Httpd(tmp_path, body, htaccess="DirectoryIndex x").status() == 200
    decision = Httpd(tmp_path, body, htaccess="RewriteEngine Off").ask()
    assert decision.status == 403 and decision.log is not None and "AH00670" in decision.log


def test_order_that_is_passed_over_replaces_what_was_said_above(tmp_path: Path) -> None:
    lines = f'<Directory "{tmp_path}/html">\nDeny from all\nAllowOverride Indexes Nonfatal=Override\n</Directory>'
    assert Httpd(tmp_path, lines, htaccess="DirectoryIndex x").status() == 403
    assert Httpd(tmp_path, lines, htaccess="Satisfy All").status() == 200


def test_a_directive_whose_module_is_missing_is_not_passed_over_by_nonfatal_override(tmp_path: Path) -> None:
    lines = f'<Directory "{tmp_path}/html">\nAllowOverride Indexes Nonfatal=Override\n</Directory>'
    assert Httpd(tmp_path, lines, htaccess="SetHandler none").status() == 200
    assert Httpd(tmp_path, lines, htaccess="CheckSpelling On").status() == 500


def test_the_host_header_is_replaced_by_a_whole_urls_host(tmp_path: Path) -> None:
    lines = "<Location />\nRequire expr %{HTTP_HOST} == 'other.test:81'\n</Location>"
    server = Httpd(tmp_path, lines)
    assert server.status("http://OTHER.test:81/page.html") == 200
    assert server.status("/page.html") == 403
    assert server.status("/page.html#part") == 400


@pytest.mark.parametrize(
    ("lines", "method", "status"),
    [
        ("Require all denied", "POST", 413),
        ("Require all denied\nLimitRequestBody 0", "POST", 403),
        ("Require all denied\nErrorDocument 403 /page.html", "GET", 403),
        ("Redirect 403", "POST", 403),
        ("Redirect 500", "POST", 500),
        ("SetHandler none", "PUT", 413),
    ],
)
def test_what_is_left_of_a_body_is_read_before_any_answer(tmp_path: Path, lines: str, method: str, status: int) -> None:
    limit = f'<Directory "{tmp_path}/html">\nLimitRequestBody 10\n</Directory>'
    server = Httpd(tmp_path, f"{limit}\n<Location /x>\n{lines}\n</Location>")
    assert server.ask("/x", method=method, content_length=11).status == status


def test_plain_http_on_a_tls_port_is_answered_only_where_openssl_knows_the_method(tmp_path: Path) -> None:
    server = Httpd(tmp_path, "SSLEngine On\nSSLCertificateFile /c\nSSLCertificateKeyFile /k")
    assert server.ask(method="GET").status == 400
    assert server.ask(method="OPTIONS").status is None


def test_all_protocols_are_those_of_a_server_that_says_nothing(tmp_path: Path) -> None:
    tls = "SSLEngine On\nSSLCertificateFile /c\nSSLCertificateKeyFile /k"
    host = "<VirtualHost *:80>\nServerName {}\n{{}}\n</VirtualHost>\n"
    hosts = host.format("a.test") + host.format("own.test")
    other = Httpd(tmp_path, hosts.format(f"{tls}\nSSLProtocol all -SSLv3", tls))
    assert other.ask(tls=Tls("a.test", "none")).status == 200
    other = Httpd(tmp_path, hosts.format(f"{tls}\nSSLProtocol TLSv1.2", tls))
    assert other.ask(tls=Tls("a.test", "none")).status == 421


def test_a_part_of_a_page_that_httpd_makes(tmp_path: Path) -> None:
    (tmp_path / "html").mkdir()
    lines = f'<Directory "{tmp_path}/html">\nOptions Indexes\n</Directory>'
    server = Httpd(tmp_path, lines)
    assert server.ask("/", range="bytes=0-1").status == 206
    assert server.ask("/", range="bytes=900-").status is None
    assert server.ask("/", method="HEAD", range="bytes=0-1").status == 200


def test_conditions_inside_conditions_are_not_reached_again(tmp_path: Path) -> None:
    """httpd takes what it has merged for the same conditions before, and does not look inside."""
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / "index.html").write_text("home")
    conditions = '<If "true">\n<If "%{IS_SUBREQ} == \'true\'">\nRequire all denied\n</If>\n</If>'
    for body, status in ((f'<Directory "{tmp_path}/html">\n{conditions}\n</Directory>', 200), (conditions, 403)):
        # That module's checks hang on more than the configuration, and nothing is kept.
        assert Httpd(tmp_path, body).status("/") == 403
        assert Httpd(tmp_path, body, without=("allowmethods",)).status("/") == status


def test_how_long_a_rewritten_name_may_be_hangs_on_the_longest_request_line(tmp_path: Path) -> None:
    rules = "RewriteEngine On\nRewriteRule ^/x$ /" + "y" * 100 + "\nRewriteRule ^/y /page.html"
    assert Httpd(tmp_path, f"{rules}\nLimitRequestLine 60").status("/x") == 200
    assert Httpd(tmp_path, f"{rules}\nLimitRequestLine 40").ask("/x").cause == "rewrite-loop"


def test_a_look_ahead_sees_the_query_string_of_where_a_rule_sends_the_client(tmp_path: Path) -> None:
    ahead = "RewriteCond %{IS_SUBREQ} =true\nRewriteRule ^/x http://other.test/$0 [L]"
    rules = f"RewriteEngine On\n{ahead}\nRewriteCond %{{LA-U:SCRIPT_FILENAME}} [?]seen\nRewriteRule ^/x - [F]"
    server = Httpd(tmp_path, rules)
    assert server.status("/x%3fseen") == 403
    assert server.status("/x") == 404


def test_what_goes_on_to_another_server_is_no_file(tmp_path: Path) -> None:
    load = "LoadModule proxy_module modules/mod_proxy.so\nLoadModule proxy_http_module modules/mod_proxy_http.so"
    server = Httpd(
        tmp_path, f'{load}\nProxyPass / http://127.0.0.1:1\n<If "-f %{{REQUEST_FILENAME}}">\nRedirect 403\n</If>'
    )
    assert server.status("/page.html") == 500
