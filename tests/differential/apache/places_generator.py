"""Homes of users, roots by name, variants, links and `.htaccess` files at once, on trees with closed doors in them."""

from __future__ import annotations

import os
import pwd
import shutil
from typing import TYPE_CHECKING

from differential.apache.htaccess_generator import FAULTS, OVERRIDES, SETTINGS
from differential.apache.negotiation_generator import STEMS, Negotiations
from differential.nginx.duel import Ask
from servers.process import worker_user

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FOLDERS = (
    "html", "html/sub", "html/sub/deep", "users/ann", "users/ann/pub", "users/ann/pub/sub", "users/bob",
    "users/bob/pub",
    "hosts/a.test", "hosts/a.test/sub", "hosts/b.test", "hosts/b.test/docs", "hosts/b", "hosts/b/sub",
)  # fmt: skip
HOSTS = ("a.test", "b.test", "www.a.test", "A.TEST", "b", "none.test", "localhost", "sub.b.test")
ROOTS = ("hosts/%0", "hosts/%0", "hosts/%0", "hosts/%-2.0.%-1.0", "hosts/%1", "hosts/%0/docs", "hosts/%-2+")
HOMES = ("users/*/pub", "users/*/pub", "users", "none {top}/users/*/pub", "users/*", "users/*/pub/sub {top}/users")
ELSEWHERE = ("", "sub/", "link/", "page/", "al/", "al/sub/", "~nobody-such/", "~ann../", "~bob/pub/", "doc/")
OPTIONS = (
    "All MultiViews", "+MultiViews", "-MultiViews", "None", "All", "Indexes MultiViews", "+Indexes",
    "SymLinksIfOwnerMatch MultiViews", "+SymLinksIfOwnerMatch -FollowSymLinks", "FollowSymLinks MultiViews",
    "-FollowSymLinks", "+FollowSymLinks",
)  # fmt: skip
REWRITES = (
    "RewriteEngine On\nRewriteRule ^page$ index.html",
    "RewriteEngine On\nRewriteCond %{REQUEST_FILENAME} !-f\nRewriteRule . page",
    "RewriteEngine On\nRewriteRule ^doc - [F]", "RewriteEngine On\nRewriteRule ^(.*)$ sub/$1",
)  # fmt: skip


class Places(Negotiations):
    """One random tree and configuration after another."""

    #: The folders that a URL may lead to.
    reached: Sequence[str] = FOLDERS

    def make_tree(self) -> None:
        """New folders with variants, links, `.htaccess` files, and traps for the worker."""
        rng = self.rng
        shutil.rmtree(self.top, ignore_errors=True)
        for folder in ("away", *FOLDERS):
            (self.top / folder).mkdir(parents=True)
        for name in ("index.html", "page.html.en", "doc"):
            (self.top / "away" / name).write_text("away")
        for folder in FOLDERS:
            for _ in range(rng.randint(2, 6)):
                self.make_variant(self.top / folder)
            if rng.random() < 0.15:
                self.make_map(self.top / folder)
            if rng.random() < 0.25:
                self.make_access_file(self.top / folder)
        for _ in range(rng.randint(1, 4)):
            self.make_link()
        for path in self.top.rglob("*"):
            if path.is_dir() and not path.is_symlink() and rng.random() < 0.06:
                path.chmod(rng.choice((0o711, 0o744, 0o700, 0o750, 0o555)))
            if rng.random() < 0.15:
                os.lchown(path, pwd.getpwnam(worker_user()).pw_uid, -1)

    def make_access_file(self, folder: Path) -> None:
        rng = self.rng
        path = folder / ".htaccess"
        lines = [self.settings(in_file=True) if rng.random() < 0.5 else rng.choice(SETTINGS)]
        lines += [f"Options {rng.choice(OPTIONS)}" for _ in range(rng.choice((0, 0, 1)))]
        lines += rng.choices(REWRITES, k=rng.choice((0, 0, 0, 1))) + rng.choices(FAULTS, k=rng.random() < 0.03)
        path.write_text("\n".join(lines) + "\n")
        path.chmod(0o600 if rng.random() < 0.03 else 0o644)

    def make_link(self) -> None:
        """A folder of one place that leads to another."""
        rng = self.rng
        at = self.top / rng.choice(FOLDERS) / rng.choice(("page", "doc", "link", "index", "sub"))
        folder = self.top / rng.choice(FOLDERS)
        near = ("..", "index.html", "nowhere")
        if not at.exists() and not at.is_symlink():
            at.symlink_to(rng.choice((str(folder), str(folder), str(self.top / "away/doc"), *near)))

    def body(self) -> str:
        """A new tree, and everything behind the LoadModule lines."""
        rng = self.rng
        self.make_tree()
        parts = [f"Listen 127.0.0.1:{self.port}", f'DocumentRoot "{self.top}/html"', "UseCanonicalName Off"]
        parts += ["AddLanguage en .en", "AddLanguage de .de", "AddEncoding x-gzip .gz", "AddHandler type-map var"]
        parts += ["AddHandler cgi-script .cgi"] * rng.randint(0, 1)
        by_name = rng.random() < 0.4
        self.reached = [folder for folder in FOLDERS if not folder.startswith("html" if by_name else "hosts")]
        homes, roots = rng.choice(HOMES).format(top=self.top), rng.choice(ROOTS)
        parts += [f"UserDir {self.top}/{homes}"] * (rng.random() < 0.7)
        parts += [f"VirtualDocumentRoot {self.top}/{roots}"] * by_name
        inside = [
            f"AllowOverride {rng.choice((*OVERRIDES, 'All', 'All', 'All'))}",
            f"Options {rng.choice((*OPTIONS, '+MultiViews', '+MultiViews'))}",
        ]
        parts.append(f'<Directory "{self.top}">\nRequire all granted\n' + "\n".join(inside) + "\n</Directory>")
        parts += [self.directory() for _ in range(rng.randint(0, 4))]
        parts += [self.server_level() for _ in range(rng.randint(0, 2))]
        for number in range(rng.choice((0, 0, 1, 2))):
            lines = [f"ServerName {rng.choice(HOSTS[:3]) if number else 'a.test'}"]
            lines += [self.server_level() for _ in range(rng.randint(0, 2))]
            lines += [self.directory() for _ in range(rng.randint(0, 2))]
            parts.append(f"<VirtualHost *:{self.port}>\n" + "\n".join(lines) + "\n</VirtualHost>")
        if rng.random() < 0.25:
            page = rng.choice(("/page", "/~ann/page", "/index.html", "/none"))
            parts.append(f"ErrorDocument {rng.choice((403, 404, 406))} {page}")
        return "\n".join(parts)

    def directory(self) -> str:
        rng = self.rng
        folder = rng.choice((*FOLDERS, "users", "hosts", "users/*", "hosts/*", "users/*/pub", "away"))
        lines = [rng.choice((self.settings(), f"Options {rng.choice(OPTIONS)}", rng.choice(SETTINGS)))]
        lines += [f"AllowOverride {rng.choice(OVERRIDES)}"] * (rng.random() < 0.3)
        lines += rng.choices(REWRITES, k=rng.choice((0, 0, 0, 1)))
        return f'<Directory "{self.top}/{folder}">\n' + "\n".join(lines) + "\n</Directory>"

    def server_level(self) -> str:
        rng, top = self.rng, self.top
        return rng.choice(
            (
                f"UserDir {top}/{rng.choice(HOMES).format(top=top)}",
                f"UserDir {top}/{rng.choice(HOMES).format(top=top)}",
                f"UserDir {rng.choice(('disabled', 'disabled bob', 'enabled ann', 'public_html'))}",
                f"VirtualDocumentRoot {top}/{rng.choice(ROOTS)}",
                f"VirtualDocumentRoot {top}/{rng.choice(ROOTS)}",
                f"Alias /al {top}/{rng.choice(FOLDERS)}",
                f"<Location /{rng.choice(('sub', '~ann', 'page', 'al'))}>\n{self.for_locations()}\n</Location>",
            )
        )

    def for_locations(self) -> str:
        rng = self.rng
        return rng.choice(
            ("Require all denied", f"Options {rng.choice(OPTIONS)}", "SetHandler none", "Require ip 127.0.0.2")
        )

    def ask(self) -> Ask:
        """A request for a page of somebody's home, of a host, or of the document root."""
        rng = self.rng
        folder = rng.choice(self.reached)
        host, path = self.url_of(folder) if rng.random() < 0.85 else (rng.choice(HOSTS), rng.choice(ELSEWHERE))
        name = rng.choice(
            (*STEMS, "", "", self.existing(folder), *[self.existing(folder).partition(".")[0]] * 6, "none")
        )
        target = f"/{path}{name}" + (rng.choice(("/info", "/", "?x=1", "/x.en")) if rng.random() < 0.1 else "")
        method = rng.choice(("GET",) * 6 + ("HEAD", "POST", "OPTIONS"))
        headers = self.headers() if rng.random() < 0.4 else ()
        client = rng.choice(("127.0.0.1", "127.0.0.2"))
        return Ask(self.port, target, method, host=host, headers=headers, client=client)

    def url_of(self, folder: str) -> tuple[str, str]:
        """A host and a path that most likely lead to a folder."""
        kind, _, rest = folder.partition("/")
        first, _, below = rest.partition("/")
        below += "/" if below else ""
        if kind == "users":
            return self.rng.choice(HOSTS), f"~{first}/{below.removeprefix('pub/')}"
        if kind == "hosts":
            return first, below.removeprefix("docs/") if self.rng.random() < 0.3 else below
        return self.rng.choice(HOSTS), f"{rest}/" if rest else ""
