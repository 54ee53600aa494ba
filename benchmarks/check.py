"""`audit403 check` of a small file, whole processes, beside gixy-ng, gixy-next and `nginx -t`; the ratios of one run.

    python benchmarks/check.py [--runs N]

Medians of interleaved runs. Ends with 1 above the wanted ratio to gixy-ng.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from _rivals import GIXY_NEXT, GIXY_NG, OWN, audit403, environment, gixy, interleaved, nginx, print_side_by_side

WANTED = 0.75

#: As small sites are: one server, a PHP application, an admin area that only the office gets into.
SMALL = """\
user www-data;
worker_processes auto;
pid /run/nginx.pid;

events {
    worker_connections 768;
}

http {
    sendfile on;
    server_tokens off;
    keepalive_timeout 65;
    default_type application/octet-stream;
    access_log /var/log/nginx/access.log;

    server {
        listen 80;
        listen [::]:80;
        server_name shop.example www.shop.example;
        root /var/www/shop/public;
        index index.php index.html;

        location / {
            try_files $uri $uri/ /index.php?$query_string;
        }
        location ~ \\.php$ {
            fastcgi_pass unix:/run/php/php-fpm.sock;
            fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
        }
        location /admin/ {
            allow 10.0.0.0/8;
            deny all;
        }
    }
}
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=25)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        target = folder / "nginx.conf"
        target.write_text(SMALL)
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            OWN: audit403(target),
            GIXY_NG: gixy(GIXY_NG, target),
            GIXY_NEXT: gixy(GIXY_NEXT, target),
            **nginx(target),
        }
        medians = interleaved(commands, environment(folder / "cache"), runs)
    print_side_by_side(f"{SMALL.count(chr(10))}-line file", medians)
    return 0 if medians[OWN].wall <= WANTED * medians[GIXY_NG].wall else 1


if __name__ == "__main__":
    sys.exit(main())
