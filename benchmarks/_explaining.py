"""How the benchmarks of `audit403 explain` ask, and what they count: requests a second, as scripts see them.

No rival answers requests, so the ratio is to the floor: reading the same JSON lines and writing as many.
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
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

VHOSTS = 100
REQUESTS = 40_000
ROUNDS = 3
AGENTS = ("Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0", "curl/8.5.0", "sqlmap/1.8", "Googlebot/2.1")


def measure(server: str, lay_out: Callable[[Path], Path], paths: tuple[str, ...], wanted: int) -> int:
    """Print the rates of one server's configuration; 1 when it answers fewer requests a second than wanted.

    `lay_out` writes the configuration and its tree into a folder, and says which file is the main one. Its virtual
    hosts are `siteN.example`, `www.siteN.example` and `*.tenantN.example`, on port 8080.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [sys.executable, "-m", "audit403", "explain", "--server", server, "--config", str(lay_out(folder))]
        lines = _requests(random.Random(403), paths)
        (folder / "requests.jsonl").write_text("\n".join(lines) + "\n")
        (folder / "one.jsonl").write_text(lines[0] + "\n")
        start_up = min(_explain(command, folder, "one.jsonl") for _ in range(ROUNDS))
        before = _processor_time()
        seconds = min(_explain(command, folder, "requests.jsonl") for _ in range(ROUNDS))
        busy = (_processor_time() - before) / ROUNDS
        floor = min(_floor(folder) for _ in range(ROUNDS))
    rate = REQUESTS / seconds
    print(f"  {VHOSTS} vhosts, {REQUESTS:,} requests: {seconds:.2f} s, {rate:,.0f} requests/s (start {start_up:.2f} s)")
    print(f"  {busy:.2f} s of processor time: {REQUESTS / busy:,.0f} requests for each second of one core")
    print(f"  {seconds / floor:.1f} × the time of reading and writing the JSON lines alone ({floor:.2f} s)")
    print(f"  wanted {wanted:,} requests/s: {'yes' if rate >= wanted else 'NO'}")
    return 0 if rate >= wanted else 1


def _requests(rng: random.Random, paths: tuple[str, ...]) -> list[str]:
    lines = []
    for number in range(REQUESTS):
        n = rng.randrange(VHOSTS)
        host = rng.choice((f"site{n}.example", f"www.site{n}.example", f"a.tenant{n}.example", "unknown.example"))
        client = rng.choice((f"10.0.{n}.{rng.randrange(256)}", f"198.51.100.{rng.randrange(256)}", "2001:db8::7"))
        row = {
            "id": number,
            "method": rng.choice(("GET", "GET", "GET", "HEAD", "POST", "DELETE")),
            "url": f"http://{host}:8080{rng.choice(paths)}",
            "client": client,
            "headers": {"User-Agent": rng.choice(AGENTS), "Referer": f"https://{host}/"},
        }
        lines.append(json.dumps(row))
    return lines


def _explain(command: list[str], folder: Path, requests: str) -> float:
    start = time.perf_counter()
    with (folder / "answers").open("wb") as answers:
        subprocess.run(
            [*command, "--requests", str(folder / requests), "--format", "jsonl"], stdout=answers, check=True
        )
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
