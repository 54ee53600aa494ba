"""The reader against crossplane.parse: one large file, and the same site in a thousand files; ratios of one run.

    python benchmarks/reader.py [--runs N]

Medians of interleaved runs. `with checks` also looks every directive up in the table, as crossplane always does.
Ends with 1 when the reader is less than twice as fast.
"""

import sys
import tempfile
from pathlib import Path

import crossplane
from _reading import compare, runs_wanted

from audit403.evidence.local import LocalEvidence
from audit403.nginx.read.configuration import read_configuration

WANTED = 2.0

HEAD = """\
user www-data;
worker_processes auto;
events { worker_connections 1024; }
http {
    log_format main '$remote_addr - $remote_user [$time_local] "$request" '
                    '$status $body_bytes_sent "$http_referer"';
    sendfile on;  # as everywhere
    gzip_types text/plain text/css application/json;
"""

VHOST = """\
    # site {n}
    server {{
        listen 80;
        listen [::]:80;
        server_name site{n}.example.com www.site{n}.example.com;
        root /var/www/site{n}/public;
        index index.html index.php;
        access_log /var/log/nginx/site{n}.log main;
        error_page 404 /404.html;
        client_max_body_size 10m;
        add_header X-Frame-Options "SAMEORIGIN" always;

        location / {{
            try_files $uri $uri/ /index.php?$query_string;
        }}
        location ~ \\.php$ {{
            fastcgi_pass unix:/run/php/site{n}.sock;
            fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
        }}
    }}
"""


def vhosts(lines: int) -> list[str]:
    """As many virtual hosts as make so many lines: a thousand of 20."""
    return [VHOST.format(n=n) for n in range(lines // VHOST.count("\n"))]


def write_one_file(folder: Path, lines: int) -> Path:
    """The whole site in one file."""
    main = folder / "one.conf"
    main.write_text(HEAD + "".join(vhosts(lines)) + "}\n")
    return main


def write_many_files(folder: Path, lines: int) -> Path:
    """Every virtual host in a file of its own."""
    sites = folder / "sites-enabled"
    sites.mkdir()
    for number, text in enumerate(vhosts(lines)):
        (sites / f"site{number:04}.conf").write_text(text)
    main = folder / "many.conf"
    main.write_text(HEAD + "    include sites-enabled/*.conf;\n}\n")
    return main


def faster(title: str, main: Path, runs: int) -> float:
    """How many times faster than crossplane the reader is."""

    def read() -> None:
        configuration = read_configuration(str(main), LocalEvidence())
        assert configuration.reading == []

    def read_and_check() -> None:
        assert read_configuration(str(main), LocalEvidence()).problems == []

    def other() -> None:
        assert crossplane.parse(str(main))["status"] == "ok"

    return compare(title, {"audit403": read, "with checks": read_and_check, "crossplane": other}, runs)


def main() -> int:
    runs = runs_wanted(__doc__, 9)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ratios = [
            faster("20,000 lines in one file", write_one_file(folder, 20_000), runs),
            faster("20,000 lines in 1,000 files", write_many_files(folder, 20_000), runs),
        ]
    return 0 if min(ratios) >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
