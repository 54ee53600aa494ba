"""`audit403 check` of an Apache configuration of 20,000 lines beside `apache2 -t` and augeas' bare parse of it.

    python benchmarks/apache_check.py [--runs N] [--vhosts N]

Medians of interleaved runs, whole processes, ratios of one run; augeas has its one lens for httpd to load and nothing
but this file to parse. Then 97 of 1,000 virtual hosts have no grant: exactly these must be found. Ends with 1 where
that is not so, or where the check takes longer than augeas.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from _apache_site import RULE, faulty_ones, write_site
from _rivals import HOME, OWN, Command, audit403, environment, interleaved

WANTED = 1.0
AUGEAS, APACHE = "augeas parse", "apache2 -t"
PACKAGES = ("libaugeas0", "augeas-lenses", "python3-augeas")

PARSE = """\
import ctypes.util, sys
from pathlib import Path
library, lenses, module, target = sys.argv[1:]
find = ctypes.util.find_library
ctypes.util.find_library = lambda name: library if name == "augeas" else find(name)
sys.path.insert(0, module)
from augeas import Augeas
tree = Augeas("/", lenses, Augeas.NO_STDINC | Augeas.NO_MODL_AUTOLOAD)
tree.set("/augeas/load/Httpd/lens", "Httpd.lns")
tree.set("/augeas/load/Httpd/incl", target)
tree.load()
if tree.match("/augeas//error") or not tree.match(f"/files{target}/VirtualHost"):
    sys.exit("augeas has not read it")
"""


def augeas(target: Path) -> dict[str, Command]:
    """augeas' bare parse of a file by Debian's packages, unpacked when they are not there yet; nothing elsewhere."""
    folder = HOME / "augeas"
    if not folder.exists():
        if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
            return {}
        HOME.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory() as name:
            subprocess.run(["apt-get", "download", "-qq", *PACKAGES], cwd=name, check=True, stderr=subprocess.DEVNULL)
            for package in sorted(Path(name).glob("*.deb")):
                subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
    (library,) = folder.glob("usr/lib/*/libaugeas.so.0")
    lenses, module = folder / "usr/share/augeas/lenses/dist", folder / "usr/lib/python3/dist-packages"
    command = [sys.executable, "-c", PARSE, str(library), str(lenses), str(module), str(target)]
    return {AUGEAS: ["env", f"LD_LIBRARY_PATH={library.parent}", *command]}


def apache(target: Path) -> dict[str, Command]:
    """`apache2 -t` where there is an Apache, else nothing."""
    program = shutil.which("apache2", path="/usr/sbin:/usr/local/sbin")
    return {} if program is None else {APACHE: [program, "-t", "-f", str(target)]}


def wrong_with(target: Path, faulty: set[int]) -> str:
    """What is wrong with the report on a target; empty where it says exactly what was planted."""
    result = subprocess.run(
        audit403(target, "--tree", "none", "--format", "json"), capture_output=True, text=True, check=False
    )
    report = json.loads(result.stdout)
    if report["not_audited"]:
        return f"left out: {report['not_audited'][0]}"
    found = [(finding["rule"], finding["request"]["url"].split("/")[2].split(":")[0]) for finding in report["findings"]]
    wanted = {(RULE, f"site{n}.example") for n in faulty}
    if len(found) == len(wanted) and set(found) == wanted:
        return ""
    return f"{len(found)} findings, {len(set(found) & wanted)} of them planted, {len(wanted)} wanted"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--vhosts", type=int, default=1000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        target = write_site(folder / "apache2.conf", arguments.vhosts, set())
        for sound in (augeas(target), apache(target)):
            for title, command in sound.items():
                if subprocess.run(command, capture_output=True, check=False).returncode:
                    print(f"{title} does not take the configuration")
                    return 1
        commands = {OWN: audit403(target, "--tree", "none"), **augeas(target), **apache(target)}
        medians = interleaved(commands, environment(folder / "cache"), arguments.runs)
        lines = target.read_text().count("\n")
        for title, value in medians.items():
            ratios = "".join(
                f"  {value.wall / medians[rival].wall:5.2f} × {rival}" for rival in (AUGEAS, APACHE) if rival in medians
            )
            print(f"{lines:,} lines {title:16} {value.wall * 1000:8.1f} ms{ratios}   {value.peak / 1e6:4.0f} MB")
        faulty = faulty_ones(arguments.vhosts)
        wrong = wrong_with(target, set()) or wrong_with(write_site(target, arguments.vhosts, faulty), faulty)
        print(wrong or f"{len(faulty)} planted faults found, none else, nothing left out; none in the sound ones")
    slow = AUGEAS in medians and medians[OWN].wall > WANTED * medians[AUGEAS].wall
    return 1 if wrong or slow else 0


if __name__ == "__main__":
    sys.exit(main())
