"""How many generated cases, and from which seed.

AUDIT403_SEED   the seed of the whole run; a fresh one by default, printed in the header and beside every failure
AUDIT403_CASES  `5000`: so many cases in each generated test; `x10`: ten times as many as each does by default
"""

from __future__ import annotations

import os
import random

if "AUDIT403_SEED" not in os.environ:
    # Set for the processes of pytest-xdist, which inherit it.
    os.environ["AUDIT403_SEED"] = str(random.SystemRandom().randrange(10**9))

SEED = os.environ["AUDIT403_SEED"]


def cases(default: int) -> int:
    """How many cases a generated test is to run."""
    wish = os.environ.get("AUDIT403_CASES", "")
    if wish.startswith("x"):
        return int(default * float(wish[1:]))
    return int(wish) if wish else default


def rng(name: str) -> random.Random:
    """The random numbers of one test: they depend on the run's seed and on nothing else that ran."""
    return random.Random(f"{SEED}:{name}")
