"""`audit403 check` of 1,000 virtual hosts, 20,000 lines, in one file and in 1,000 files, a fault planted in 97 of them.

    python benchmarks/vhosts.py [--runs N] [--vhosts N]

Beside gixy-ng, gixy-next and `nginx -t`: medians of interleaved runs, whole processes. Ends with 1 unless exactly the
planted faults are found, nothing is left out, and time and memory are within bounds; then twice as many hosts are
checked, alike ones and such as are not, which must not take much more than twice as long.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from _rivals import GIXY_NEXT, GIXY_NG, OWN, audit403, environment, gixy, interleaved, nginx, once, print_side_by_side

WANTED_RATIO, WANTED_PEAK, WANTED_GROWTH = 0.65, 120_000_000, 2.5
FAULTS = 97
RULE = "nginx/allow-behind-deny"
ROUNDS = 3

HEAD = """\
user www-data;
pid {folder}/nginx.pid;
events {{}}
http {{
"""
VHOST = """\
server {{
    listen 80;
    listen 443 ssl;
    server_name site{n}.example www.site{n}.example;
    root /srv/www/site{n}/public;
    index index.php index.html;
    access_log {folder}/logs/site{n}.log;
    ssl_certificate {folder}/certificate.pem;
    ssl_certificate_key {folder}/key.pem;

    location / {{ try_files $uri $uri/ /index.php?$query_string; }}
    location ~ \\.php$ {{
        fastcgi_pass unix:/run/php/site{n}.sock;
    }}
    location ~ /\\.(?!well-known) {{ deny all; }}
    location ^~ {admin} {{
        {first}
        {second}
    }}
}}
"""

Vhost = Callable[[Path, int, bool], str]


def alike(folder: Path, n: int, faulty: bool) -> str:
    """A host that is equal to the others but for literals: names, paths, sockets, the office's network."""
    return _vhost(folder, n, faulty, "/admin/")


def unlike(folder: Path, n: int, faulty: bool) -> str:
    """A host that has another location than any other."""
    return _vhost(folder, n, faulty, f"/admin{n}/")


def _vhost(folder: Path, n: int, faulty: bool, admin: str) -> str:
    lines = [f"allow 10.{n // 250 + 1}.{n % 250}.0/24;", "deny all;"]
    first, second = reversed(lines) if faulty else lines
    return VHOST.format(folder=folder, n=n, admin=admin, first=first, second=second)


def faulty_ones(count: int) -> set[int]:
    """Which hosts have the fault: 97 in a thousand, spread over them."""
    faults = count * FAULTS // 1000
    return {number * count // faults for number in range(faults)}


def lay_out(folder: Path, count: int, vhost: Vhost) -> tuple[Path, Path]:
    """The hosts in one file and in a file each; the two main files."""
    faulty = faulty_ones(count)
    texts = [vhost(folder, n, n in faulty) for n in range(count)]
    head = HEAD.format(folder=folder)
    (folder / "sites").mkdir(exist_ok=True)
    for n, text in enumerate(texts):
        (folder / f"sites/site{n:05}.conf").write_text(text)
    one, many = folder / "one.conf", folder / "many.conf"
    one.write_text(head + "".join(texts) + "}\n")
    many.write_text(head + "    include sites/*.conf;\n}\n")
    return one, many


def make_certificate(folder: Path) -> None:
    """One for all hosts, so that nginx takes the configuration."""
    (folder / "logs").mkdir()
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=site.example"]
    command += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
    subprocess.run(command, check=True, capture_output=True)


def wrong_with(target: Path, count: int) -> str:
    """What is wrong with the report on a target; empty where it says exactly what was planted."""
    result = subprocess.run(audit403(target, "--format", "json"), capture_output=True, text=True, check=False)
    report = json.loads(result.stdout)
    if report["not_audited"]:
        return f"left out: {report['not_audited'][0]}"
    found = [(finding["rule"], finding["request"]["url"].split("/")[2]) for finding in report["findings"]]
    wanted = {(RULE, f"site{n}.example") for n in faulty_ones(count)}
    if len(found) == len(wanted) and set(found) == wanted:
        return ""
    return f"{len(found)} findings, {len(set(found) & wanted)} of them planted, {len(wanted)} wanted"


def compare(title: str, target: Path, count: int, runs: int, settings: dict[str, str]) -> bool:
    """Print how one configuration fares; whether all bounds are kept."""
    commands = {
        OWN: audit403(target),
        GIXY_NG: gixy(GIXY_NG, target),
        GIXY_NEXT: gixy(GIXY_NEXT, target),
        **nginx(target),
    }
    medians = interleaved(commands, settings, runs)
    print_side_by_side(title, medians)
    own, wrong = medians[OWN], wrong_with(target, count)
    print(f"{title:28} {wrong or f'{len(faulty_ones(count))} planted faults found, none else, nothing left out'}")
    return not wrong and own.wall <= WANTED_RATIO * medians[GIXY_NG].wall and own.peak <= WANTED_PEAK


def growth(title: str, count: int, vhost: Vhost, settings: dict[str, str]) -> bool:
    """Print how much longer twice as many hosts take, in processor time less the start; whether that is linear."""
    taken = []
    for number in (0, count, 2 * count):
        with tempfile.TemporaryDirectory() as name:
            target, _ = lay_out(Path(name), number, vhost) if number else (Path(name) / "one.conf", None)
            if not number:
                target.write_text("events {}\nhttp { server { listen 80; } }\n")
            taken.append(min(once(audit403(target), settings).processor for _ in range(ROUNDS)))
    start, single, double = taken
    ratio = (double - start) / (single - start)
    print(f"{title:28} {count} hosts {single:.2f} s, {2 * count} hosts {double:.2f} s: {ratio:.2f} × as long")
    return ratio <= WANTED_GROWTH


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--vhosts", type=int, default=1000)
    arguments = parser.parse_args()
    count, runs = arguments.vhosts, arguments.runs
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_certificate(folder)
        settings = environment(folder / "cache")
        one, many = lay_out(folder, count, alike)
        kept = [
            compare(f"{count:,} vhosts in one file", one, count, runs, settings),
            compare(f"{count:,} vhosts in {count:,} files", many, count, runs, settings),
            growth("alike but for literals", count, alike, settings),
            growth("each with its own location", count // 2, unlike, settings),
        ]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
