"""`audit403 explain` in batch on Apache: 100 vhosts with `.htaccess` files, requests a second as scripts see them.

No rival answers requests, so the ratio is to the floor: reading the same JSON lines and writing as many.
Wanted: 4,000 requests a second on two cores.
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

VHOSTS = 100
REQUESTS = 40_000
WANTED = 4_000
ROUNDS = 3
MODULES = (
    "access_compat alias auth_basic authn_core authn_file authz_core authz_host authz_user autoindex dir env headers "
    "mime negotiation rewrite setenvif"
)

MAIN = """\
User root
Listen 8080
ServerName main.example
%(modules)s
AccessFileName .htaccess
<Directory />
    Options FollowSymLinks
    AllowOverride None
    Require all denied
</Directory>
<FilesMatch "^\\.ht">
    Require all denied
</FilesMatch>
SetEnvIfNoCase User-Agent "masscan|sqlmap|nikto" bad_agent
%(servers)s
"""

SERVER = """\
<VirtualHost *:8080>
    ServerName site%(n)d.example
    ServerAlias www.site%(n)d.example *.tenant%(n)d.example
    DocumentRoot %(root)s
    <Directory %(root)s>
        AllowOverride All
        Options FollowSymLinks
        <RequireAll>
            Require all granted
            Require not env bad_agent
        </RequireAll>
    </Directory>
    <Location /admin>
        Require ip 10.0.%(n)d.0/24 2001:db8::/32
    </Location>
    <Location /internal>
        Order deny,allow
        Deny from all
        Allow from 10.
    </Location>
    <LocationMatch "^/(cgi|private)/">
        Require all denied
    </LocationMatch>
    Alias /static/ %(root)s/assets/
    Redirect 301 /old/ /static/
</VirtualHost>
"""

ACCESS_FILE = """\
Options -Indexes
DirectoryIndex index.php index.html
<FilesMatch "\\.(bak|sql|inc)$">
    Require all denied
</FilesMatch>
RewriteEngine On
RewriteBase /
RewriteRule ^index\\.php$ - [L]
RewriteCond %{HTTP_USER_AGENT} (libwww|wget) [NC]
RewriteRule ^ - [F]
RewriteCond %{REQUEST_FILENAME} !-f
RewriteCond %{REQUEST_FILENAME} !-d
RewriteRule . /index.php [L]
"""

PATHS = (
    "/", "/index.php?p=1", "/about", "/static/app.js", "/static/missing.css", "/admin/", "/admin/users?id=4",
    "/.git/config", "/.well-known/acme-challenge/x", "/old/page", "/assets/app.js", "/dump.sql", "/uploads/",
    "/uploads/photo.png", "/a/b/c/d?x=1&y=2", "/favicon.ico", "/internal/x", "/%7Euser/../assets/app.js",
    "//assets//app.js",
)  # fmt: skip
AGENTS = ("Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0", "curl/8.5.0", "sqlmap/1.8", "Googlebot/2.1")


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _lay_out(folder)
        lines = _requests(random.Random(403))
        (folder / "requests.jsonl").write_text("\n".join(lines) + "\n")
        (folder / "one.jsonl").write_text(lines[0] + "\n")
        start_up = min(_explain(folder, "one.jsonl") for _ in range(ROUNDS))
        before = _processor_time()
        seconds = min(_explain(folder, "requests.jsonl") for _ in range(ROUNDS))
        busy = (_processor_time() - before) / ROUNDS
        floor = min(_floor(folder) for _ in range(ROUNDS))
    rate = REQUESTS / seconds
    print(f"  {VHOSTS} vhosts, {REQUESTS:,} requests: {seconds:.2f} s, {rate:,.0f} requests/s (start {start_up:.2f} s)")
    print(f"  {busy:.2f} s of processor time: {REQUESTS / busy:,.0f} requests for each second of one core")
    print(f"  {seconds / floor:.1f} × the time of reading and writing the JSON lines alone ({floor:.2f} s)")
    print(f"  wanted {WANTED:,} requests/s: {'yes' if rate >= WANTED else 'NO'}")
    return 0 if rate >= WANTED else 1


def _lay_out(folder: Path) -> None:
    modules = "".join(f"LoadModule {name}_module modules/mod_{name}.so\n" for name in MODULES.split())
    servers = ""
    for n in range(VHOSTS):
        root = folder / f"site{n}"
        servers += SERVER % {"n": n, "root": root}
        for path in ("index.php", "assets/app.js", "uploads/photo.png", "favicon.ico"):
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(path)
        (root / ".htaccess").write_text(ACCESS_FILE)
        (root / "uploads/.htaccess").write_text("Options +Indexes\n<Files *.php>\nRequire all denied\n</Files>\n")
    (folder / "httpd.conf").write_text(MAIN % {"modules": modules, "servers": servers})


def _requests(rng: random.Random) -> list[str]:
    lines = []
    for number in range(REQUESTS):
        n = rng.randrange(VHOSTS)
        host = rng.choice((f"site{n}.example", f"www.site{n}.example", f"a.tenant{n}.example", "unknown.example"))
        client = rng.choice((f"10.0.{n}.{rng.randrange(256)}", f"198.51.100.{rng.randrange(256)}", "2001:db8::7"))
        row = {
            "id": number,
            "method": rng.choice(("GET", "GET", "GET", "HEAD", "POST", "DELETE")),
            "url": f"http://{host}:8080{rng.choice(PATHS)}",
            "client": client,
            "headers": {"User-Agent": rng.choice(AGENTS), "Referer": f"https://{host}/"},
        }
        lines.append(json.dumps(row))
    return lines


def _explain(folder: Path, requests: str) -> float:
    command = [sys.executable, "-m", "audit403", "explain", "--server", "apache"]
    command += ["--config", str(folder / "httpd.conf"), "--requests", str(folder / requests), "--format", "jsonl"]
    start = time.perf_counter()
    with (folder / "answers").open("wb") as answers:
        subprocess.run(command, stdout=answers, check=True)
    return time.perf_counter() - start


def _processor_time() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _floor(folder: Path) -> float:
    code = "import json,sys\nfor line in sys.stdin.buffer: sys.stdout.write(json.dumps(json.loads(line)) + chr(10))"
    start = time.perf_counter()
    with (folder / "requests.jsonl").open("rb") as lines, (folder / "answers").open("wb") as answers:
        subprocess.run([sys.executable, "-c", code], stdin=lines, stdout=answers, check=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
