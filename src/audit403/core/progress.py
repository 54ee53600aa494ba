"""How far a long run is, for whoever shows it."""

from audit403.core.named_tuple import NamedTuple


class Progress(NamedTuple):
    """Targets – hosts, buckets – that are done, at work and in all; `entries` were seen in them, where known."""

    done: int
    running: int
    total: int
    entries: int = 0
