"""What all fuzz tests share: how many examples, from which seed, in what time; real files with bytes changed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st

from servers.plenty import SEED, cases

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_SIGNS = [b"{", b"}", b";", b'"', b"'", b"\\", b"$", b"#", b"\0", b"\n", b"<", b">", b"</", b"%{", b"[", b"\\\n", b"!"]


@st.composite
def changed_of(draw: Any, real: Sequence[bytes]) -> bytes:
    """A real file with some of its bytes lost, doubled or replaced."""
    data = bytearray(draw(st.sampled_from(real)))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data)))
        pieces = st.binary(max_size=4) | st.sampled_from(_SIGNS)
        data[at : at + draw(st.integers(0, 8))] = draw(pieces | st.sampled_from([bytes(data[at : at + 40])]))
    return bytes(data)


def fuzzed(examples: int) -> Callable[[Any], Any]:
    """So many examples (AUDIT403_CASES changes it), from the run's seed; a failure is shrunk and printed."""

    def apply(test: Any) -> Any:
        checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
        options = settings(
            max_examples=cases(examples), deadline=None, database=None, suppress_health_check=checks, print_blob=True
        )
        return seed(int(SEED))(options(test))

    return apply


class Within:
    """A block of code that may use so many seconds of the processor."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __enter__(self) -> None:
        self.start = time.process_time()

    def __exit__(self, *_: object) -> None:
        used = time.process_time() - self.start
        assert used < self.seconds, f"{used:.1f} s of processor time"
