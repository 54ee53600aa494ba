"""How the benchmarks of the readers compare: medians of interleaved runs, ratios of one run."""

from __future__ import annotations

import argparse
import gc
import statistics
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def runs_wanted(about: str | None, usual: int) -> int:
    """The number of runs that the command line asks for."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=usual)
    runs: int = parser.parse_args().runs
    return runs


def compare(title: str, actions: dict[str, Callable[[], object]], runs: int) -> float:
    """Print the median of each action; gives how many times faster than the last one, the rival, the first one is."""
    own, *_, rival = actions
    times: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(runs):
        for name, action in actions.items():
            times[name].append(_seconds(action))
    median = {name: statistics.median(found) for name, found in times.items()}
    for name, value in median.items():
        print(f"{title:28} {name:12} {value * 1000:8.1f} ms   {median[rival] / value:5.2f} × {rival}")
    return median[rival] / median[own]


def _seconds(action: Callable[[], object]) -> float:
    gc.collect()
    start = time.perf_counter()
    action()
    return time.perf_counter() - start
