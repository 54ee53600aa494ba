"""Listing a tree of many files into the store of directories, beside find(1) that prints the same to nowhere.

    python benchmarks/host_listing.py [--files N]…

The script runs in a shell of this machine, without nice and gzip; parsing and storing overlap with it. Time is without
the start of Python, memory above that of the same program with nothing listed. Ends with 1 when it costs too much.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from _rivals import environment, interleaved

from audit403.evidence.directories import Directories
from audit403.host.listing import parse
from audit403.host.listing_script import listing_script
from audit403.host.local_shell import LocalShell
from audit403.host.transport import run

WANTED_RATIO, WANTED_PEAK = 1.15, 60_000_000
FILES, FOLDERS = 18, 2
MEMORY = "/dev/shm"
RECORD = "%y/%m/%U/%G/%d/%f\\0"


def lay_out(root: str, entries: int) -> int:
    """Folders of 18 files and two folders each, until there are so many entries; one file in 20 is another's."""
    os.makedirs(root)
    pending, made = [root], 1
    for number, folder in enumerate(pending):
        here = os.open(folder, os.O_RDONLY)
        for each in range(FILES):
            os.mknod(f"{('photo', 'article', 'style')[each % 3]}-{number:06}-{each:02}.html", 0o100644, dir_fd=here)
        if number % 20 == 0:
            os.chmod(f"photo-{number:06}-00.html", 0o600, dir_fd=here)
        for each in range(FOLDERS):
            name = f"archive-{each}"
            os.mkdir(name, 0o755, dir_fd=here)
            pending.append(f"{folder}/{name}")
        os.close(here)
        made += FILES + FOLDERS
        if made > entries:
            return made
    raise AssertionError


def listed(root: str, expected: int) -> int:
    """What is measured; prints the peak of memory, and is 0 when all has come."""
    into = Directories()
    if expected:
        what = parse(run(LocalShell(), listing_script([root], compress=False, calm=False)), into)
        if what.entries != expected or what.complaints or len(into) != expected - 1:
            return 1
    status = Path("/proc/self/status").read_text()
    print(int(status.partition("VmHWM:")[2].split()[0]) * 1024)
    return 0


def measured(entries: int, runs: int, place: str | None) -> bool:
    """Whether a tree of so many entries is listed as wanted."""
    folder = tempfile.mkdtemp(prefix="audit403-listing-", dir=place)
    try:
        root = f"{folder}/tree"
        made = lay_out(root, entries)
        own = [sys.executable, __file__, "--list", root]
        commands = {
            "find": ["find", root, "-xdev", "-printf", RECORD],
            "nothing": [*own, "0"],
            "listing": [*own, str(made)],
        }
        peaks = [int(subprocess.check_output(commands[title])) for title in ("nothing", "listing")]
        medians = interleaved(commands, environment(Path(folder) / "cache"), runs)
    finally:
        shutil.rmtree(folder)
    find, nothing, listing = (medians[title] for title in commands)
    wall, processor = listing.wall - nothing.wall, listing.processor - nothing.processor
    ratio, memory = wall / find.wall, peaks[1] - peaks[0]
    print(
        f"{made:,} entries:  find {find.wall:.2f} s   listing {wall:.2f} s, {ratio:.2f} ×"
        f"   of processor time {processor / find.processor:.2f} × find's {find.processor:.2f} s"
        f"   {memory / 1e6:.0f} MB, {memory / made:.0f} bytes an entry"
    )
    return ratio <= WANTED_RATIO and memory <= WANTED_PEAK


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, action="append", help="so many entries; may be repeated")
    parser.add_argument("--runs", type=int, default=5)
    place = MEMORY if os.path.isdir(MEMORY) else None
    parser.add_argument("--under", default=place, help="where the tree is made; in memory if nothing is said")
    parser.add_argument("--list", nargs=2, metavar=("ROOT", "ENTRIES"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.list:
        return listed(arguments.list[0], int(arguments.list[1]))
    good = [measured(entries, arguments.runs, arguments.under) for entries in arguments.files or (100_000, 1_000_000)]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
