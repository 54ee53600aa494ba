"""What clients of such installations ask for: pages, what applications have, what scanners try, in every writing."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import quote

from differential.apache.hosting.tree import PASSWORD
from differential.apache.trial import Trial
from servers.http import Tls

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from servers.certificates import Certificates

_URLS = """
/ /admin /admin/ /admin/index.html /private /private/ /private/secret.txt /docs /docs/ /docs/guide.txt
/api/v1/list.html /api/ /app /app/x /app/static/a.css /app/admin /files/data.txt /files/ /icons/index.html /pma /pma/
/pma/closed/secret.txt /go/docs /go/none /old/x /old /about.htm /about.html /~ann /~ann/ /~ann/pub/x.html
/~bob/private/secret.txt /~nobody/ /server-status /server-info /tag/a%20b /docs/tag/x%3Fy /docs/tag/one
/cgi-bin/run.cgi /cgi-bin/ /cgi-bin/none /errors/403.html /none /none/below /index.php/extra /moved /temp /gone
/wp-login.php /wp-config.php /xmlrpc.php /wp-admin/ /wp-admin/index.php /wp-includes/version.php
/wp-content/uploads/evil.php /wp-content/uploads/ /wp-comments-post.php /.git/config /.env /.git/ /.htaccess
/.htpasswd /.well-known/acme-challenge/tok /a.bak /downloads/a.zip /images/logo.png /images/ /foo.php /run.cgi /x.do
/pub/data.txt /here /my%20files/index.html /maintenance.html /index /about /current/ /ext/index.html /link.html
/gone.html /loop /in.txt /page.asis /ws /robots.txt /secret.txt /two%20words.html /index.html /index.php
/logs/access.log /favicon.ico /pre/index.html /x /closed/secret.txt /data.txt /page.html
"""
URLS = tuple(_URLS.split())
_ENDS = (
    "/",
    "/info",
    "%20",
    "%2f",
    "%2F..%2f",
    "/.",
    "/..",
    "%00",
    "?x=1",
    "?q=a%20b",
    "?../../etc",
    "%3fx",
    "//",
    ".bak",
)
_QUERIES = ("", "", "", "", "?x=1", "?union+select", "?q=<script>", "?tag=a%0ab", "?id=127.0.0.1", "?GLOBALS=x", "?")
_AGENTS = ("Mozilla/5.0 (X11; Linux)", "curl/8", "sqlmap/1", "AhrefsBot", "", "Mozilla/5.0 bot")
_METHODS = ("GET",) * 12 + (
    "HEAD",
    "HEAD",
    "POST",
    "POST",
    "OPTIONS",
    "PUT",
    "DELETE",
    "TRACE",
    "PROPFIND",
    "MKCOL",
    "FOO",
)
_CLIENTS = ("127.0.0.1", "127.0.0.1", "127.0.0.2", "127.0.1.1")


class Requests:
    """Requests for some sites; `hosts` have their names, `paths` what each has."""

    def __init__(self, rng: Random, ports: tuple[int, int], certificates: Certificates | None) -> None:
        self.rng = rng
        self.plain, self.tls = ports
        self.certificates = certificates
        self.hosts: Sequence[str] = ()
        self.paths: Sequence[str] = ()
        self.has_tls = False
        #: What the configuration is about.
        self.likely: list[str] = []

    def trial(self) -> Trial:
        """One request."""
        rng = self.rng
        host: str | None = rng.choice((*self.hosts, *self.hosts, *self.hosts, "localhost", "other.test"))
        if rng.random() < 0.03:
            host = rng.choice((None, f"{host}:{self.plain}", f"{host}.", str(host).upper(), "a b", f"u@{host}"))
        method = rng.choice(_METHODS)
        body = rng.choice((0, 3, 12, 2000)) if method in ("POST", "PUT") and rng.random() < 0.7 else None
        client = rng.choice(_CLIENTS)
        headers = self.headers(str(host))
        if not self.has_tls or rng.random() < 0.75:
            return Trial(self.plain, self.target(), method, host, headers, client, body=body)
        name = str(host).partition(":")[0]
        sni = rng.choice((name, name, name, rng.choice(self.hosts), None))
        tls: Tls | None
        certificate, tls = self.handshake(sni)
        if rng.random() < 0.04:
            certificate, tls = "none", None
        return Trial(self.tls, self.target(), method, host, headers, client, tls, certificate, body)

    def handshake(self, sni: str | None) -> tuple[str, Tls]:
        """A handshake with some certificate."""
        assert self.certificates is not None
        kind = self.rng.choice(("none", "none", "verified", "failed"))
        if kind == "none":
            return kind, Tls(sni)
        return kind, self.certificates.verified(sni) if kind == "verified" else self.certificates.failed(sni)

    def target(self) -> str:
        """The path and the query string."""
        rng = self.rng
        path = rng.choice(URLS) if rng.random() < 0.55 else "/" + quote(rng.choice(self.paths))
        if self.likely and rng.random() < 0.4:
            path = rng.choice(self.likely)
            path += "/" if rng.random() < 0.3 and not path.endswith("/") else ""
        roll = rng.random()
        if roll < 0.07:
            path += rng.choice(_ENDS)
        elif roll < 0.12:
            path = rng.choice(
                (f"/{path}", path.replace("/", "//"), f"/docs/..{path}", f"/.{path}", path.replace("a", "%61"),
                 path.replace("p", "P"), path + "x" * 300, path[:-1], f"/%2e%2e{path}", path.replace("/", "%2F"))
            )  # fmt: skip
            path = path if path.startswith("/") else f"/{path}"
        elif roll < 0.13:
            path = rng.choice(("*", f"http://{rng.choice(self.hosts)}{path}", path[1:] or "x", f"{path}#x"))
        return path + (rng.choice(_QUERIES) if "?" not in path and path != "*" else "")

    def headers(self, host: str) -> tuple[tuple[str, str], ...]:
        """Some headers."""
        rng = self.rng
        bare = host.partition(":")[0]
        secret = rng.choice((PASSWORD, PASSWORD, PASSWORD, "wrong", "me@x.test"))
        user = rng.choice(("ann", "ann", "ben", "root", "www-data", "guest", "nobody", ""))
        login = base64.b64encode(f"{user}:{secret}".encode()).decode()
        known = (
            (0.7, "User-Agent", rng.choice(_AGENTS)),
            (0.25, "Referer", rng.choice((f"http://{bare}/", f"https://www.{bare}/x", "http://evil.test/", ""))),
            (0.25, "Authorization", f"Basic {login}"),
            (0.2, "Cookie", rng.choice(("session=abc", "session=xyz; a=b", "a"))),
            (0.2, "X-Forwarded-For", rng.choice(("127.0.0.2", "10.0.0.1", "127.0.1.1, 10.0.0.1", "x", "8.8.8.8"))),
            (0.2, "X-Token", rng.choice(("s3cret", "S3CRET", "other"))),
            (0.05, "X-Forwarded-Proto", rng.choice(("https", "http"))),
            (0.05, "Accept-Language", rng.choice(("de", "en;q=0.5, de", "fr"))),
            (0.03, "Accept", rng.choice(("text/html", "image/png", "*/*;q=0.1"))),
            (0.03, "Range", rng.choice(("bytes=0-1", "bytes=900-"))),
            (0.02, "If-None-Match", "*"),
            (0.02, "Max-Forwards", "0"),
            (0.02, "X-Real-IP", "127.0.0.2"),
            (0.02, "X-Long", "y" * 100),
        )
        return tuple((name, value) for share, name, value in known if rng.random() < share)
