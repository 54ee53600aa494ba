"""`audit403 host` and a server with a root of its own: its files, its accounts and its verdicts, seen from the host."""

from __future__ import annotations

import os
import tempfile
import time
from http.client import HTTPConnection
from pathlib import Path

from servers.broken_host import AUDIT, findings_of
from servers.need import need, need_root
from servers.own_processes import OwnProcesses
from servers.ports import free_port

# As a container's runtime does it: another root, into which the machine's own programs are mounted.
CONTAINER = """\
set -e
mount --make-rprivate /
mount -t tmpfs -o mode=755 none {root}
cd {root}
mkdir -p usr etc/nginx run srv/site/{{up,home}} var/lib/nginx var/log/nginx proc dev old
mount --rbind /usr usr
for one in lib lib64 bin sbin; do [ ! -e /$one ] || ln -s usr/$one $one; done
mount -t proc proc proc
mount --rbind /dev dev
printf 'root:x:0:0::/root:/bin/sh\\nweb:x:777:777::/:/bin/false\\n' > etc/passwd
printf 'root:x:0:\\nweb:x:777:\\n' > etc/group
cp /etc/nsswitch.conf /etc/ld.so.cache etc/ 2>/dev/null || :
cp {conf} etc/nginx/nginx.conf
echo hello > srv/site/index.html
echo hello > srv/site/up/a.jpg
echo hello > srv/site/up/b.jpg
ln -s /srv/site/up/b.jpg srv/site/link.jpg
chmod 600 srv/site/up/a.jpg
pivot_root . old
umount -l /old
exec {nginx} -g 'daemon off;'
"""
CONF = """\
user web;
pid /run/nginx.pid;
error_log /run/error.log;
events {{}}
http {{ access_log off; server {{ listen 127.0.0.1:{port}; root /srv/site; }} }}
"""


def test_a_server_in_a_container() -> None:
    need_root()
    with tempfile.TemporaryDirectory(prefix="audit403-") as name, OwnProcesses() as place:
        folder, port = Path(name), free_port()
        folder.chmod(0o755)
        (folder / "root").mkdir()
        (folder / "conf").write_text(CONF.format(port=port))
        script = CONTAINER.format(root=folder / "root", conf=folder / "conf", nginx=need("nginx"))
        (folder / "run").write_text(script)
        place.run("sh", "-c", f"setsid unshare -m bash {folder}/run >{folder}/said 2>&1 &")
        assert status(port, "/up/b.jpg", folder) == 200
        done = place.run(*AUDIT, "host", "local", "--save", str(folder / "snapshot"), "--format", "json", check=False)
        (finding,) = findings_of(done.stdout)["findings"]
        assert finding["rule"] == "files/file-unreadable" and finding["where"]["path"] == "/srv/site/up/a.jpg"
        assert "web" in finding["message"]
        assert status(port, "/up/a.jpg", folder) == 403
        for path in ("/up/b.jpg", "/link.jpg"):
            assert status(port, path, folder) == 200
            told = place.run(*AUDIT, "explain", f"http://127.0.0.1:{port}{path}", "--on", "local")
            assert "→ 200" in told.stdout, told.stdout
        away = place.run(*AUDIT, "check", str(folder / "snapshot"), "--format", "json", check=False)
        assert findings_of(away.stdout)["findings"] == [finding]
        unprivileged = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
        hidden = place.run(*unprivileged, *AUDIT, "host", "local", check=False)
        assert hidden.returncode == 3 and "root of its own" in hidden.stdout


def status(port: int, path: str, folder: Path) -> int:
    """What it answers, as soon as it does."""
    end = time.monotonic() + 10
    while True:
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            said = (folder / "said").read_text() if os.path.exists(folder / "said") else ""
            assert time.monotonic() < end and "rror" not in said, said
            time.sleep(0.02)
        finally:
            connection.close()
