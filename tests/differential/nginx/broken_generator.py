"""Random broken sites: server blocks and trees with faults of many kinds in them, mixed with what is sound.

Each fault has a folder of its own below the docroot and a location for it, so that several stand side by side and a fix
for one could open another.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from audit403.core.request import Request

if TYPE_CHECKING:
    import random

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
CLIENTS = (
    "203.0.113.9", "203.0.113.200", "10.0.0.5", "10.9.9.9", "192.168.1.5", "172.16.3.4", "127.0.0.1", "2001:db8::9",
    "fd00::5",
)  # fmt: skip
REFERERS = (None, None, "https://elsewhere.example/", "http://site.example/page")
METHODS = ("GET", "GET", "GET", "HEAD", "POST", "PUT", "OPTIONS")
HIDDEN = ("/.git/config", "/.env", "/.well-known/acme-challenge/token")


class Place(NamedTuple):
    """Where a generated site lives."""

    prefix: Path
    port: int


class BrokenSite:
    """One site: `text` is the contents of `http {}`, `paths` are the URIs that mean something."""

    def __init__(self, rng: random.Random, place: Place, number: int) -> None:
        self.rng = rng
        self.place = place
        self.root = place.prefix / f"site{number}"
        self.paths: list[str] = ["/", "/index.html", *HIDDEN, "/nothing"]
        self.http: list[str] = []
        self.server: list[str] = []
        self.late: list[tuple[Path, int]] = []
        self.text = self._grow()

    def _grow(self) -> str:
        rng, root = self.rng, self.root
        root.mkdir()
        self._file("index.html")
        self._file(".git/config")
        self._file(".env")
        self._file(".well-known/acme-challenge/token")
        for number, fault in enumerate(rng.sample(_FAULTS, rng.randrange(3, 7))):
            fault(self, f"f{number}")
        for path, mode in self.late:
            path.chmod(mode)
        port = self.place.port
        default = f"server {{ listen 127.0.0.1:{port} default_server; return {rng.choice((403, 444, 404))}; }}"
        own = f"listen 127.0.0.1:{port}; listen [::1]:{port}; server_name {rng.choice(('', 'www.'))}site.example;"
        body = "\n    ".join(self.server)
        http = "\n".join(self.http)
        return f"{http}\n{default}\nserver {{\n    {own}\n    root {root};\n    {body}\n}}"

    def _file(self, name: str, mode: int = 0o644) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
        path.chmod(mode)
        for folder in path.relative_to(self.root).parents:
            (self.root / folder).chmod(0o755)
        self.paths.append(f"/{name}")
        self.paths.append("/" + name.rpartition("/")[0] + "/" if "/" in name else "/")

    def requests(self, count: int) -> list[Request]:
        """A dense sample."""
        return [self._request() for _ in range(count)]

    def _request(self) -> Request:
        rng = self.rng
        client = rng.choice(CLIENTS)
        referer = rng.choice(REFERERS)
        headers = [("User-Agent", rng.choice((BROWSER, BROWSER, "curl/8.0")))]
        if referer is not None:
            headers.append(("Referer", referer))
        if rng.random() < 0.1:
            headers.append(("Authorization", "Basic c29tZWJvZHk6cGFzc3dvcmQ="))
        host = rng.choice(("site.example", "www.site.example", "site.example", "www.site.example", "other.example"))
        path = rng.choice(self.paths)
        if rng.random() < 0.15:
            path = path.rpartition("/")[0] + rng.choice(("/", "/more", "/.htaccess", "/x.php", "/a.jpg"))
        return Request(
            rng.choice(METHODS), "http", host, self.place.port, path, client, tuple(headers),
            "::1" if ":" in client else "127.0.0.1",
        )  # fmt: skip


def _missing_index(site: BrokenSite, name: str) -> None:
    site._file(f"{name}/page.html")
    site._file(f"{name}/public/index.html")
    if site.rng.random() < 0.4:
        os.unlink(site.root / "index.html")


def _index_lacks(site: BrokenSite, name: str) -> None:
    site._file(f"{name}/{site.rng.choice(('index.htm', 'home.html', 'default.html', 'index.php'))}")
    if site.rng.random() < 0.5:
        site.server.append(f"location /{name}/ {{ index main.html; }}")


def _alias(site: BrokenSite, name: str) -> None:
    site._file(f"store-{name}/index.html")
    site._file(f"store-{name}/x.css")
    site._file(f"store-{name}x.css", 0o600)
    site.server.append(f"location /{name}/ {{ alias {site.root}/store-{name}; }}")
    site.paths += [f"/{name}/", f"/{name}/x.css", f"/{name}/index.html"]


def _allow_behind_deny(site: BrokenSite, name: str) -> None:
    site._file(f"{name}/index.html")
    allow = site.rng.choice(("allow 10.0.0.0/8;", "allow 10.0.0.0/8; allow 192.168.1.0/24;", "allow fd00::/8;"))
    extra = site.rng.choice(("", "satisfy any;", "limit_except GET { deny 10.0.0.0/8; }"))
    site.server.append(f"location /{name}/ {{ deny all; {allow} {extra} }}")


def _replaced(site: BrokenSite, name: str) -> None:
    site._file(f"{name}/index.html")
    site._file(f"{name}/deep/index.html")
    inner = f"location /{name}/deep/ {{ allow 192.168.0.0/16; deny all; }}"
    site.server.append(f"location /{name}/ {{ allow 10.0.0.0/8; allow 127.0.0.1; deny all; {inner} }}")


def _inherited(site: BrokenSite, name: str) -> None:
    site._file(f"{name}/index.html")
    site.http.append("deny all;")
    site.server.append(f"location /{name}/ {{ allow 10.0.0.0/8; deny all; }}")


def _return(site: BrokenSite, name: str) -> None:
    site._file(f"{name}/index.html")
    auth = 'auth_basic "x"; auth_basic_user_file none;'
    rules = site.rng.choice(("allow 10.0.0.0/8; deny all;", "try_files $uri =404;", auth))
    site.server.append(f"location /{name}/ {{ return 403; {rules} }}")


def _dotfiles(site: BrokenSite, name: str) -> None:
    how = site.rng.choice(("deny all;", "return 403;", "deny all; allow 10.0.0.0/8;"))
    if not any("/\\." in line for line in site.server):
        site.server.append(f"location ~ /\\. {{ {how} }}")


def _hotlink(site: BrokenSite, name: str) -> None:
    site._file(f"{name}/a.jpg")
    site._file(f"{name}/b.png")
    words = site.rng.choice(("server_names", "blocked server_names", "site.example *.site.example"))
    site.server.append(
        f"location ~ ^/{name}/.*\\.(jpg|png)$ {{ valid_referers {words}; if ($invalid_referer) {{ return 403; }} }}"
    )


def _error_page(site: BrokenSite, name: str) -> None:
    site._file(f"{name}/index.html")
    page = site.rng.choice(("/index.html", "@gone"))
    if not any("@gone" in line for line in site.server):
        site.server.append("location @gone { return 404; }")
    site.server.append(f"location /{name}/ {{ error_page 404 =403 {page}; }}")
    site.paths.append(f"/{name}/missing")


def _bare_directory(site: BrokenSite, name: str) -> None:
    site._file(f"{name}/blog/page.html")
    site._file(f"{name}/img/x.png")
    site.server.append(f"location /{name}/ {{ try_files $uri $uri/ /index.html; }}")


def _unreadable(site: BrokenSite, name: str) -> None:
    for file in site.rng.sample(("a.css", "b.js", "c.html", "d.jpg", "key.pem"), 3):
        site._file(f"{name}/{file}")
        site.late.append((site.root / name / file, site.rng.choice((0o600, 0o640, 0o000))))


def _closed(site: BrokenSite, name: str) -> None:
    site._file(f"{name}/deep/down/page.html")
    site._file(f"{name}/deep/index.html", site.rng.choice((0o644, 0o600)))
    site._file(f"{name}/private/secret.html", 0o600)
    folder = site.root / name / site.rng.choice(("", "deep", "deep/down"))
    site.late.append((folder, site.rng.choice((0o700, 0o750, 0o744))))


def _password(site: BrokenSite, name: str) -> None:
    site._file(f"{name}/index.html")
    rules = site.rng.choice(("", "satisfy any; allow 10.0.0.0/8; deny all;", "allow 10.0.0.0/8; deny all;"))
    file = f"{site.place.prefix}/pw-{site.root.name}-{name}"
    site.server.append(f'location /{name}/ {{ auth_basic "x"; auth_basic_user_file {file}; {rules} }}')


def _sound(site: BrokenSite, name: str) -> None:
    """Deliberate: none of a fix's business."""
    site._file(f"{name}/index.html")
    site.server.append(
        site.rng.choice(
            (
                f"location /{name}/ {{ allow 10.0.0.0/8; deny all; }}",
                f"location /{name}/ {{ internal; }}",
                f"location /{name}/ {{ if ($http_user_agent ~ curl) {{ return 403; }} }}",
                f"location /{name}/ {{ limit_except GET {{ deny all; }} }}",
            )
        )
    )


_FAULTS = (
    _missing_index, _index_lacks, _alias, _allow_behind_deny, _replaced, _inherited, _return, _dotfiles, _hotlink,
    _error_page, _bare_directory, _unreadable, _closed, _password, _sound, _sound,
)  # fmt: skip
