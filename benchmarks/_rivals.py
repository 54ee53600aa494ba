"""What the benchmarks hold audit403 against: gixy-ng, gixy-next and parliament from PyPI, `nginx -t`; and the timing.

Each rival has an environment of its own in .bench (the two install the same package), made when it is not there yet.
"""

import os
import shutil
import statistics
import subprocess
import sys
import time
import venv
from pathlib import Path
from typing import NamedTuple

HOME = Path(__file__).resolve().parents[1] / ".bench"
GIXY_NG, GIXY_NEXT, NGINX, PARLIAMENT = "gixy-ng", "gixy-next", "nginx -t", "parliament"
OWN = "audit403 check"

Command = list[str]


class Run(NamedTuple):
    """One finished process: seconds of wall time and of processor time, and its peak memory in bytes."""

    wall: float
    processor: float
    peak: int


class Medians(NamedTuple):
    """The medians of a command's runs; the peak is the highest."""

    wall: float
    processor: float
    peak: int


def gixy(name: str, target: Path) -> Command:
    """A gixy on a configuration, installed when it is not there yet."""
    return [_installed(name, "gixy"), str(target)]


def parliament(target: Path) -> Command:
    """parliament, a linter of policies, on a folder; it is installed when it is not there yet."""
    return [_installed(PARLIAMENT, PARLIAMENT), "--directory", str(target)]


def _installed(package: str, program: str) -> str:
    folder = HOME / package
    found = folder / "bin" / program
    if not found.exists():
        venv.create(folder, clear=True, with_pip=True)
        subprocess.run([folder / "bin/pip", "install", "-q", package, "setuptools<81"], check=True)
    return str(found)


def nginx(target: Path) -> dict[str, Command]:
    """`nginx -t` where there is an nginx, else nothing."""
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    return {} if program is None else {NGINX: [program, "-t", "-q", "-p", str(target.parent), "-c", str(target)]}


def audit403(target: Path, *options: str) -> Command:
    """audit403 on a configuration."""
    return [str(Path(sys.executable).parent / "audit403"), "check", *options, str(target)]


def environment(cache: Path) -> dict[str, str]:
    """One in which every Python keeps its compiled modules in one cache, whatever PYTHONDONTWRITEBYTECODE says."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(cache)}


def once(command: Command, environment: dict[str, str]) -> Run:
    """Run a command to its end; its output goes nowhere."""
    start = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)  # it was waited for
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def interleaved(commands: dict[str, Command], environment: dict[str, str], runs: int) -> dict[str, Medians]:
    """Each command in turn, some times over, after a round that fills the caches."""
    found: dict[str, list[Run]] = {title: [] for title in commands}
    for number in range(runs + 1):
        for title, command in commands.items():
            run = once(command, environment)
            if number:
                found[title].append(run)
    return {
        title: Medians(
            statistics.median(run.wall for run in taken),
            statistics.median(run.processor for run in taken),
            max(run.peak for run in taken),
        )
        for title, taken in found.items()
    }


def print_side_by_side(about: str, medians: dict[str, Medians], rival: str = GIXY_NG) -> None:
    """A line a command: milliseconds, the ratios to a rival, the peak of memory."""
    other = medians[rival]
    for title, value in medians.items():
        print(
            f"{about:28} {title:14} {value.wall * 1000:8.1f} ms  {value.wall / other.wall:5.2f} × {rival}"
            f"   processor {value.processor * 1000:8.1f} ms  {value.processor / other.processor:5.2f} ×"
            f"   {value.peak / 1e6:5.0f} MB"
        )
