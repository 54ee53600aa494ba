"""`audit403 explain` in batch on a configuration of 100 vhosts: requests a second, as a script's user sees them.

No rival answers requests, so the ratio is to the floor: reading the same JSON lines and writing as many.
Wanted: 5,000 requests a second on two cores.
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
WANTED = 5_000
ROUNDS = 3

HTTP = """\
user www-data;
events {}
http {
    map $http_user_agent $bad_agent { default 0; ~*(masscan|sqlmap|nikto) 1; ~*curl 0; "" 1; }
    geo $office { default 0; 10.0.0.0/8 1; 192.0.2.0/24 1; 2001:db8::/32 1; }
    limit_req_zone $binary_remote_addr zone=login:1m rate=5r/s;
    include %(folder)s/mime.types;
    root %(folder)s/www;
    index index.html;
    error_page 403 /403.html;
%(servers)s
}
"""

SERVER = """\
    server {
        listen 8080;
        listen [::]:8080;
        server_name site%(n)d.example www.site%(n)d.example *.tenant%(n)d.example;
        if ($bad_agent) { return 403; }
        location = /403.html { internal; }
        location = /favicon.ico { log_not_found off; access_log off; return 204; }
        location / { try_files $uri $uri/ /index.html; }
        location ~ /\\.(?!well-known) { deny all; }
        location ^~ /static/ { expires 30d; }
        location ^~ /admin/ { allow 10.0.%(n)d.0/24; allow 2001:db8::/32; deny all; proxy_pass http://127.0.0.1:9000; }
        location /internal/ { internal; }
        location /old/ { rewrite ^/old/(.*)$ /static/$1 permanent; }
        location ~* \\.(jpg|png|gif|webp)$ {
            valid_referers none blocked server_names;
            if ($invalid_referer) { return 403; }
        }
        location ~ \\.php$ { limit_except GET POST { deny all; } fastcgi_pass 127.0.0.1:9001; }
        location /login { limit_req zone=login burst=5; proxy_pass http://127.0.0.1:9000; }
        location /office/ { if ($office = 0) { return 403; } }
    }
"""

PATHS = (
    "/", "/index.html", "/about", "/static/app.js", "/static/missing.css", "/admin/", "/admin/users?id=4",
    "/.git/config", "/.well-known/acme-challenge/x", "/old/page", "/img/logo.png", "/index.php?p=1", "/login",
    "/office/", "/a/b/c/d?x=1&y=2", "/favicon.ico", "/internal/x", "/%7Euser/../static/app.js", "//static//app.js",
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
    servers = "".join(SERVER % {"n": n} for n in range(VHOSTS))
    (folder / "nginx.conf").write_text(HTTP % {"folder": folder, "servers": servers})
    (folder / "mime.types").write_text("types { text/html html; text/css css; image/png png; }\n")
    for path, text in (("index.html", "hello"), ("403.html", "no"), ("static/app.js", "1;"), ("img/logo.png", "png")):
        file = folder / "www" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


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
    command = [sys.executable, "-m", "audit403", "explain", "--server", "nginx", "--config", str(folder / "nginx.conf")]
    command += ["--requests", str(folder / requests), "--format", "jsonl"]
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
