"""Random methods, bodies and heads of requests, on files, scripts, directories, pages of httpd's own and WebDAV."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from differential.apache.content_generator import SCRIPT
from differential.apache.dav_generator import BODIES
from differential.nginx.duel import Ask
from servers.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

METHODS = (
    "GET", "GET", "HEAD", "POST", "POST", "PUT", "DELETE", "OPTIONS", "OPTIONS", "TRACE", "PATCH", "PROPFIND", "MKCOL",
    "COPY", "LOCK", "REPORT", "MERGE", "LABEL", "FOO", "BAR", "QUX", "get", "Get", "post", "BIND", "SEARCH", "PURGE",
    "CONNECT", "M-SEARCH", "VERSION-CONTROL", "foo!", "A" * 60, "M_INVALID", "HEADS",
)  # fmt: skip
ODD_METHODS = ("G(T", "GE\tT", "G\u00e9T", "", "GET@", 'G"T', "G/T")
FILES = ("page.html", "index.html", "run.cgi", "own.asis", "a.txt")
FOLDERS = ("", "cgi", "dav", "list", "plain", "none")
TARGETS = (
    "/page.html", "/index.html", "/", "/a.txt", "/none.html", "/cgi/run.cgi", "/cgi/run.cgi/info", "/cgi/", "/cgi",
    "/cgi/none.cgi", "/dav/page.html", "/dav/", "/dav", "/dav/none", "/list/", "/list", "/plain/", "/status", "/info",
    "/own.asis", "/page.html/info", "/list/info", "/moved/x", "/gone", "/closed", "/rewritten", "*",
    "/nobody/page.html", "/nobody/", "/dav/page.html/info", "/page.html?x", "http://own.test/page.html", "https://own.test/page.html",
    "//page.html", "/./page.html", "/cgi%2frun.cgi", "/page.html%2finfo", "/plain//index.html", "/list%2F",
    "/%2e/a.txt", "/page.html#x", "/page.html%00", "/page.html%", "http://own.test", "http://a@own.test/a.txt",
    "/index.html/%2F/x", "ftp://own.test/", "http://own.test:x/", "http:///a.txt", "?x", "/a.txt?#",
    "http://b.test/page.html", "http://own.test:81/closed", "/a.txt/", "/own.asis/x", "/status/x",
    "a.txt",
)  # fmt: skip
SECTIONS = (
    "Location /", "Location /dav", "Location /cgi", "Location /page.html", "Location /list", "Files page.html",
    "Files a.txt", 'Directory "{top}"', 'Directory "{top}/plain"', 'Directory "{top}/dav"', "Location /nobody",
    "Location /status",
)  # fmt: skip
SETTINGS = (
    "LimitRequestBody 10", "LimitRequestBody 0", "LimitRequestBody 100", "LimitXMLRequestBody 20", "AllowMethods GET",
    "AllowMethods GET POST OPTIONS", "AllowMethods HEAD", "AllowMethods reset", "AllowMethods POST TRACE PROPFIND",
    "<Limit GET POST>\nRequire all denied\n</Limit>", "<LimitExcept GET>\nRequire all denied\n</LimitExcept>",
    "<Limit FOO PATCH>\nRequire all denied\n</Limit>", "<LimitExcept GET POST FOO>\nRequire all denied\n</LimitExcept>",
    "<Limit QUX>\nRequire all denied\n</Limit>", "<Limit PROPFIND MKCOL LOCK>\nRequire all denied\n</Limit>",
    "<LimitExcept OPTIONS HEAD>\nRequire all denied\n</LimitExcept>", "<Limit OPTIONS>\nRequire all denied\n</Limit>",
    "<LimitExcept GET TRACE>\n<Limit POST PUT>\nRequire all denied\n</Limit>\n</LimitExcept>",
    "<Limit POST>\nOrder deny,allow\nDeny from all\n</Limit>", "Require all denied", "Require all granted",
    "Require method GET POST", "Require method FOO", "AcceptPathInfo On",
    "AcceptPathInfo Off", "AcceptPathInfo Default", "ErrorDocument 405 /a.txt", "ErrorDocument 403 /page.html",
    "ErrorDocument 413 /a.txt", "ErrorDocument 501 none", "ErrorDocument 404 /cgi/run.cgi", "Options Indexes",
    "Options None", "Options ExecCGI Indexes FollowSymLinks", "SetHandler none", "SetHandler cgi-script",
    "SetHandler server-status", "SetHandler nobody", "SetHandler default-handler", "SetHandler send-as-is",
    "SetHandler dav-handler", "DirectoryIndex disabled", "DirectorySlash Off", "Dav On",
    "FallbackResource /page.html", "Header set X y",
    "DirectoryIndex run.cgi page.html", "RewriteEngine On\nRewriteRule txt$ /page.html",
    "RewriteEngine On\nRewriteCond %{{REQUEST_METHOD}} !^(GET|HEAD)$\nRewriteRule . - [F]",
    'SetEnvIf Request_Method "^P" bad', "Require env bad", "QualifyRedirectURL On", "DirectoryIndexRedirect On",
    "AddHandler cgi-script .html", "ForceType text/plain",
)  # fmt: skip
REFUSALS = tuple(each for each in SETTINGS if "denied" in each or each.startswith(("Require", "RewriteEngine")))
OF_SERVER = (
    "TraceEnable Off", "TraceEnable extended", "TraceEnable On", "RegisterHttpMethod FOO BAR", "RegisterHttpMethod get",
    "HttpProtocolOptions Unsafe", "HttpProtocolOptions LenientMethods", "HttpProtocolOptions RegisteredMethods",
    "HttpProtocolOptions Unsafe RegisteredMethods", "HttpProtocolOptions Require1.0", "HttpProtocolOptions Allow0.9",
    "MergeSlashes Off", "LimitRequestBody 20", "LimitRequestFields 3", "LimitRequestFieldSize 60",
    "LimitRequestLine 70", "AllowEncodedSlashes On", "AllowEncodedSlashes NoDecode", "StrictHostCheck On",
)  # fmt: skip
HEADERS = (
    ("Expect", "100-continue"), ("Expect", "x"), ("Expect", ""), ("Expect", "100-Continue"), ("Content-Length", "0"),
    ("Expect", "100-continue, x"), ("Content-Length", "x"), ("Content-Length", "-1"), ("Content-Length", "+3"),
    ("Content-Length", ""), ("Content-Length", "3, 3"), ("Content-Length", " 0"),
    ("Content-Length", "99999999999999999999"),
    ("Transfer-Encoding", "gzip"), ("Transfer-Encoding", "identity"), ("Transfer-Encoding", ""),
    ("Transfer-Encoding", "chunked, gzip"), ("X", "\x01"), ("X", "a\x7fb"), ("X", "\u00e9"), ("X y", "z"), ("", "x"),
    ("X(", "y"), ("X", "a\tb"), ("X", ""), ("Host", "own.test"), ("Host", "b.test"), ("Host", ""), ("Host", "a b"),
    ("X-Long", "y" * 55), ("X-Long", "y" * 100), ("Max-Forwards", "0"), ("Max-Forwards", "1"), ("Upgrade", "h2c"),
    ("Connection", "close"), ("Connection", "Upgrade"), ("Depth", "0"), ("X_y", "z"), ("X.y", "z"), ("X", "a" * 8300),
)  # fmt: skip
HOSTS = (
    "own.test",
    "own.test",
    "own.test",
    "b.test",
    "",
    "own.test:81",
    "own.test.",
    "[::1]",
    "a_b",
    "a/b",
    "x:y",
    "1.2",
)


class Methods:
    """One random configuration after another on one tree."""

    def __init__(self, rng: Random, top: Path) -> None:
        self.rng = rng
        self.top = top / "html"
        self.port = free_port()

    def make_tree(self) -> None:
        """The files, which WebDAV cannot change, and perhaps an `.htaccess`."""
        shutil.rmtree(self.top, ignore_errors=True)
        for folder in FOLDERS:
            (self.top / folder).mkdir(parents=True)
            for name in FILES:
                if name == "index.html" and folder in ("list", "cgi"):
                    continue
                (self.top / folder / name).write_text(SCRIPT if name == "run.cgi" else f"Status: 200 OK\n\n{name}")
                (self.top / folder / name).chmod(0o755)
        if self.rng.random() < 0.4:
            words = "\n".join(self._settings(0.6))
            (self.top / self.rng.choice(("", "plain", "dav", "cgi")) / ".htaccess").write_text(words + "\n")

    def _settings(self, share: float) -> list[str]:
        found = [self.rng.choice(REFUSALS)] if self.rng.random() < 0.4 else []
        while self.rng.random() < share and len(found) < 5:
            found.append(self.rng.choice(SETTINGS).replace("{{", "{").replace("}}", "}"))
        return found

    def body(self) -> str:
        """Everything behind the LoadModule lines."""
        rng, top = self.rng, self.top
        lines = [f"Listen 127.0.0.1:{self.port}", f'DocumentRoot "{top}"', "DavLockDB locks/lock"]
        lines.append(f'<Directory "{top}">\nAllowOverride All\nRequire all granted\n</Directory>')
        lines.append(f'<Directory "{top}/cgi">\nSetHandler cgi-script\nOptions ExecCGI\n</Directory>')
        lines.append(f'<Directory "{top}/list">\nOptions Indexes\n</Directory>')
        lines.append("<Location /dav>\nDav On\n</Location>\n<Location /status>\nSetHandler server-status\n</Location>")
        lines.append("<Location /nobody>\nSetHandler nobody\n</Location>\nAddHandler send-as-is .asis")
        lines.append("Redirect /moved http://other.test/\nRedirect gone /gone\nRedirect 403 /closed")
        lines += ["RewriteEngine On\nRewriteRule ^/rewritten$ - [F]"] if rng.random() < 0.5 else []
        lines += [each for each in OF_SERVER if rng.random() < 0.06]
        for _ in range(rng.choice((0, 1, 1, 2, 3))):
            name = rng.choice(SECTIONS).format(top=top)
            inside = "\n".join(self._settings(0.7))
            lines.append(f"<{name}>\n{inside}\n</{name.partition(' ')[0]}>")
        if rng.random() < 0.2:
            inner = "\n".join(each for each in OF_SERVER if rng.random() < 0.1 and not each.startswith("Register"))
            lines.append(
                f'<VirtualHost *:{self.port}>\nServerName b.test\nDocumentRoot "{top}"\n{inner}\n</VirtualHost>'
            )
        return "\n".join(lines) + "\n"

    def asks(self, number: int) -> list[Ask]:
        """Some requests."""
        return [self.ask() for _ in range(number)]

    def ask(self) -> Ask:
        """One request with at most one fault, mostly."""
        rng = self.rng
        method = rng.choice(METHODS) if rng.random() < 0.98 else rng.choice(ODD_METHODS)
        target = rng.choice(TARGETS)
        if method == "CONNECT" and rng.random() < 0.8:
            target = rng.choice(("own.test:80", "own.test", "[::1]:80", "own.test:x", "a:b:80"))
        headers = [rng.choice(HEADERS) for _ in range(rng.choice((0, 0, 0, 0, 0, 1, 1, 2)))]
        body: bytes | None = None
        roll = rng.random()
        framed = any(name in ("Content-Length", "Transfer-Encoding") for name, _ in headers)
        if roll < 0.3 and not framed:
            body = b"x" * rng.choice((0, 1, 9, 10, 11, 20, 21, 100, 101, 3000))
            if body and method in BODIES:
                body = BODIES[method].encode() + b" " * rng.choice((0, 100))
            if roll < 0.08:
                headers.append(("Transfer-Encoding", rng.choice(("chunked", "Chunked"))))
        host = rng.choice((*HOSTS, None)) if rng.random() < 0.15 else "own.test"
        return Ask(self.port, target, method, host, tuple(headers), body=body)
