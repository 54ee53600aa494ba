"""Running audit403 as a user does: in a process of its own, through its command line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# For tests written before the command line was.
needs_command_line = pytest.mark.skipif(
    not (ROOT / "src/audit403/cli/main.py").exists(), reason="there is no command line yet"
)


def environment() -> dict[str, str]:
    """This process's, with the checkout's packages in reach whether or not they are installed."""
    roots = [str(ROOT / "src"), str(ROOT / "checks"), os.environ.get("PYTHONPATH", "")]
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, roots)), "PYTHONIOENCODING": "utf-8"}


def audit403(
    *arguments: str | Path, stdin: str | None = "", cwd: Path | None = None, within: list[str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command; `within` is put before it."""
    command = [*(within or ()), sys.executable, "-m", "audit403", *map(str, arguments)]
    return subprocess.run(command, input=stdin, cwd=cwd, env=environment(), capture_output=True, text=True, check=False)
