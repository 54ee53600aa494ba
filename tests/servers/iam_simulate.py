"""An IAM simulator, as a separate program: what it says about requests to buckets.

`@cloud-copilot/iam-simulate` of npm, put into a cache by scripts/install-simulator. Nothing of it is in this project.

`with asked(simulations) as answers: …` runs it beside the test; `answers()` waits for it.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .need import missing
from .process import ending_with_the_tests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_DRIVER = Path(__file__).parent / "simulator" / "drive.mjs"
_INSTALL = Path(__file__).resolve().parents[2] / "scripts" / "install-simulator"
_PATIENCE = 540


class Answer(NamedTuple):
    """What the simulator says: `result` is Allowed, ImplicitlyDenied, ExplicitlyDenied, or error with its reasons."""

    result: str
    blocked_by: tuple[str, ...]
    error: Any = None

    @property
    def allowed(self) -> bool:
        return self.result == "Allowed"


@cache
def _installed() -> str:
    """The folder that it lies in; without it the test is skipped, or fails where it must not be missing."""
    said = subprocess.run([str(_INSTALL)], capture_output=True, text=True, timeout=300, check=False)
    if said.returncode or not shutil.which("node"):
        missing("iam-simulate", "nodejs npm, then scripts/install-simulator")
    return said.stdout.strip().splitlines()[-1]


@contextlib.contextmanager
def asked(simulations: Iterable[dict[str, Any]]) -> Iterator[Callable[[], list[Answer]]]:
    """Ask about many at once; the simulator works while the caller does."""
    folder = _installed()
    with tempfile.TemporaryFile("w+") as questions, tempfile.TemporaryFile("w+") as said:
        count = 0
        for simulation in simulations:
            questions.write(json.dumps(simulation, separators=(",", ":")) + "\n")
            count += 1
        questions.seek(0)
        command = ending_with_the_tests(["node", str(_DRIVER), folder])
        process = subprocess.Popen(command, stdin=questions, stdout=said)

        def answers() -> list[Answer]:
            assert process.wait(_PATIENCE) == 0, "the simulator has crashed"
            said.seek(0)
            found = [_answer(json.loads(line)) for line in said]
            assert len(found) == count, f"the simulator answered {len(found)} of {count} questions"
            return found

        try:
            yield answers
        finally:
            process.kill()
            process.wait()


def ask(simulations: Iterable[dict[str, Any]]) -> list[Answer]:
    """Ask, and wait for the answers."""
    with asked(simulations) as answers:
        return answers()


def _answer(said: list[Any]) -> Answer:
    result, more = said
    return Answer(result, (), more) if result == "error" else Answer(result, tuple(more))
