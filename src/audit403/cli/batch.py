"""Answers many requests, one JSON object a line, in their order; many of them on all processors.

What has come in is answered before more is waited for, so that a program may ask line by line over a pipe.
"""

import json
import os
import select
from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

from audit403.cli.request_line import request_of
from audit403.core.errors import BadUsage
from audit403.core.family import Site
from audit403.report.decision_json import decision_json

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

_MANY = 500
"""So many requests are answered here before other processes are started."""
_CHUNK = 1 << 16
_WAITING = 16

Answered = tuple[str, int]
"""The lines of the answers, and the exit code that they ask for."""


def answer_all(site: Site, stream: BinaryIO, write: Callable[[str], object]) -> int:
    """Answer every line of the stream; the exit code."""
    pool: ProcessPoolExecutor | None = None
    waiting: deque[Future[Answered]] = deque()
    code, number = 0, 1
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        for lines in _chunks(stream, lambda: bool(waiting)):
            if lines is None or len(waiting) > _WAITING:
                text, asked = waiting.popleft().result()
                write(text)
                code = max(code, asked)
            if lines is None:
                continue
            if number > _MANY and processors > 1:
                pool = pool or _pool(site, processors)
                waiting.append(pool.submit(_answer_in_worker, lines, number))
            else:
                text, asked = answer_lines(site, lines, number)
                write(text)
                code = max(code, asked)
            number += len(lines)
        for future in waiting:
            text, asked = future.result()
            write(text)
            code = max(code, asked)
    finally:
        if pool is not None:
            pool.shutdown(cancel_futures=True)
    return code


def answer_lines(site: Site, lines: list[bytes], number: int) -> Answered:
    """The answers to some lines, of which the first is line `number` of the input."""
    code = 0
    answers: list[str] = []
    for at, line in enumerate(lines, number):
        if not line.strip():
            continue
        identifier: object = None
        answer: dict[str, Any]
        try:
            row = json.loads(line.decode("utf-8", "surrogateescape"))
            if not isinstance(row, dict):
                raise BadUsage("a line must be a JSON object.")
            identifier = row.get("id")
            answer = decision_json(identifier, site.decide(request_of(row)))
        except (ValueError, RecursionError) as error:
            answer, code = {"id": identifier, "error": f"line {at} is no JSON: {error}"}, 2
        except BadUsage as error:
            answer, code = {"id": identifier, "error": f"line {at}: {error}"}, 2
        answers.append(json.dumps(answer) + "\n")
    return "".join(answers), code


def _chunks(stream: BinaryIO, waiting: Callable[[], bool]) -> Iterator[list[bytes] | None]:
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
    if rest:
        yield [rest]


def _is_ready(stream: BinaryIO) -> bool:
    try:
        return bool(select.select([stream], [], [], 0)[0])
    except (OSError, ValueError):  # no descriptor: its bytes are all there
        return True


_site: Site | None = None


def _pool(site: Site, processors: int) -> "ProcessPoolExecutor":
    """Processes that have the site in memory already, because they are copies of this one."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    global _site  # noqa: PLW0603 – the way into a forked process
    _site = site
    return ProcessPoolExecutor(processors, get_context("fork"))


def _answer_in_worker(lines: list[bytes], number: int) -> Answered:
    assert _site is not None
    return answer_lines(_site, lines, number)
