"""`audit403 check` of a site of many files, beside a bare walk that does no more than scandir(3) and lstat(2).

    python benchmarks/tree.py [--folders N] [--files N]

A file that the worker cannot read and a link into a closed folder are planted. Ends with 1 unless these two are
found and nothing else, and time and memory are within bounds; a million files are `--folders 1000 --files 1000`.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from _rivals import OWN, audit403, environment, interleaved

WANTED_RATIO, WANTED_PEAK = 4.0, 120_000_000
KINDS = ("html", "css", "js", "png", "pdf")
BARE = """\
import os, sys
pending = [sys.argv[1]]
while pending:
    for entry in os.scandir(pending.pop()):
        entry.stat(follow_symlinks=False)
        if entry.is_dir(follow_symlinks=False):
            pending.append(entry.path)
"""
MAIN = """\
user www-data;
events {{}}
http {{
    server {{
        listen 80;
        server_name site.example;
        root {root};
        location ~ /\\.(?!well-known) {{ deny all; }}
        location ~* \\.(css|js|png)$ {{ expires 30d; }}
    }}
}}
"""


def lay_out(folder: Path, folders: int, files: int) -> Path:
    """The site, with an index in each folder and two faults."""
    folder.chmod(0o755)
    root, closed = folder / "site", folder / "assets"
    for number in range(folders):
        inner = root / f"{number:04}"
        inner.mkdir(parents=True)
        for each in range(files - 1):
            (inner / f"{each:05}.{KINDS[each % len(KINDS)]}").touch(0o644)
        (inner / "index.html").touch(0o644)
    (root / "index.html").touch(0o644)
    (root / f"{folders // 2:04}/00001.css").chmod(0o600)
    closed.mkdir(0o700)
    (closed / "far.css").touch(0o644)
    (root / f"{folders // 3:04}/near.css").symlink_to(closed / "far.css")
    main = folder / "nginx.conf"
    main.write_text(MAIN.format(root=root))
    return main


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folders", type=int, default=200)
    parser.add_argument("--files", type=int, default=500)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        target = lay_out(Path(name), arguments.folders, arguments.files)
        options = ("--tree", "here")
        commands = {
            "bare walk": [sys.executable, "-c", BARE, str(Path(name) / "site")],
            OWN: audit403(target, *options),
        }
        medians = interleaved(commands, environment(Path(name) / "cache"), 3)
        said = subprocess.run(audit403(target, *options, "--format", "json"), capture_output=True, check=False).stdout
    report = json.loads(said)
    found = sorted(finding["rule"] for finding in report["findings"])
    bare, own = medians["bare walk"], medians[OWN]
    ratio = own.processor / bare.processor
    about = f"{arguments.folders * arguments.files:,} files"
    print(f"{about:28} bare walk {bare.processor:.2f} s, {OWN} {own.processor:.2f} s of processor time: {ratio:.1f} ×")
    print(f"{about:28} {own.peak / 1e6:.0f} MB; found: {', '.join(found)}; left out: {len(report['not_audited'])}")
    exact = found == ["files/ancestor-not-searchable", "files/file-unreadable"] and not report["not_audited"]
    return 0 if exact and ratio <= WANTED_RATIO and own.peak <= WANTED_PEAK else 1


if __name__ == "__main__":
    sys.exit(main())
