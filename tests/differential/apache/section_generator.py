"""Random servers, sections and requirements on a small tree, and requests for them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from differential.nginx.duel import Ask
from servers.ports import free_port

if TYPE_CHECKING:
    from random import Random

DIRECTORIES = ("", "a", "a/b", "a/b/c", "a.d", "private", "private/open", "empty", "deep/er/est")
FILES = (
    "index.html", "page.html", "x.php", ".htpasswd", "note.txt", "a/index.html", "a/b/page.html", "a/b/c/x.php",
    "a.d/index.html", "private/secret.txt", "private/index.html", "private/open/page.html", "deep/er/est/x.html",
)  # fmt: skip
CLIENTS = ("127.0.0.1", "127.0.0.2", "127.0.1.1")
METHODS = ("GET", "GET", "GET", "GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "TRACE", "FOO")


def make_tree(root: Path) -> None:
    """The files that the requests are for."""
    for directory in DIRECTORIES:
        (root / directory).mkdir(parents=True, exist_ok=True)
    for file in FILES:
        (root / file).write_text(file)
        (root / file).chmod(0o644)


class Sections:
    """One random configuration after another."""

    def __init__(self, rng: Random, root: Path) -> None:
        self.rng = rng
        self.root = root
        self.port = free_port()

    def body(self) -> str:
        """Everything behind the LoadModule lines."""
        rng = self.rng
        parts = [f"Listen 127.0.0.1:{self.port}", f'DocumentRoot "{self.root}"']
        if rng.random() < 0.7:
            parts.append(f'<Directory "{self.root}">\n{self.requirements()}\n</Directory>')
        parts += [self.section() for _ in range(rng.randint(0, 5))]
        for number in range(rng.choice((0, 0, 1, 2, 3))):
            inside = "\n".join(self.section() for _ in range(rng.randint(0, 3)))
            names = f"ServerName s{number}.test\nServerAlias *.s{number}.test www{number}"
            root = rng.choice(("", f'DocumentRoot "{self.root}/{rng.choice(DIRECTORIES)}"'))
            address = rng.choice(("*", "127.0.0.1", "_default_"))
            parts.append(f"<VirtualHost {address}:{self.port}>\n{names}\n{root}\n{inside}\n</VirtualHost>")
        return "\n".join(parts)

    def section(self) -> str:
        """A section of any kind with settings in it."""
        rng = self.rng
        name, argument = self.head()
        inside = self.requirements()
        if rng.random() < 0.3:
            inside += f"\nOptions {self.options()}"
        if rng.random() < 0.2:
            inside += "\nDirectoryIndex " + rng.choice(("page.html", "index.html page.html", "none.html", "disabled"))
        if rng.random() < 0.1:
            inside += "\nDirectorySlash Off"
        if name.startswith("Directory") and rng.random() < 0.3:
            inside += f"\n<Files {rng.choice(self.names())}>\n{self.requirements()}\n</Files>"
        return f"<{name} {argument}>\n{inside}\n</{name}>"

    def head(self) -> tuple[str, str]:
        rng = self.rng
        kind = rng.choice(
            ("Directory", "Directory", "DirectoryMatch", "Location", "LocationMatch", "Files", "FilesMatch")
        )
        path = rng.choice(DIRECTORIES)
        if kind == "Directory":
            whole = f"{self.root}/{path}".rstrip("/")
            made = rng.choice((whole, f"{whole}/", "/", whole.rsplit("/", 1)[0] + "/*", f"{whole}/*", f"{whole}?"))
            return rng.choice((("Directory", f'"{made}"'), ("Directory", f'"{made}"'), ("Directory", f'~ "{path}$"')))
        if kind == "DirectoryMatch":
            return kind, f'"{rng.choice((f"/{path}$", f"^{self.root}/{path}", "/[ab]/", "private", "html$"))}"'
        if kind == "Location":
            url = f"/{path}".rstrip("/") or "/"
            return kind, f'"{rng.choice((url, f"{url}/", "/*", f"{url}*", "/", "/*/*.html", "/none"))}"'
        if kind == "LocationMatch":
            return kind, f'"{rng.choice((f"^/{path}", "/$", "php$", "^/(a|private)/", "//"))}"'
        if kind == "Files":
            return kind, f'"{rng.choice(self.names())}"'
        return kind, f'"{rng.choice(("php$", "^[.]ht", "^(index[.]html)?$", "page", "^$"))}"'

    def names(self) -> tuple[str, ...]:
        return ("index.html", "*.php", ".ht*", "page.*", "secret.txt", "*", "a", "?ote.txt")

    def options(self) -> str:
        words = ("Indexes", "FollowSymLinks", "MultiViews", "ExecCGI")
        if self.rng.random() < 0.5:
            return " ".join(self.rng.choice("+-") + word for word in self.rng.sample(words, self.rng.randint(1, 2)))
        return self.rng.choice(("None", "All", "Indexes", "FollowSymLinks", "Indexes FollowSymLinks"))

    def requirements(self) -> str:
        """Require lines, old Order lines, both, or nothing."""
        rng = self.rng
        kind = rng.random()
        if kind < 0.6:
            return self.requires()
        if kind < 0.75:
            return self.compat()
        if kind < 0.85:
            return self.requires() + "\n" + self.compat()
        return ""

    def requires(self, depth: int = 0) -> str:
        rng = self.rng
        lines = []
        if depth == 0 and rng.random() < 0.25:
            lines.append(f"AuthMerging {rng.choice(('Off', 'And', 'Or'))}")
        lines += [self.require(depth) for _ in range(rng.randint(1, 3))]
        return "\n".join(lines)

    def require(self, depth: int) -> str:
        rng = self.rng
        roll = rng.random()
        if depth < 2 and roll < 0.2:
            name = rng.choice(("RequireAll", "RequireAny"))
            return f"<{name}>\n{self.requires(depth + 1)}\n</{name}>"
        if depth < 2 and roll < 0.25:
            inner = self.plain()
            return f"<RequireAll>\n{self.plain()}\n<RequireNone>\n{inner}\n</RequireNone>\n</RequireAll>"
        if depth < 2 and roll < 0.3:
            return f"<RequireAll>\n{self.plain()}\n{self.plain().replace('Require', 'Require not')}\n</RequireAll>"
        if depth == 0 and roll < 0.38:
            name = rng.choice(("Limit", "LimitExcept"))
            return f"<{name} {rng.choice(('GET', 'POST', 'GET POST', 'OPTIONS PUT'))}>\n{self.plain()}\n</{name}>"
        return self.plain()

    def plain(self) -> str:
        return "Require " + self.rng.choice(
            (
                "all granted", "all granted", "all denied", "ip 127.0.0.2", "ip 127.0.0", "ip 127.0.0.0/24 10", "local",
                "method GET", "method POST OPTIONS", "env NEVER", "ip ::1", "forward-dns localhost",
            )
        )  # fmt: skip

    def compat(self) -> str:
        rng = self.rng
        lines = []
        if rng.random() < 0.7:
            lines.append(f"Order {rng.choice(('allow,deny', 'deny,allow', 'mutual-failure'))}")
        places = ("all", "127.0.0.2", "127.0.0", "env=!NEVER", "env=NEVER")
        lines += [f"{rng.choice(('Allow', 'Deny'))} from {rng.choice(places)}" for _ in range(rng.randint(0, 2))]
        if rng.random() < 0.3:
            lines.append(f"Satisfy {rng.choice(('Any', 'All'))}")
        if rng.random() < 0.2:
            return f"<Limit {rng.choice(('GET', 'POST', 'GET POST'))}>\n" + "\n".join(lines) + "\n</Limit>"
        return "\n".join(lines)

    def asks(self, number: int) -> list[Ask]:
        """Requests for the tree, and for what is not in it."""
        return [self.ask() for _ in range(number)]

    def ask(self) -> Ask:
        rng = self.rng
        target = "/" + rng.choice((*FILES, *DIRECTORIES, *(f"{name}/" for name in DIRECTORIES if name)))
        roll = rng.random()
        if roll < 0.1:
            target += rng.choice(("/info", "nothing", "/none/at/all", "?x=1", "%20"))
        elif roll < 0.2:
            target = rng.choice(
                ("//" + target[1:], target.replace("/", "//"), target + "/.", "/a/.." + target, "/%61" + target)
            )
        host = rng.choice(("localhost", "s0.test", "x.s0.test", "S1.TEST", "www1", "s2.test.", "other"))
        return Ask(self.port, target, rng.choice(METHODS), host, client=rng.choice(CLIENTS))
