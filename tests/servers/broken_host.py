"""A host on which much is wrong: nginx and httpd in a place of their own, with a tree that they partly cannot serve."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .apache import load_modules
from .need import need, need_root
from .own_processes import OwnProcesses
from .ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

AUDIT = (sys.executable, "-m", "audit403")
NGINX = """\
user www-data;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{}}
http {{
    access_log off;
    server {{
        listen 127.0.0.1:{port};
        server_name a.test;
        root {folder}/site;
        location /closed/ {{ alias {folder}/home/; }}
        location /members/ {{ auth_basic members; auth_basic_user_file {folder}/users; root {folder}/site; }}
    }}
}}
"""
APACHE = """\
ServerRoot {folder}
ServerName b.test
PidFile {folder}/httpd.pid
ErrorLog {folder}/httpd.log
User www-data
Group www-data
{modules}TypesConfig /etc/mime.types
Listen 127.0.0.1:{port}
DocumentRoot {folder}/other
<Directory {folder}/other>
    AllowOverride All
    Options FollowSymLinks
    Require all granted
</Directory>
<IfDefine CLOSED>
    <Location /page.html>
        Require ip 192.0.2.7
    </Location>
</IfDefine>
"""
MODULES = ("mpm_event", "authn_core", "authz_core", "authz_host", "dir", "mime")


class BrokenHost:
    """Servers in a place of their own, and the tree that they serve."""

    def __init__(self, folder: Path, place: OwnProcesses) -> None:
        self.folder = folder
        self.place = place
        self.ports: dict[str, int] = {}
        self._known: dict[tuple[str, ...], Any] = {}

    def start(self) -> None:
        """nginx on one port, httpd with `-D CLOSED` on another."""
        for name, text in (("nginx", NGINX), ("httpd", APACHE)):
            self.ports[name] = free_port()
            values = {"folder": self.folder, "port": self.ports[name], "modules": load_modules(MODULES)}
            (self.folder / f"{name}.conf").write_text(text.format(**values))
        self.place.start_daemon(f"{need('nginx')} -c {self.folder}/nginx.conf", self.folder / "nginx.pid")
        self.place.start_daemon(f"{need('apache2')} -D CLOSED -f {self.folder}/httpd.conf", self.folder / "httpd.pid")

    def audit(self, *words: str) -> Any:
        """What `audit403 … --format json` says; asked once, as nothing but a command that mends changes anything."""
        if words in self._known:
            return self._known[words]
        done = self.place.run(*AUDIT, *words, "--format", "json", check=False)
        assert done.returncode in (0, 1, 3), done.stderr
        self._known[words] = findings_of(done.stdout)
        return self._known[words]

    def mend(self, commands: list[str]) -> None:
        """Run what a fix says."""
        for command in commands:
            self.place.run("sh", "-c", command)
        self._known.clear()

    def asked(self, request: dict[str, Any]) -> int:
        """What the server answers to a finding's request."""
        host, _, target = request["url"].partition("://")[2].partition("/")
        port = int(host.partition(":")[2] or 80)
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request(request["method"], f"/{target}", headers={"Host": host, **request["headers"]})
        status = connection.getresponse().status
        connection.close()
        return status

    def state(self) -> dict[str, tuple[int, ...]]:
        """Everything below the folder, with its times."""
        found: dict[str, tuple[int, ...]] = {}
        for path in self.folder.rglob("*"):
            if path.suffix not in (".log", ".pid"):
                status = path.lstat()
                parts = (status.st_mode, status.st_uid, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
                found[str(path)] = parts
        return found


@contextmanager
def broken_host() -> Iterator[BrokenHost]:
    """The host, running."""
    need_root()
    with tempfile.TemporaryDirectory(prefix="audit403-") as name, OwnProcesses() as place:
        folder = Path(name)
        folder.chmod(0o755)
        for path in ("site/index.html", "site/up/a.jpg", "site/up/b.jpg", "site/members/index.html", "home/page.html"):
            _write(folder / path)
        for path in ("other/index.html", "other/page.html", "other/app/.htaccess", "other/app/index.html"):
            _write(folder / path)
        (folder / "users").write_text("alice:$apr1$abcdefgh$0123456789012345678901\n")
        (folder / "home").chmod(0o700)
        _write(folder / "site/inner/page.html")
        (folder / "site/inner").chmod(0o711)
        for path in ("site/up/a.jpg", "site/up/b.jpg", "other/app/.htaccess"):
            (folder / path).chmod(0o600)
        os.symlink("nowhere", folder / "other/logo.png")
        made = BrokenHost(folder, place)
        made.start()
        yield made


def findings_of(text: str) -> Any:
    """A report in JSON, without the names of hosts: it is compared with what `check` says of their snapshots."""
    report = json.loads(text)
    for row in (*report["findings"], *report["not_audited"]):
        row.pop("host", None)
    report.pop("hosts", None)
    return report


def _write(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("" if path.name == ".htaccess" else "<p>hello</p>")
