"""`audit403 check` of a small file against gixy-ng, whole processes; the ratio of one run.

    python benchmarks/check.py [--runs N]

Medians of interleaved runs. gixy-ng comes from PyPI into an environment of its own, .bench/gixy-ng. Both keep their
compiled modules in one cache, whatever PYTHONDONTWRITEBYTECODE says. Ends with 1 above the wanted ratio.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

WANTED = 0.75
OTHER = "gixy-ng"
HOME = Path(__file__).resolve().parents[1] / ".bench"

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


def program_of_gixy() -> Path:
    """The gixy-ng command, installed when it is not there yet."""
    folder = HOME / OTHER
    program = folder / "bin/gixy"
    if not program.exists():
        venv.create(folder, clear=True, with_pip=True)
        subprocess.run([folder / "bin/pip", "install", "-q", OTHER], check=True)
    return program


def seconds(command: list[str], environment: dict[str, str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.perf_counter() - start


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=25)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "nginx.conf").write_text(SMALL)
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = str(folder / "cache")
        target = str(folder / "nginx.conf")
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "audit403 check": [str(Path(sys.executable).parent / "audit403"), "check", target],
            OTHER: [str(program_of_gixy()), target],
        }
        times: dict[str, list[float]] = {title: [] for title in commands}
        for number in range(runs + 2):
            for title, command in commands.items():
                took = seconds(command, environment)
                if number >= 2:  # the first two fill the caches
                    times[title].append(took)
    median = {title: statistics.median(taken) for title, taken in times.items()}
    lines = SMALL.count("\n")
    for title, value in median.items():
        ratio = value / median[OTHER]
        print(f"{f'{lines}-line file, whole process':32} {title:16} {value * 1000:7.1f} ms   {ratio:5.2f} × {OTHER}")
    return 0 if median["audit403 check"] <= WANTED * median[OTHER] else 1


if __name__ == "__main__":
    sys.exit(main())
