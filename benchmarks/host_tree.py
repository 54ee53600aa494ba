"""`audit403 host` of one large tree over SSH by paramiko, beside find(1) that prints the same on the host to nowhere.

    python benchmarks/host_tree.py [--files N]… [--shape flat|nested]… [--server nginx|apache]…

sshd and a real server with that docroot run on this machine, so that find, gzip, sshd and the client share its
processors. The whole command is measured, findings included, and the same command with an empty docroot: that is the
fixed cost of Python, connecting, discovery and the configuration, and the second ratio is without it. Needs root.
Ends with 1 where the second ratio, or the memory, is more than wanted.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from _rivals import environment, interleaved
from host_listing import RECORD, lay_out

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from servers.own_processes import OwnProcesses
from servers.ports import free_port
from servers.sshd import USER, Sshd, make_key

WANTED_RATIO, WANTED_PEAK = 1.25, 120_000_000
FOLDERS = 4
NGINX = """
user www-data; worker_processes 1; pid {folder}/pid; error_log {folder}/log; events {{ }}
http {{
    include /etc/nginx/mime.types; access_log off;
    server {{
        listen 127.0.0.1:{port}; server_name shop.example; root {root}; index index.html index.php;
        location / {{ try_files $uri $uri/ =404; }}
        location ~* \\.(?:jpg|png|css|js)$ {{ expires 1d; }}
        location ~ /\\.(?!well-known/) {{ deny all; }}
        location /admin/ {{ allow 10.0.0.0/8; deny all; }}
    }}
}}
"""
APACHE = """
ServerRoot /etc/apache2
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule authz_host_module /usr/lib/apache2/modules/mod_authz_host.so
LoadModule dir_module /usr/lib/apache2/modules/mod_dir.so
LoadModule mime_module /usr/lib/apache2/modules/mod_mime.so
TypesConfig /etc/mime.types
PidFile {folder}/pid
ErrorLog {folder}/log
ServerName shop.example
User www-data
Group www-data
Listen 127.0.0.1:{port}
DocumentRoot {root}
<Directory />
    AllowOverride None
    Require all denied
</Directory>
<Directory {root}>
    AllowOverride All
    Require all granted
</Directory>
<FilesMatch "^\\.ht">
    Require all denied
</FilesMatch>
"""
SERVERS = {"nginx": (NGINX, ("nginx", "-c")), "apache": (APACHE, ("apache2", "-f"))}


def lay_out_flat(root: str, entries: int) -> int:
    """A few folders with all files; one file in a hundred is another's."""
    os.makedirs(root)
    for number in range(FOLDERS):
        folder = f"{root}/uploads-{number}"
        os.mkdir(folder)
        here = os.open(folder, os.O_RDONLY)
        for each in range(entries // FOLDERS):
            mode = 0o100600 if each % 100 == 0 else 0o100644
            os.mknod(f"img-{each * 7919 % 1000003:07}.{('jpg', 'png', 'webp')[each % 3]}", mode, dir_fd=here)
        os.close(here)
    return entries + FOLDERS + 1


SHAPES = {"nested": lay_out, "flat": lay_out_flat}


class Host:
    """The machine over SSH, by one name for each server and docroot."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self._stack = folder, stack
        self._ssh = folder / "home" / ".ssh"
        self._ssh.mkdir(mode=0o700, parents=True)
        self._key = make_key(folder / "id")
        self._blocks: list[str] = []
        self._known: list[str] = []

    def serving(self, server: str, root: str) -> str:
        """The name of a host on which nothing but this server runs."""
        text, words = SERVERS[server]
        name = f"h{len(self._blocks)}"
        folder = self.folder / name
        folder.mkdir()
        (folder / "conf").write_text(text.format(folder=folder, port=free_port(), root=root))
        place = self._stack.enter_context(OwnProcesses())
        place.run(*words, str(folder / "conf"))
        sshd = self._stack.enter_context(Sshd(folder / "sshd", place=place))
        sshd.allow(self._key)
        self._known.append(sshd.known())
        self._blocks.append(
            f"Host {name}\n HostName 127.0.0.1\n Port {sshd.port}\n User {USER}\n IdentityFile {self._key}\n"
        )
        (self._ssh / "known_hosts").write_text("".join(self._known))
        (self._ssh / "config").write_text("".join(self._blocks))
        return name

    def environment(self) -> dict[str, str]:
        """That of a client."""
        known = {**environment(self.folder / "cache"), "HOME": str(self.folder / "home")}
        known.pop("SSH_AUTH_SOCK", None)
        return known


def measured(host: Host, server: str, shape: str, root: str, made: int, runs: int) -> bool:
    """Whether one tree is audited as wanted."""
    empty = host.folder / "empty"
    empty.mkdir(exist_ok=True)
    program = [str(Path(sys.executable).parent / "audit403"), "host", "--transport", "paramiko"]
    commands = {
        "find": ["find", root, "-xdev", "-printf", RECORD],
        "fixed": [*program, host.serving(server, str(empty))],
        "whole": [*program, host.serving(server, root)],
    }
    said = subprocess.run(commands["whole"], env=host.environment(), capture_output=True, text=True, check=False)
    if said.returncode != 1 or "files/file-unreadable" not in said.stdout or "not audited" in said.stdout:
        raise SystemExit(f"it was not audited as it should be:\n{said.stdout}\n{said.stderr}")
    medians = interleaved(commands, host.environment(), runs)
    find, fixed, whole = (medians[title] for title in commands)
    ratio, without = whole.wall / find.wall, (whole.wall - fixed.wall) / find.wall
    print(
        f"{server:6} {shape:6} {made:>9,} entries:  find {find.wall:.2f} s"
        f"   whole command {whole.wall:.2f} s, {ratio:.2f} ×"
        f"   without the fixed {fixed.wall:.2f} s {without:.2f} ×   client's processor {whole.processor:.2f} s"
        f"   {whole.peak / 1e6:.0f} MB",
        flush=True,
    )
    return without <= WANTED_RATIO and whole.peak <= WANTED_PEAK


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, action="append", help="so many entries; may be repeated")
    parser.add_argument("--shape", choices=SHAPES, action="append")
    parser.add_argument("--server", choices=SERVERS, action="append")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--under", default="/srv", help="where the trees are made, which the server can look into")
    arguments = parser.parse_args()
    if os.geteuid():
        raise SystemExit("the hosts have processes of their own, which needs root")
    os.environ["AUDIT403_REQUIRE_SERVERS"] = "1"
    os.umask(0o022)
    good = True
    for entries in arguments.files or (100_000, 1_000_000):
        for shape in arguments.shape or SHAPES:
            folder = Path(tempfile.mkdtemp(prefix="audit403-tree-", dir=arguments.under))
            folder.chmod(0o755)
            try:
                root = f"{folder}/tree"
                made = SHAPES[shape](root, entries)
                with ExitStack() as stack:
                    host = Host(folder, stack)
                    for server in arguments.server or SERVERS:
                        good &= measured(host, server, shape, root, made, arguments.runs)
            finally:
                shutil.rmtree(folder)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
