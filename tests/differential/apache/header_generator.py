"""Random SetEnvIf, SetEnv, RequestHeader, RemoteIP and AllowMethods lines, and what hangs on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from differential.apache.section_generator import CLIENTS
from differential.nginx.duel import Ask
from servers.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

TARGETS = ("/page.html", "/a/index.html", "/a/b/page.html", "/private/secret.txt", "/private/open/page.html", "/a/")
VARIABLES = ("ONE", "TWO", "three", "ONE", "User-Agent")
SUBJECTS = (
    "User-Agent", "X-One", "x-one", "Remote_Addr", "REMOTE_HOST", "Request_URI", "Request_Method", "Request_Protocol",
    "Server_Addr", "ONE", "TWO", "^X-", "X-.*", "Host", "Referer", "^(User|Refer)", "X-None",
)  # fmt: skip
REGEXES = (
    "a", "^a", "b$", "^$", ".", "(a)(.?)", "^127\\\\.0\\\\.0\\\\.1$", "\\\\.html", "GET", "^/private", "curl|Mozilla",
    "1.1", "o", "a\\\\.b", "127", "([0-9]+)", "X", "HTTP/1", "10\\\\.1", "^(?!a)", "$$",
)  # fmt: skip
VALUES = ("a", "ab", "A", "curl/8", "Mozilla/5.0", "", "x y", "10", "k=v", "private", "b")
FORWARDED = (
    "10.1.2.3", "127.0.0.2", "8.8.8.8", "192.168.1.1, 9.9.9.9", "1.2.3.4, 127.0.0.1", "unknown", "1.2.3.4,unknown",
    "", ",", "1.2.3.4,", "2001:db8::1", "::ffff:9.9.9.9", "fe80::1", "[2001:db8::1]:80", "1.2.3.4:80",
    "8.8.8.8 , 127.0.0.1 , 127.0.0.2", "9.9.9.9, 10.0.0.1, 8.8.4.4", "127.1", "1.2.3.4, , 5.6.7.8", "5.6.7.8;",
    "172.16.0.9", "169.254.1.1, 8.8.8.8",
)  # fmt: skip
ADDRESSES = (
    "127.0.0.1",
    "127.0.0.2",
    "127.0.0",
    "10.0.0.0/8",
    "8.8.8.8",
    "9.9.9.9",
    "2001:db8::/32",
    "1.2.3",
    "127.0.1.1",
)


class Headers:
    """One random configuration after another."""

    def __init__(self, rng: Random, root: Path) -> None:
        self.rng = rng
        self.root = root
        self.port = free_port()

    def body(self) -> str:
        """Everything behind the LoadModule lines."""
        rng = self.rng
        parts = [f"Listen 127.0.0.1:{self.port}", f'DocumentRoot "{self.root}"']
        if rng.random() < 0.6:
            parts += self.remote()
        parts += [self.line() for _ in range(rng.randint(0, 5))]
        if rng.random() < 0.1:
            parts.append(f"TraceEnable {rng.choice(('Off', 'On', 'extended'))}")
        parts.append(f'<Directory "{self.root}">\n{self.inside()}\n</Directory>')
        parts += [self.section() for _ in range(rng.randint(1, 5))]
        if rng.random() < 0.3:
            inner = "\n".join([*(self.line() for _ in range(2)), *(self.remote() if rng.random() < 0.5 else ())])
            parts.append(f"<VirtualHost *:{self.port}>\nServerName v.test\n{inner}\n{self.section()}\n</VirtualHost>")
            parts.append(f"<VirtualHost *:{self.port}>\nServerName w.test\n</VirtualHost>")
        return "\n".join(parts)

    def remote(self) -> list[str]:
        rng = self.rng
        parts = [f"RemoteIPHeader {rng.choice(('X-Forwarded-For', 'x-forwarded-for', 'X-One'))}"]
        if rng.random() < 0.4:
            parts.append("RemoteIPProxiesHeader X-By")
        for _ in range(rng.choice((0, 0, 1, 1, 2, 3))):
            name = rng.choice(("RemoteIPInternalProxy", "RemoteIPTrustedProxy"))
            parts.append(f"{name} {' '.join(rng.choice(ADDRESSES) for _ in range(rng.randint(1, 2)))}")
        return parts

    def section(self) -> str:
        rng = self.rng
        head = rng.choice(
            (
                ("Location", "/private"), ("Location", "/a"), ("Location", "/"), ("Files", "page.html"),
                ("Files", "index.html"), ("Directory", f"{self.root}/private"), ("Directory", f"{self.root}/a/b"),
            )
        )  # fmt: skip
        return f'<{head[0]} "{head[1]}">\n{self.inside()}\n</{head[0]}>'

    def inside(self) -> str:
        rng = self.rng
        lines = [self.line() for _ in range(rng.randint(0, 3))]
        roll = rng.random()
        name = rng.choice(("ONE", "TWO", "three", "one"))
        if roll < 0.35:
            lines += [f"Require env {name}" for _ in range(rng.randint(1, 2))]
        elif roll < 0.5:
            first = rng.choice(("Order allow,deny", "Order deny,allow"))
            lines.append(
                f"{first}\nAllow from env={rng.choice(('', '!'))}{name}\nDeny from env=TWO\nRequire all granted"
            )
        elif roll < 0.7:
            lines.append(f"Require ip {rng.choice(ADDRESSES)}")
        elif roll < 0.8:
            subject = rng.choice(
                ("%{req:X-One}", "%{env:ONE}", "%{REMOTE_ADDR}", "%{req:X-By}", "%{note:n}", "%{resp:X-Out}")
            )
            lines.append(f"Require expr {subject} =~ /{rng.choice(('a', '^1', '^$', '.'))}/")
        elif roll < 0.95:
            lines.append("Require all granted")
        if rng.random() < 0.2:
            lines.append(f"AllowMethods {rng.choice(('GET', 'GET POST', 'reset', 'HEAD OPTIONS', 'PUT'))}")
        if rng.random() < 0.15:
            limit = rng.choice(("Limit GET", "Limit POST PUT", "LimitExcept GET", "LimitExcept POST OPTIONS"))
            lines.append(f"<{limit}>\nRequire env {name}\n</{limit.split()[0]}>")
        if rng.random() < 0.1:
            lines.append("ErrorDocument 403 /page.html")
        if rng.random() < 0.15:
            lines.append(rng.choice(("SetEnv ONE x", "UnsetEnv ONE", "PassEnv NOTTHERE", "SetEnv TWO")))
        return "\n".join(lines)

    def line(self) -> str:
        rng = self.rng
        roll = rng.random()
        case = rng.choice(("", "", "NoCase"))
        if roll < 0.55:
            return f'SetEnvIf{case} "{rng.choice(SUBJECTS)}" "{rng.choice(REGEXES)}" {self.features()}'
        if roll < 0.7:
            return f'BrowserMatch{case} "{rng.choice(REGEXES)}" {self.features()}'
        action = rng.choice(("set", "set", "add", "append", "merge", "setifempty", "unset", "edit", "edit*", "note"))
        header = rng.choice(("X-One", "User-Agent", "X-By", "Referer"))
        early = rng.choice(("", " early", " early", " env=ONE", " env=!ONE"))
        if action == "unset":
            return f"RequestHeader unset {header}{early}"
        if action.startswith("edit"):
            return f'RequestHeader {action} {header} "{rng.choice(("a", "(a)(.)", "[a-z]$", "b+"))}" "x$1"{early}'
        if action == "note":
            return f"RequestHeader note {header} n{early}"
        if rng.random() < 0.1:
            return f"Header set X-Out a{early}"
        value = rng.choice(('"a"', '"b, a"', '"%{ONE}e"', '"%%a"', '"expr=%{tolower:%{HTTP_USER_AGENT}}"', '"a\\\\tb"'))
        return f"RequestHeader {action} {header} {value}{early}"

    def features(self) -> str:
        rng = self.rng
        found = []
        for _ in range(rng.randint(1, 2)):
            name = rng.choice(VARIABLES)
            found.append(rng.choice((name, f"!{name}", f"{name}=a", f"{name}=x$1$0", f"{name}=$2", f"{name}=\\\\$1")))
        return " ".join(found)

    def ask(self) -> Ask:
        """A request with headers of every kind."""
        rng = self.rng
        headers = [
            (name, rng.choice(VALUES)) for name in ("User-Agent", "X-One", "Referer", "X-By") if rng.random() < 0.5
        ]
        if rng.random() < 0.7:
            headers.append((rng.choice(("X-Forwarded-For", "X-One")), rng.choice(FORWARDED)))
        method = rng.choice(("GET", "GET", "GET", "HEAD", "POST", "OPTIONS", "TRACE", "PUT", "FOO"))
        host = rng.choice(("localhost", "v.test", "w.test"))
        return Ask(self.port, rng.choice(TARGETS), method, host, tuple(headers), rng.choice(CLIENTS))
