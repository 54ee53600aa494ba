"""Runs every benchmark of this folder and prints its ratios; ends with 1 when one misses what it wants.

python benchmarks/run.py [NAME…]
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main(wanted: list[str]) -> int:
    missed = []
    for path in sorted(HERE.glob("*.py")):
        if path.name.startswith(("_", Path(__file__).name)) or (wanted and path.stem not in wanted):
            continue
        print(f"{path.stem}:", flush=True)
        if subprocess.run([sys.executable, str(path)], check=False).returncode:
            missed.append(path.stem)
        print(flush=True)
    if missed:
        print(f"not as fast as wanted: {', '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
