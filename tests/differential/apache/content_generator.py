"""Random handlers, types and places: extensions, scripts, homes of users, roots by name, pages of httpd's own."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from differential.nginx.duel import Ask
from servers.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

#: What the Duel takes for an answer of another program.
SCRIPT = "#!/bin/sh\ncat >/dev/null\nprintf 'Status: 502 Other\\nContent-Type: text/plain\\n\\nx'\n"
#: What a script answers that writes the whole answer itself.
WHOLE = (
    "#!/bin/sh\ncat >/dev/null\nprintf 'HTTP/1.1 502 Other\\r\\nConnection: close\\r\\nContent-Length: 0\\r\\n\\r\\n'\n"
)
FILES = (
    "index.html", "page.html", "run.cgi", "run.pl.html", "run.cgi.txt", "nph-run.cgi", "closed.cgi", "own.asis",
    "page.html.en", "page.html.de.gz", ".cgi", "a.b.c.cgi", "doc.PHP", "cgi",
)  # fmt: skip
FOLDERS = ("", "cgi-bin", "sub", "sub/deep.cgi", "users/ann", "users/ann/pub", "users/bob", "hosts/a.test", "hosts/b")
HANDLERS = (
    "cgi-script",
    "cgi-script",
    "cgi-script",
    "default-handler",
    "send-as-is",
    "server-status",
    "none",
    "nobody",
)
EXTENSIONS = (".cgi", "cgi", ".pl", ".html", "txt", ".CGI", ".asis", ".en", ".c", ".cgi .pl")
TYPES = (
    "text/plain",
    "application/x-httpd-cgi",
    "httpd/send-as-is",
    "httpd/unix-directory",
    "text/html",
    "nobody/none",
)
OPTIONS = ("All", "None", "+ExecCGI", "-ExecCGI", "Indexes", "ExecCGI FollowSymLinks", "Indexes FollowSymLinks")
NAMES = ("a.test", "b.test", "www.a.test", "x.y.z.test", "b", "none.test")
ROOTS = (
    "hosts/%0", "hosts/%1", "hosts/%2.%3", "hosts/%-2.0.%-1.0", "hosts/%1.1", "hosts/%-1", "hosts/%2+", "hosts/%0/%p",
    "%%", "hosts/%1.-1", "hosts/%9", "hosts/%-2+", "",
)  # fmt: skip
HOMES = (
    "{top}/users", "{top}/users/*/pub", "{top}/users/*", "public_html", "http://other.test/*/x", "http://other.test/",
    "{top}/none {top}/users/*/pub public_html", "disabled", "disabled ann", "enabled ann",
    "{top}/users/*/none {top}/users", "*/pub", "{top}/users/*/run.cgi",
)  # fmt: skip


class Content:
    """One random configuration after another on one tree."""

    def __init__(self, rng: Random, top: Path) -> None:
        self.rng = rng
        self.top = top / "tree"
        self.port = free_port()
        self.make_tree()

    def make_tree(self) -> None:
        """The files that the requests are for."""
        shutil.rmtree(self.top, ignore_errors=True)
        for folder in FOLDERS:
            (self.top / folder).mkdir(parents=True, exist_ok=True)
            for name in FILES:
                path = self.top / folder / name
                text = WHOLE if name.startswith("nph-") else SCRIPT
                path.write_text("Status: 403 No\nContent-Type: text/plain\n\nx" if name == "own.asis" else text)
                path.chmod(0o644 if "html" in name or "asis" in name else 0o755)
            (self.top / folder / "closed.cgi").chmod(0o640)
            (self.top / folder / "away.asis").write_text("Location: http://x.test/\n\n")

    def body(self) -> str:
        """Everything behind the LoadModule lines."""
        rng = self.rng
        parts = [f"Listen 127.0.0.1:{self.port}", f'DocumentRoot "{self.top}"', "UseCanonicalName Off"]
        granted = "Require all granted\nAllowOverride None"
        denied = "\n<Files x>\nRequire all denied\n</Files>"
        parts.append(f'<Directory "{self.top}">\n{granted}\n{self.settings()}\n</Directory>{denied}')
        parts.append("<Location /sub/index.html>\nRequire all denied\n</Location>")
        parts += [self.section() for _ in range(rng.randint(0, 4))]
        parts += [self.server_level() for _ in range(rng.randint(0, 3))]
        if rng.random() < 0.3:
            parts.append(self.settings())
        for number in range(rng.choice((0, 0, 1, 2))):
            inside = [self.section() for _ in range(rng.randint(0, 2))]
            inside += [self.server_level() for _ in range(rng.randint(0, 2))]
            name = f"ServerName {rng.choice(NAMES)}" if number else "ServerName first.test"
            parts.append(f"<VirtualHost *:{self.port}>\n{name}\n" + "\n".join(inside) + "\n</VirtualHost>")
        return "\n".join(parts)

    def section(self) -> str:
        rng = self.rng
        inside = self.settings()
        head, close = rng.choice(
            (
                (f'<Directory "{self.top}/{rng.choice(FOLDERS)}">', "</Directory>"),
                (f"<Files {rng.choice(('*.cgi', 'run*', '*.html', 'cgi'))}>", "</Files>"),
                (f"<Location /{rng.choice(FOLDERS)}>", "</Location>"),
                (f"<Location {rng.choice(('/status', '/cgi-bin/run.cgi', '/~ann'))}>", "</Location>"),
            )
        )
        return f"{head}\n{inside}\n{close}"

    def settings(self) -> str:
        rng = self.rng
        known = (
            lambda: f"AddHandler {rng.choice(HANDLERS)} {rng.choice(EXTENSIONS)}",
            lambda: f"AddHandler cgi-script {rng.choice(EXTENSIONS)}",
            lambda: f"SetHandler {rng.choice(HANDLERS)}",
            lambda: f"AddType {rng.choice(TYPES)} {rng.choice(EXTENSIONS)}",
            lambda: f"ForceType {rng.choice((*TYPES, 'none'))}",
            lambda: f"RemoveHandler {rng.choice(EXTENSIONS)}",
            lambda: f"RemoveType {rng.choice(EXTENSIONS)}",
            lambda: f"Options {rng.choice(OPTIONS)}",
            lambda: f"Options {rng.choice(OPTIONS)}",
            lambda: f"AcceptPathInfo {rng.choice(('On', 'Off', 'Default'))}",
            lambda: f"DirectoryIndex {rng.choice(('run.cgi', 'index.html', 'none closed.cgi', 'own.asis page.html'))}",
        )
        return "\n".join(rng.choice(known)() for _ in range(rng.randint(1, 3)))

    def server_level(self) -> str:
        rng, top = self.rng, self.top
        return rng.choice(
            (
                f"ScriptAlias {rng.choice(('/cgi-bin/', '/s'))} {top}/{rng.choice(('cgi-bin/', 'sub', 'none'))}",
                f"ScriptAliasMatch ^/m/(.*) {self.top}/cgi-bin/$1",
                f"Alias /al {self.top}/{rng.choice(FOLDERS)}",
                f"UserDir {rng.choice(HOMES).format(top=top)}",
                f"UserDir {rng.choice(HOMES).format(top=top)}",
                f"VirtualDocumentRoot {self.top}/{rng.choice(ROOTS)}",
                f"VirtualScriptAlias {self.top}/{rng.choice(ROOTS)}",
                f"VirtualDocumentRootIP {rng.choice((f'{self.top}/hosts/%1', f'{self.top}/hosts/%-1+', 'none'))}",
            )
        )

    def ask(self) -> Ask:
        """A request for a script, a home, a page of httpd's own, or something that is not there."""
        rng = self.rng
        path = "/".join(part for part in (rng.choice(FOLDERS), rng.choice((*FILES, "", "none", "none.cgi"))) if part)
        roll = rng.random()
        if roll < 0.15:
            path = rng.choice(("cgi-bin/", "s/", "m/", "al/")) + path
        elif roll < 0.3:
            user = rng.choice(("ann", "bob", "ANN", "nobody-such", "www-data", "root", "a..", ".", ""))
            path = f"~{user}" + rng.choice(
                ("", "/", "/run.cgi", "/page.html", "//page.html", "/none", "/pub/run.cgi/x")
            )
        elif roll < 0.35:
            path = rng.choice(("status", "cgi-bin", "sub/deep.cgi", "cgi-bin/none.cgi/x/y"))
        if rng.random() < 0.1:
            path += rng.choice(("/info", "/info.cgi", "/", "?x=1"))
        method = rng.choice(("GET", "GET", "GET", "GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PROPFIND"))
        return Ask(self.port, "/" + path.lstrip("/"), method, host=rng.choice((*NAMES, "A.TEST", "localhost")))
