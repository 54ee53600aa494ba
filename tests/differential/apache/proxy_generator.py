"""Random proxies: what goes on to another server and what does not, under which sections, forwards and backwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from differential.nginx.duel import Ask
from servers.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

PATHS = (
    "/",
    "/p",
    "/p/",
    "/p/q",
    "/page.html",
    "/a/x.php",
    "/a",
    "/open/page.html",
    "/p.d/x",
    "/q;x/y",
    "/q;x",
    "/p;x=1/./q",
    "/p/a/..;b/q;c/",
    "/a;/../p/q",
    "/p/.",
    "/p//q",
    "/none",
)
FAKES = ("/", "/p", "/p/", "/p/q", "/a", "/a/", "/p.d", "/q")
PATTERNS = ("^/p/(.*)$", r"\.php$", "^/(a|p)(/.*)?$", "^/p/(?<rest>.*)", "x")
REQUIRED = (
    "Require all denied", "Require all granted", "Require ip 127.0.0.2", "Require method GET",
    "Order allow,deny\nDeny from all", "Require local", "Require env SET",
)  # fmt: skip
METHODS = ("GET", "GET", "GET", "POST", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE")


class Proxies:
    """One random configuration after another; the other servers do not listen, which is 503."""

    def __init__(self, rng: Random, root: Path) -> None:
        self.rng = rng
        self.root = root
        self.port = free_port()
        self.closed = free_port()
        self.own = ""

    def body(self) -> str:
        """Everything behind the LoadModule lines."""
        rng = self.rng
        parts = [f"Listen 127.0.0.1:{self.port}", f'DocumentRoot "{self.root}"', "SetEnvIf Request_URI q SET"]
        parts.append(f"ServerName localhost:{self.port}")
        parts.append(f'<Directory "{self.root}">\nRequire all granted\n</Directory>')
        if rng.random() < 0.3:
            parts.append(rng.choice(("ProxyRequests On", "ProxyRequests On", "ProxyRequests Off")))
        parts += [self.line() for _ in range(rng.randint(1, 4))]
        parts += [self.section() for _ in range(rng.randint(0, 4))]
        hosts = rng.choice((0, 0, 1, 2))
        # With virtual hosts this one would go on to itself.
        self.own = f"127.0.0.1:{self.closed}" if hosts else f"localhost:{self.port}"
        for number in range(hosts):
            inside = [self.line() for _ in range(rng.randint(0, 2))] + [
                self.section() for _ in range(rng.randint(0, 2))
            ]
            name = f"ServerName s{number}.test"
            parts.append(f"<VirtualHost *:{self.port}>\n{name}\n" + "\n".join(inside) + "\n</VirtualHost>")
        return "\n".join(parts)

    def target(self) -> str:
        """Where something goes on to."""
        rng = self.rng
        host = rng.choice((f"127.0.0.1:{self.closed}", f"127.0.0.3:{self.closed}", f"localhost:{self.closed}"))
        scheme = rng.choice(("http", "http", "http", "fcgi", "ajp", "https", "ws"))
        socket = rng.choice(("", "", "", "", "unix:/nowhere.sock|"))
        return f"{socket}{scheme}://{host}{rng.choice(('', '/', '/b', '/b/'))}"

    def line(self) -> str:
        rng = self.rng
        flags = rng.choice(("", "", "", " nocanon", " mapping=encoded", " noquery", " mapping=servlet"))
        return rng.choice(
            (
                lambda: f"ProxyPass {rng.choice(FAKES)} {self.target()}{flags}",
                lambda: f"ProxyPass {rng.choice(FAKES)} {self.target()}{flags}",
                lambda: f"ProxyPass {rng.choice(FAKES)} !",
                lambda: f'ProxyPassMatch "{rng.choice(PATTERNS)}" {self.target()}{rng.choice(("", "$1"))}',
                lambda: f'ProxyPassMatch "{rng.choice(PATTERNS)}" !',
                lambda: f"ProxyBlock {rng.choice(('127.0.0.1', 'localhost', '127.0.0.3', 'other.test', '*', '27.0'))}",
                lambda: (
                    f'RewriteEngine On\nRewriteRule "^{rng.choice(FAKES)}(.*)" {self.target()}$1 '
                    f"[{rng.choice(('P', 'P,NE'))}]"
                ),
                lambda: "TraceEnable Off",
                lambda: f"SetEnvIf Request_URI {rng.choice(('^/p', 'q'))} no-proxy",
                lambda: f"AllowCONNECT {rng.choice(('443', '80', '1-65535'))}",
                lambda: f"Alias /al {self.root}/a",
                lambda: f"AllowEncodedSlashes {rng.choice(('On', 'NoDecode'))}",
                lambda: "Redirect 403 /p/q",
            )
        )()

    def section(self) -> str:
        rng = self.rng
        required = rng.choice(REQUIRED)
        closed = self.closed
        head = rng.choice(
            (
                "<Proxy *>",
                f"<Proxy http://127.0.0.1:{closed}>",
                f"<Proxy http://127.0.0.1:{closed}/b>",
                "<Proxy http://*/b/*>",
                "<Proxy fcgi://>",
                '<ProxyMatch "^http://.*/q">',
                f"<Proxy proxy:http://localhost:{closed}>",
                f'<Directory "{self.root}/a">',
                "<Files *.php>",
                f"<Location {rng.choice(FAKES)}>",
                f"<Location {rng.choice(FAKES)}>",
                f'<LocationMatch "{rng.choice(PATTERNS)}">',
            )
        )
        inside = [required] if rng.random() < 0.7 else []
        if head.startswith(("<Location ", "<Files")) and rng.random() < 0.6:
            handler = rng.choice(("", "unix:/nowhere.sock|"))
            inside.append(
                f'SetHandler "proxy:{handler}{rng.choice(("fcgi://localhost", f"fcgi://127.0.0.1:{closed}", "fcgi:"))}"'
            )
        if head.startswith("<Location ") and rng.random() < 0.5:
            inside.append(f"ProxyPass {rng.choice((self.target(), '!'))}")
        return "\n".join((head, *inside, f"</{head[1:].split()[0].rstrip('>')}>"))

    def ask(self) -> Ask:
        """A request for something that may go on, sometimes for a whole URL."""
        rng = self.rng
        path = rng.choice(PATHS)
        if rng.random() < 0.15:
            path += rng.choice(("?x=1", "%20y", "%2Fz", "/../p", "%3Fq", "?a%20b"))
        host = rng.choice(("localhost", "s0.test", "s1.test"))
        method = rng.choice(METHODS)
        if rng.random() < 0.12:
            where = rng.choice((f"127.0.0.1:{self.closed}", f"localhost:{self.closed}", self.own))
            path = f"{rng.choice(('http', 'http', 'https', 'ftp'))}://{where}{path}"
        elif rng.random() < 0.03:
            method, path = "CONNECT", f"127.0.0.1:{rng.choice((self.closed, 1))}"
            host = path
        headers = (("Max-Forwards", rng.choice(("0", "5", "x", "-1"))),) if rng.random() < 0.03 else ()
        if rng.random() < 0.1:
            headers = (*headers, ("Upgrade", "websocket"), ("Connection", "Upgrade"))
        return Ask(self.port, path, method, host=host, headers=headers, client=rng.choice(("127.0.0.1", "127.0.0.2")))
