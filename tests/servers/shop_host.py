"""The host of the documentation: `web1`, whose nginx serves a shop from /srv/shop, reached over SSH.

It has accounts, /etc/nginx, /srv, /run and /var/log of its own. nginx listens on port 80 of a network of its own, for
the requests that audit403 shows are for that port. Apache is set up as by Debian, for port 8080; it does not run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from .need import need
from .own_processes import OwnProcesses
from .process import server_directory
from .sshd import Home, Sshd, block, make_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DEPLOY = 1900
NAMES = ("web1", "web2", "web7")
UPLOADS = ("door.jpg", "roof.jpg", "shop.jpg", "sign.jpg", "team.jpg")
NGINX = """\
user www-data;
worker_processes 2;
pid /run/nginx.pid;
events {}
http {
    include /etc/nginx/mime.types;
    access_log off;
    include /etc/nginx/sites-enabled/*;
}
"""
SHOP = """\
server {
    listen 80;
    server_name shop.example;
    root /srv/shop;
}
"""
# Asked in the network of nginx: what it answers, as a number.
_ASK = """\
import http.client, sys
connection = http.client.HTTPConnection("127.0.0.1", 80, timeout=10)
connection.request("GET", sys.argv[2], headers={"Host": sys.argv[1]})
print(connection.getresponse().status)
"""


class ShopHost(NamedTuple):
    """The place, and the home of who audits it, where each of NAMES leads to it."""

    place: OwnProcesses
    home: Home

    def run(self, command: Sequence[str], folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command there, with this home and in this folder."""
        environment = {**os.environ, "HOME": str(self.home.folder)}
        environment.pop("SSH_AUTH_SOCK", None)
        return subprocess.run(
            self.place.command(["env", f"--chdir={folder or self.home.folder}", *command]),
            env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    def asked(self, host: str, target: str) -> int:
        """What nginx answers there."""
        master = self.place.run("cat", "/run/nginx.pid").stdout.strip()
        return int(self.place.run("nsenter", "-t", master, "-n", sys.executable, "-c", _ASK, host, target).stdout)


@contextmanager
def shop_host() -> Iterator[ShopHost]:
    """The host, running."""
    need("apache2")
    with server_directory() as folder, OwnProcesses("web1") as place:
        _lay_out(folder)
        for name in ("run", "var/log"):
            place.run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", f"/{name}")
        for name in ("etc/nginx", "etc/apache2", "etc/passwd", "etc/group", "srv"):
            place.run("mount", "--bind", str(folder / name), f"/{name}")
        place.run("mkdir", "/run/sshd", "/var/log/nginx")
        place.start_daemon(f"unshare --net sh -c 'ip link set lo up && {need('nginx')}'", Path("/run/nginx.pid"))
        with Sshd(folder / "sshd", place=place) as sshd:
            home, key = Home(folder / "home"), make_key(folder / "key")
            sshd.allow(key)
            home.configure(*(block(name, sshd, key) for name in NAMES))
            home.knows(sshd.known())
            yield ShopHost(place, home)


def _lay_out(folder: Path) -> None:
    sites = folder / "etc/nginx/sites-enabled"
    sites.mkdir(parents=True)
    (sites / "shop.example").write_text(SHOP)
    (sites.parent / "nginx.conf").write_text(NGINX)
    shutil.copy("/etc/nginx/mime.types", sites.parent)
    shutil.copytree("/etc/apache2", folder / "etc/apache2", symlinks=True)
    (folder / "etc/apache2/ports.conf").write_text("Listen 8080\n")
    for name, text in (
        ("passwd", f"deploy:x:{DEPLOY}:{DEPLOY}::/home/deploy:/bin/sh\n"),
        ("group", f"deploy:x:{DEPLOY}:\n"),
    ):
        (folder / "etc" / name).write_text(Path("/etc", name).read_text() + text)
    uploads = folder / "srv/shop/uploads"
    uploads.mkdir(parents=True)
    (uploads.parent / "index.html").write_text("<p>pots</p>")
    for name in UPLOADS:
        (uploads / name).write_bytes(b"\xff\xd8\xff")
        os.chown(uploads / name, DEPLOY, DEPLOY)
        (uploads / name).chmod(0o600)
