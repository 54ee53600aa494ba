"""The stream of `listing_script`, uncompressed and read as it comes."""

import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import chain

from audit403.evidence.directories import Directories
from audit403.host.listing_reader import BROKEN, GARBLED, Listed, Reader
from audit403.host.transport import HostError

_AT_ONCE = 1024 * 1024
_WORTH_A_LOOK = 64 * 1024
_LONGEST_START = 4096


def parse(
    pieces: Iterable[bytes],
    into: Directories,
    *,
    limit: int | None = None,
    labels: bool = False,
    within: str = "",
    progress: Callable[[int], object] | None = None,
) -> Listed:
    """Read a whole stream, or so much of it as has `limit` entries. Raises HostError.

    `labels` and `within` are what the script was made with; `progress` is told now and then how many entries have come.
    """
    reader = Reader(into, limit, labels, within)
    try:
        for text in _plain(pieces):
            reader.take(text)
            if progress is not None:
                progress(reader.entries)
            if reader.cut_off:
                break
    finally:
        if isinstance(pieces, Generator):  # find goes on until nobody reads what it prints
            pieces.close()
    return reader.end()


def _plain(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The stream behind its first line, uncompressed."""
    rest = iter(pieces)
    start = b""
    while b"\n" not in start:
        piece = next(rest, None)
        if piece is None or len(start) > _LONGEST_START:
            raise HostError(BROKEN if piece is None else GARBLED)
        start += piece
    how, _, start = start.partition(b"\n")
    if how == b"none":
        raise HostError("it has no find, without which its files cannot be listed")
    if how not in (b"plain", b"gzip"):
        raise HostError(GARBLED)
    rest = chain((start,), rest)
    yield from _gathered(rest) if how == b"plain" else _unzipped(rest)


def _gathered(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same in pieces of a length that is worth a look: find writes page by page."""
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= _WORTH_A_LOOK:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)


def _unzipped(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """What gzip has compressed, in pieces of bounded length."""
    unzip = zlib.decompressobj(wbits=31)
    try:
        for piece in pieces:
            while piece:
                yield unzip.decompress(piece, _AT_ONCE)
                piece = unzip.unconsumed_tail
    except zlib.error as error:
        raise HostError(GARBLED) from error
    yield unzip.flush()
