"""Whole random configurations: what the other generators make, mixed on one tree, and their requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from differential.apache.header_generator import Headers
from differential.apache.login_generator import Logins, make_files
from differential.apache.rewrite_generator import Rewrites
from differential.apache.section_generator import DIRECTORIES, Sections
from differential.apache.vhost_generator import SETTINGS, Vhosts

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from differential.nginx.duel import Ask

#: What would keep most requests from getting any further.
_TOO_OFTEN = ("LimitRequest", "StrictHostCheck")


class Whole:
    """One random configuration after another, for a tree that it makes."""

    def __init__(self, rng: Random, prefix: Path) -> None:
        self.rng = rng
        root, folder = make_files(prefix)
        self.root = root
        self.sections = Sections(rng, root)
        self.logins = Logins(rng, root, folder)
        self.headers = Headers(rng, root)
        self.rewrites = Rewrites(rng, prefix)
        self.vhosts = Vhosts(rng, root)
        self.port = self.sections.port

    def body(self) -> str:
        """Everything behind the LoadModule lines; `.htaccess` files are written on the way."""
        rng = self.rng
        parts = [f"Listen 127.0.0.1:{self.port}", f'DocumentRoot "{self.root}"', self.logins.aliases()]
        parts += self.settings()
        inside = rng.choice(("Require all granted", self.sections.requirements(), self.logins.settings()))
        parts.append(f'<Directory "{self.root}">\nAllowOverride All\n{inside}\n</Directory>')
        parts += [self.section() for _ in range(rng.randint(1, 5))]
        for number in range(rng.choice((0, 0, 1, 2))):
            lines = [f"ServerName s{number}.test", *self.settings()]
            lines += [self.section() for _ in range(rng.randint(0, 3))]
            text = "\n".join(lines)
            parts.append(f"<VirtualHost *:{self.port}>\n{text}\n</VirtualHost>")
        self.access_files()
        return "\n".join(parts)

    def settings(self) -> list[str]:
        """Settings of a server: variables, the client's address, rules, switches."""
        rng = self.rng
        names = [name for name in SETTINGS if rng.random() < 0.04 and not name.startswith(_TOO_OFTEN)]
        lines = [f"{name} {rng.choice(SETTINGS[name])}" for name in names]
        if rng.random() < 0.2:
            lines += self.headers.remote()
        lines += [self.headers.line() for _ in range(rng.choice((0, 0, 1, 2)))]
        if rng.random() < 0.2:
            lines.append(self.rewrites.rules("/"))
        return lines

    def section(self) -> str:
        """A section of one of the generators."""
        return self.rng.choice((self.sections, self.sections, self.logins, self.headers, self.rewrites)).section()

    def access_files(self) -> None:
        """Some `.htaccess` files, and no others."""
        for directory in (*DIRECTORIES, "owned"):
            path = self.root / directory / ".htaccess"
            path.unlink(missing_ok=True)
            if self.rng.random() < 0.15:
                made = (self.sections.requirements, self.logins.settings, lambda: self.rewrites.rules(""))
                path.write_text(self.rng.choice(made)() + "\n")
                path.chmod(0o644)

    def asks(self, number: int) -> list[Ask]:
        """Requests of all generators."""
        makers = (self.sections.ask, self.logins.ask, self.headers.ask, self.rewrites.ask)
        return [self.rng.choice(makers)()._replace(port=self.port, to=None) for _ in range(number)]
