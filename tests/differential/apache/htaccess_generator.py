"""Random trees with modes, owners, links and `.htaccess` files, and the sections around them."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from differential.nginx.duel import Ask
from servers.ports import free_port
from servers.process import worker_user

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

NAMES = ("a", "b", "c")
PAGES = ("index.html", "page.html", "x.txt")
BELOW = ("none", "none/below", "page.html/info", "n" * 300, "a", "l0", "l1/page.html", ".htaccess")
OVERRIDES = (
    "All", "All", "All", "None", "Limit", "AuthConfig", "Options=Indexes,FollowSymLinks", "Options", "Indexes FileInfo",
    "AuthConfig Nonfatal=Override", "None Nonfatal=All",
)  # fmt: skip
OPTIONS = (
    "None", "All", "Indexes", "FollowSymLinks", "SymLinksIfOwnerMatch", "FollowSymLinks SymLinksIfOwnerMatch",
    "+SymLinksIfOwnerMatch", "-FollowSymLinks", "-Indexes", "+Indexes +FollowSymLinks", "Indexes FollowSymLinks",
)  # fmt: skip
SETTINGS = (
    "Require all granted", "Require all denied", "Require ip 127.0.0.2", "DirectoryIndex page.html",
    "DirectoryIndex x.txt index.html", "DirectorySlash Off", "<Files page.html>\nRequire all denied\n</Files>",
    "<FilesMatch txt$>\nRequire all granted\n</FilesMatch>", "Order allow,deny\nAllow from 127.0.0.1", "Deny from all",
    "ErrorDocument 403 /x.txt", "FallbackResource /page.html", "AuthMerging And\nRequire local", "Redirect 403 /b",
    "RedirectMatch 404 x.txt$", "<Limit POST>\nRequire all denied\n</Limit>",
)  # fmt: skip
#: What httpd takes in no `.htaccess`, and what it looks at only where it is not in one.
FAULTS = (
    "Nonsense x", "AllowOverride All", "<Location /a>\n</Location>", "Options +Indexes None",
    "<RequireAll>\nRequire not ip 127.0.0.2\n</RequireAll>",
)  # fmt: skip


class Trees:
    """One random tree and configuration after another, below one folder."""

    def __init__(self, rng: Random, top: Path) -> None:
        self.rng = rng
        self.top = top
        self.root = top / "tree" / "html"
        self.port = free_port()
        self.paths: list[str] = []

    def make(self) -> None:
        """Build a tree; what was there is gone."""
        shutil.rmtree(self.top / "tree", ignore_errors=True)
        self.root.mkdir(parents=True)
        self.paths = [""]
        for path in self._directories():
            folder = self.root / path
            folder.mkdir(exist_ok=True)
            self.paths.append(path)
            for page in PAGES:
                if self.rng.random() < 0.6:
                    (folder / page).write_text(page)
                    (folder / page).chmod(self.rng.choice((0o644, 0o644, 0o644, 0o600, 0o640)))
            if self.rng.random() < 0.35:
                self._access_file(folder)
        self._links()
        for path in self.paths[1:]:
            folder = self.root / path
            if not folder.is_symlink():
                folder.chmod(self.rng.choice((0o755, 0o755, 0o755, 0o755, 0o711, 0o744, 0o700)))
        if self.rng.random() < 0.15:
            (self.top / "tree").chmod(self.rng.choice((0o711, 0o755, 0o700)))
        self._give_away()

    def _directories(self) -> list[str]:
        found = []
        for first in NAMES:
            found.append(first)
            for second in NAMES[:2]:
                if self.rng.random() < 0.5:
                    found.append(f"{first}/{second}")
                    if self.rng.random() < 0.3:
                        found.append(f"{first}/{second}/c")
        return found

    def _access_file(self, folder: Path) -> None:
        path = folder / ".htaccess"
        roll = self.rng.random()
        if roll < 0.05:
            path.mkdir()
            return
        if roll < 0.1:
            path.symlink_to("nowhere")
            return
        path.write_text(self.settings(htaccess=True))
        path.chmod(self.rng.choice((0o644, 0o644, 0o644, 0o644, 0o600)))

    def _links(self) -> None:
        for number in range(self.rng.randint(1, 5)):
            at = self.root / self.rng.choice(self.paths) / f"l{number}"
            somewhere = self.root / self.rng.choice(self.paths)
            near = ("page.html", "..", "nowhere", f"l{number}", "../a")
            target = self.rng.choice((str(somewhere), str(somewhere / "page.html"), "/etc/hostname", *near))
            if at.parent.is_dir() and not at.parent.is_symlink() and not at.is_symlink():
                at.symlink_to(target)
                self.paths.append(str(at.relative_to(self.root)))

    def _give_away(self) -> None:
        """A part of it belongs to the worker."""
        for path in [*self.root.rglob("*")]:
            if self.rng.random() < 0.2:
                shutil.chown(path, worker_user()) if not path.is_symlink() else os.lchown(path, _uid(), -1)

    def body(self) -> str:
        """The configuration around the tree."""
        rng = self.rng
        parts = [f"Listen 127.0.0.1:{self.port}", f'DocumentRoot "{self.root}"']
        parts.append(f'<Directory "/">\n{self.options("All", 0.5)}\nAllowOverride {self.override()}\n</Directory>')
        for _ in range(rng.randint(0, 3)):
            path = f"{self.root}/{rng.choice(self.paths)}".rstrip("/")
            inside = self.settings(htaccess=False)
            if rng.random() < 0.5:
                inside += f"\nAllowOverride {self.override()}"
            if rng.random() < 0.1:
                inside += "\nAllowOverrideList " + rng.choice(("None", "Require", "DirectoryIndex ErrorDocument"))
            parts.append(f'<Directory "{path}">\n{inside}\n</Directory>')
        if rng.random() < 0.2:
            parts.append("AccessFileName .acl .htaccess")
        if rng.random() < 0.3:
            page = rng.choice(("/page.html", "/a/page.html", "/none", "sorry", "http://x.test/"))
            parts.append(f"ErrorDocument {rng.choice((403, 404))} {page}")
        if rng.random() < 0.2:
            parts.append(f"Alias /al {self.root}/{rng.choice(self.paths)}")
        return "\n".join(parts)

    def override(self) -> str:
        return self.rng.choice(OVERRIDES)

    def options(self, default: str, share: float = 1.0) -> str:
        return f"Options {default if self.rng.random() > share else self.rng.choice(OPTIONS)}"

    def settings(self, *, htaccess: bool) -> str:
        """Settings as they stand in a directory or an `.htaccess`."""
        known = (*SETTINGS, self.options("All"), *(FAULTS if htaccess else ("Satisfy Any",)))
        return "\n".join(self.rng.choice(known) for _ in range(self.rng.randint(0 if htaccess else 1, 2)))

    def asks(self, number: int) -> list[Ask]:
        """Requests for what is in the tree and for what is not."""
        return [self.ask() for _ in range(number)]

    def ask(self) -> Ask:
        rng = self.rng
        path = rng.choice(self.paths)
        roll = rng.random()
        if roll < 0.5:
            path = f"{path}/{rng.choice(PAGES)}"
        elif roll < 0.7:
            path = f"{path}/"
        elif roll < 0.8:
            path = f"{path}/{rng.choice(BELOW)}"
        target = "/" + path.lstrip("/")
        if rng.random() < 0.05:
            target = "/al" + target
        method = rng.choice(("GET", "GET", "GET", "GET", "HEAD", "POST", "OPTIONS"))
        return Ask(self.port, target, method, client=rng.choice(("127.0.0.1", "127.0.0.2")))


def _uid() -> int:
    import pwd

    return pwd.getpwnam(worker_user()).pw_uid
