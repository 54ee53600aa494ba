"""The lines of a batch as they come in, so that a program may ask line by line over a pipe."""

import select
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import BinaryIO

from audit403.core.errors import BadUsage

_CHUNK = 1 << 16
LONGEST_LINE = 1024 * 1024


def opened(source: str) -> AbstractContextManager[BinaryIO]:
    """The file of that name, or standard input for `-`."""
    if source == "-":
        if sys.stdin is None:
            raise BadUsage("The standard input is closed.")
        return nullcontext(sys.stdin.buffer)
    try:
        return open(source, "rb")
    except OSError as error:
        raise BadUsage(f"{source} cannot be read: {error.strerror}.") from error


def chunks(stream: BinaryIO, waiting: Callable[[], bool] = lambda: False) -> Iterator[list[bytes] | None]:
    """The lines as they come in; None when none is there and somebody else's answers are waited for."""
    rest = b""
    read = getattr(stream, "read1", stream.read)
    while True:
        if waiting() and not _is_ready(stream):
            yield None
            continue
        data: bytes = read(_CHUNK)
        if not data:
            break
        *lines, rest = (rest + data).split(b"\n")
        if lines:
            yield lines
        if len(rest) > LONGEST_LINE:
            raise BadUsage(f"A line of the batch is longer than {LONGEST_LINE:,} bytes.")
    if rest:
        yield [rest]


def _is_ready(stream: BinaryIO) -> bool:
    try:
        return bool(select.select([stream], [], [], 0)[0])
    except (OSError, ValueError):  # no descriptor: its bytes are all there
        return True
