"""`audit403 host -i LIST` of many small hosts over loopback sshd: the CPU that one more host costs the client.

    python benchmarks/host_fleet.py [--hosts N] [--jobs N] [--daemons N]

Several sshd with host keys of their own stand for the hosts; in their place runs a real nginx with Debian's
configuration and a small site. What sshd and the scripts on the hosts cost is not counted. One more host costs what N
hosts do without what a quarter of them does; on cores that have much else to do that is up to a quarter more. All
hosts have the same configuration, as hosts of one sort have: with one of its own each it would be read and built anew.
Needs root. Ends with 1 where 10,000 hosts would take more than three minutes of a core.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from _rivals import environment

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from servers.own_processes import OwnProcesses
from servers.ports import free_port
from servers.sshd import USER, Sshd, make_key

HOSTS, WANTED = 10_000, 180.0
PAGES = 20
SITE = """
server {{
    listen 127.0.0.1:{port};
    server_name shop.example www.shop.example;
    root {root};
    location / {{ try_files $uri $uri/ =404; }}
    location /admin/ {{ allow 10.0.0.0/8; deny all; }}
    location /status/ {{ deny all; allow 10.0.0.0/8; }}
}}
"""


class Spent(NamedTuple):
    """What one run took: seconds of processors and of the clock."""

    processor: float
    wall: float


def lay_out(folder: Path, place: OwnProcesses) -> None:
    """A small site, and nginx with it."""
    root = folder / "www"
    root.mkdir()
    for number in range(PAGES):
        (root / f"page-{number}.html").write_text("<p>" + "words " * 20)
    (root / "index.html").write_text('<img src="/page-1.html">')
    conf = folder / "nginx"
    shutil.copytree("/etc/nginx", conf, symlinks=True)
    for path in (conf / "sites-enabled").iterdir():
        path.unlink()
    main = (
        (conf / "nginx.conf").read_text().replace("/etc/nginx/", f"{conf}/").replace("/run/nginx.pid", f"{folder}/pid")
    )
    (conf / "nginx.conf").write_text(main.replace("/var/log/nginx/", f"{folder}/"))
    (conf / "sites-enabled" / "shop").write_text(SITE.format(port=free_port(), root=root))
    place.run("nginx", "-c", str(conf / "nginx.conf"))


def run(hosts: int, jobs: int, folder: Path) -> Spent:
    """Audit so many hosts."""
    names = folder / "hosts"
    names.write_text("".join(f"h{number}\n" for number in range(hosts)))
    command = [sys.executable, "-m", "audit403", "host", "-i", str(names), "--jobs", str(jobs), "--format", "jsonl"]
    known = {**environment(folder / "cache"), "HOME": str(folder / "home")}
    known.pop("SSH_AUTH_SOCK", None)
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    done = subprocess.run(command, env=known, cwd=folder, stdout=subprocess.PIPE, check=False)
    wall, after = perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    failed = [row["not_audited"] for row in rows if not row["audited"] or len(row["findings"]) != 1]
    if failed or len(rows) != hosts:
        raise SystemExit(f"{len(failed)} of {len(rows)} hosts were not audited as they should: {failed[:1]}")
    return Spent(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=8)
    parser.add_argument("--daemons", type=int, default=4)
    args = parser.parse_args()
    if os.geteuid():
        raise SystemExit("the hosts have processes of their own, which needs root")
    os.environ["AUDIT403_REQUIRE_SERVERS"] = "1"
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="audit403-fleet-", dir="/srv")))
        folder.chmod(0o755)
        place = stack.enter_context(OwnProcesses())
        lay_out(folder, place)
        key = make_key(folder / "id")
        daemons = [stack.enter_context(Sshd(folder / f"sshd{number}", place=place)) for number in range(args.daemons)]
        ssh = folder / "home" / ".ssh"
        ssh.mkdir(mode=0o700, parents=True)
        (ssh / "known_hosts").write_text("".join(each.known() for each in daemons))
        blocks = []
        for number, each in enumerate(daemons):
            each.allow(key)
            names = " ".join(f"h{host}" for host in range(number, args.hosts, len(daemons)))
            blocks.append(f"Host {names}\n HostName 127.0.0.1\n Port {each.port}\n User {USER}\n IdentityFile {key}\n")
        (ssh / "config").write_text("".join(blocks))
        run(args.daemons, args.jobs, folder)
        few, many = run(args.hosts // 4, args.jobs, folder), run(args.hosts, args.jobs, folder)
    more = args.hosts - args.hosts // 4
    each = (many.processor - few.processor) / more
    print(f"{args.hosts} hosts, {args.jobs} at once: {many.wall:.1f} s, {many.processor:.1f} s of processors")
    print(
        f"one more host: {each * 1000:.1f} ms of the client's processor, {(many.wall - few.wall) / more * 1000:.0f} ms"
    )
    print(f"{HOSTS:,} hosts by that: {each * HOSTS:.0f} s of one core (wanted: {WANTED:.0f} s)")
    return 0 if each * HOSTS <= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
