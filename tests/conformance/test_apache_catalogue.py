"""The catalogue of Apache's 403s, row by row: what triggers each on the real httpd, and the same answer here.

The rows are those of tests/ledger.toml. All share one httpd, with a virtual host and a document root for each.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

import pytest

from audit403.apache.decide.evaluator import Evaluator
from audit403.apache.model.build import build_model
from audit403.apache.read.configuration import read_configuration
from audit403.core.decision import NOT_REFUSED, REFUSED, UNKNOWN
from audit403.core.request import Request
from audit403.evidence.local import LocalEvidence
from servers.apache import Apache, main_config
from servers.need import need_root
from servers.ports import free_port
from servers.process import server_directory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MORE = (
    "asis", "authz_owner", "cern_meta", "cgid", "dav", "dav_fs", "proxy", "proxy_connect", "proxy_fcgi", "proxy_http",
    "remoteip", "ssl",
)  # fmt: skip
OPEN = "AllowOverride All\nOptions FollowSymLinks\nRequire all granted\n"
_NUMBER = re.compile(r"(AH\d{5}): ")


class Row(NamedTuple):
    """One way to a 403: `inside` stands in the <Directory> of the document root, `body` in the virtual host.

    `tree` has a line a file (`MODE PATH [text | -> target | fifo | socket]`), `log` the number of the message.
    """

    target: str = "/page.html"
    inside: str = OPEN
    body: str = ""
    tree: str = ""
    log: str | None = None
    status: int = 403
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    verdict: str = REFUSED


LOGIN = "AuthType Basic\nAuthName a\nAuthUserFile {base}/users\n"
ANN = (("Authorization", "Basic YW5uOmFubg=="),)

ROWS = {
    "A01a": Row(inside="", log="AH01630"),
    "A01b": Row("/", body="DocumentRoot {root}/none\n<Directory {root}/none>\nRequire all granted\n</Directory>",
                inside="Require all denied", log="AH01630"),
    "A01c": Row(inside="Require ip 10 192.0.2.0/24", log="AH01630"),
    "A01d": Row(inside="Require host no-such-name.invalid", log="AH01630"),
    "A01e": Row(inside="Require forward-dns no-such-name.invalid", log="AH01630", verdict=UNKNOWN),
    "A01f": Row(inside="Require local", body="RemoteIPHeader X-Real-IP",
                headers=(("X-Real-IP", "192.0.2.7"),), log="AH01630"),
    "A01g": Row(inside="SetEnv door open\nRequire env door", log="AH01630"),
    "A01h": Row(inside="Require method POST", log="AH01630"),
    "A01i": Row(inside="Require expr \"%{{HTTP_HOST}} == 'other'\"", log="AH01630"),
    "A01j": Row(inside="Require ssl", log="AH01630"),
    "A01k": Row(inside=f"{LOGIN}Require user bob", status=401, headers=ANN),
    "A01l": Row(inside=f"{LOGIN}<RequireAll>\nRequire valid-user\nRequire ip 10\n</RequireAll>", log="AH01630"),
    "A01m": Row(inside="<RequireAll>\nRequire all granted\nRequire not ip 127\n</RequireAll>", log="AH01630"),
    "A01n": Row(inside="<RequireAll>\nRequire all granted\n<RequireNone>\nRequire method GET\n</RequireNone>\n"
                "</RequireAll>", log="AH01630"),
    "A01o": Row(tree="0644 .htaccess <RequireAll>\\nRequire not ip 10\\n</RequireAll>\\n", log="AH01630"),
    "A01p": Row("/in/page.html", body="<Directory {root}/in>\nAuthMerging And\nRequire ip 10\n</Directory>",
                tree="0644 in/page.html page", log="AH01630"),
    "A01q": Row(inside=f"{LOGIN}Require file-owner", status=401, headers=ANN),
    "A02": Row(inside=f"{LOGIN}Require user bob\nAuthzSendForbiddenOnFailure On", log="AH01631", headers=ANN),
    "A03": Row(inside=f"{OPEN}Order allow,deny\nAllow from 10", log="AH01797"),
    "A04": Row(inside=f"{OPEN}Order deny,allow\nDeny from 127", log="AH01797"),
    "A05": Row(inside=f"{OPEN}Order mutual-failure\nAllow from 10", log="AH01797"),
    "B01": Row("/shut/in/page.html", inside="AllowOverride None\nOptions None\nRequire all granted",
               tree="0644 shut/in/page.html x\n0700 shut/", log="AH00035"),
    "B02": Row("/" + "x" * 300, log="AH00036"),
    "B03": Row("/link", inside="Options None\nRequire all granted", tree="0777 link -> page.html", log="AH00037"),
    "B04": Row("/link", inside="Options SymLinksIfOwnerMatch\nRequire all granted", tree="nobody link -> page.html",
               log="AH00037"),
    "B05": Row("/link", inside="Options SymLinksIfOwnerMatch\nRequire all granted", tree="0777 link -> nowhere",
               log="AH00037"),
    "B06": Row("/fifo", inside="Options None\nRequire all granted", tree="0666 fifo fifo", log="AH00038"),
    "B08": Row(tree="0600 .htaccess Options None", log="AH00529"),
    "B09": Row(tree="0755 .htaccess/", log="AH00529"),
    "B10": Row(tree="0777 .htaccess -> .htaccess", log="AH00529"),
    "B11": Row("/" + "y/" * 2040 + "z", log="AH00127"),
    "B13": Row(tree="0600 page.html secret", log="AH00132"),
    "C01": Row("/empty/", tree="0755 empty/", log="AH01276"),
    "C02": Row("/dark/", inside="Options Indexes FollowSymLinks\nRequire all granted",
                tree="0711 dark/", log="AH01275"),
    "C03": Row("/", body='<Files "index.html">\nRequire all denied\n</Files>', log="AH01630"),
    "C04": Row("/none", inside=f"{OPEN}FallbackResource /shut.html", tree="0644 shut.html x",
               body='<Files "shut.html">\nRequire all denied\n</Files>', log="AH01630"),
    "C05": Row("/dark/page", inside="Options MultiViews FollowSymLinks\nRequire all granted",
               tree="0644 dark/page.html x\n0711 dark/", log="AH00686"),
    "C06": Row("/page.var", inside=f"{OPEN}AddHandler type-map var",
                tree="0600 page.var URI: page.html", log="AH00683"),
    "C07": Row("/page.asis", inside=f"{OPEN}AddHandler send-as-is asis",
                tree="0600 page.asis Status: 200", log="AH01234"),
    "D01": Row(body="RewriteEngine On\nRewriteRule ^/page - [F]"),
    "D02": Row(inside=f"{OPEN}RewriteEngine On\nRewriteRule ^page - [F]"),
    "D03": Row(inside="Options None\nRequire all granted\nRewriteEngine On", log="AH00670"),
    "D04": Row("/tag/a%3fb", body="RewriteEngine On\nRewriteRule ^/tag/(.*)$ /$1", log="AH10508"),
    "D05": Row("/tag/a%20b", body="RewriteEngine On\nRewriteRule ^/tag/(.*)$ /page.html?t=$1", log="AH10410"),
    "D06": Row("/tag/a%20b", inside=f"{OPEN}RewriteEngine On\nRewriteRule ^tag/(.*)$ page.html?t=$1", log="AH10411"),
    "D09": Row(body="Redirect 403 /page.html"),
    "D10": Row(inside=f"{OPEN}RedirectMatch 403 page"),
    "E01": Row("/run.cgi", inside=f"{OPEN}AddHandler cgi-script cgi", tree="0755 run.cgi #!/bin/sh", log="AH01262"),
    "E03": Row("/bin/", body="ScriptAlias /bin/ {root}/bin/", tree="0755 bin/", log="AH01265"),
    "F01": Row(inside=f"{OPEN}SSLRequireSSL", log="AH02219"),
    "G01": Row("/far/x", body="ProxyBlock localhost\nProxyPass /far/ http://localhost:9/", log="AH00898"),
    "G02": Row("/far/x", body="ProxyBlock 127.0.0.9\nProxyPass /far/ http://127.0.0.9:9/", log="AH00898"),
    "G05": Row("/far/a%20b", body="RewriteEngine On\nRewriteRule ^/far/(.*) http://127.0.0.9:9/$1 [P,NE]",
                log="AH10415"),
    "G07": Row("/far/x", body="ProxyPass /far/ http://127.0.0.9:9/\n<Proxy *>\nRequire all denied\n</Proxy>",
                log="AH01630"),
}  # fmt: skip


class Catalogue(NamedTuple):
    """The running httpd, and the evaluator of its configuration."""

    server: Apache
    evaluator: Evaluator
    port: int


@pytest.fixture(scope="module")
def catalogue() -> Iterator[Catalogue]:
    need_root()
    with server_directory() as prefix:
        port = free_port()
        (prefix / "users").write_text("ann:{SHA}dEy5qfs9VYN0TqPs6bTYGdkL3uI=\n")
        body = f"Listen 127.0.0.1:{port}\n<Directory />\nAllowOverride None\nRequire all denied\n</Directory>\n"
        body += "".join(_virtual_host(prefix, name.lower(), row, port) for name, row in ROWS.items())
        with Apache(prefix, main_config(prefix, body, extra=MORE)) as server:
            evidence = LocalEvidence()
            configuration = read_configuration(str(server.conf), evidence)
            assert configuration.problems == []
            yield Catalogue(server, Evaluator(build_model(configuration), evidence), port)


def _virtual_host(prefix: Path, name: str, row: Row, port: int) -> str:
    root = prefix / name
    root.mkdir()
    for page in ("page.html", "index.html"):
        (root / page).write_text(page)
    for line in row.tree.splitlines():
        _lay_out(root, line)
    words = {"root": str(root), "base": str(prefix)}
    document_root = "" if "DocumentRoot" in row.body else f"DocumentRoot {root}\n"
    return (
        f"<VirtualHost 127.0.0.1:{port}>\nServerName {name}\n{document_root}{row.body.format(**words)}\n"
        f"<Directory {root}>\n{row.inside.format(**words)}\n</Directory>\n</VirtualHost>\n"
    )


def _lay_out(root: Path, line: str) -> None:
    mode, path, *rest = line.split(" ", 2)
    content = rest[0] if rest else ""
    place = root / path
    if path.endswith("/"):
        place.mkdir(exist_ok=True)
    elif content.startswith("-> "):
        place.symlink_to(content[3:])
        if mode == "nobody":
            os.lchown(place, 65534, 65534)
        return
    elif content == "fifo":
        os.mkfifo(place)
    else:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content.replace("\\n", "\n"))
    place.chmod(int(mode, 8))


@pytest.mark.parametrize("name", ROWS)
def test_a_row_is_what_httpd_does(name: str, catalogue: Catalogue) -> None:
    row, port = ROWS[name], catalogue.port
    with catalogue.server.logged() as lines:
        response = catalogue.server.client.ask(
            port, row.method, row.target, {"Host": name.lower(), **dict(row.headers)}
        )
    assert response.status == row.status
    numbers = [found[1] for line in lines if (found := _NUMBER.search(line))]
    request = Request(row.method, "http", name.lower(), port, row.target, "127.0.0.1", row.headers, "127.0.0.1")
    decision = catalogue.evaluator.decide(request)
    assert decision.verdict == (NOT_REFUSED if row.status != 403 else row.verdict), decision
    if decision.verdict == UNKNOWN:  # what a name server would say
        return
    assert decision.status == row.status, decision
    if row.log is None:
        assert numbers == [] or row.status != 403
    else:
        assert row.log in numbers
        assert decision.log is not None and row.log in decision.log
    assert row.status != 403 or decision.because or decision.cause in ("name-too-long", "path-too-long")
