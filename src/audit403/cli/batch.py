"""Answers many requests, one JSON object a line, in their order; many of them on all processors.

What has come in is answered before more is waited for, so that a program may ask line by line over a pipe.
"""

import json
import os
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, BinaryIO

from audit403.cli.chunks import chunks
from audit403.core.decision import UNKNOWN, Decision
from audit403.core.errors import BadUsage
from audit403.report.decision_json import decision_json

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

_MANY = 500
"""So many requests are answered here before other processes are started."""
_WAITING = 16

Answer = Callable[[dict[str, Any]], Decision]
"""What answers one JSON line; it raises BadUsage for what is no request."""
Answered = tuple[str, int]
"""The lines of the answers, and the exit code that they ask for."""


def answer_all(answer: Answer, stream: BinaryIO, write: Callable[[str], object], *, alone: bool = False) -> int:
    """Answer every line of the stream; the exit code. `alone`: without other processes, which cannot ask a host."""
    pool: ProcessPoolExecutor | None = None
    waiting: deque[Future[Answered]] = deque()
    code, number = 0, 1
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        for lines in chunks(stream, lambda: bool(waiting)):
            if lines is None or len(waiting) > _WAITING:
                text, asked = waiting.popleft().result()
                write(text)
                code = max(code, asked)
            if lines is None:
                continue
            if number > _MANY and processors > 1 and not alone:
                pool = pool or _pool(answer, processors)
                waiting.append(pool.submit(_answer_in_worker, lines, number))
            else:
                text, asked = answer_lines(answer, lines, number)
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


def answer_lines(answer: Answer, lines: list[bytes], number: int) -> Answered:
    """The answers to some lines, of which the first is line `number` of the input."""
    code = 0
    answers: list[str] = []
    for at, line in enumerate(lines, number):
        if not line.strip():
            continue
        identifier: object = None
        found: dict[str, Any]
        try:
            row = json.loads(line.decode("utf-8", "surrogateescape"))
            if not isinstance(row, dict):
                raise BadUsage("a line must be a JSON object.")
            identifier = row.get("id")
            found = decision_json(identifier, answer(row))
        except (ValueError, RecursionError) as error:
            found, code = _not_understood(identifier, f"line {at} is no JSON: {error}"), 2
        except BadUsage as error:
            found, code = _not_understood(identifier, f"line {at}: {error}"), 2
        answers.append(json.dumps(found) + "\n")
    return "".join(answers), code


def _not_understood(identifier: object, error: str) -> dict[str, Any]:
    """An answer of the contract's form, to what was no question."""
    nothing = Decision(UNKNOWN, None, "not-understood")
    return {**decision_json(identifier, nothing), "error": error}


_answer: Answer | None = None


def _pool(answer: Answer, processors: int) -> "ProcessPoolExecutor":
    """Processes that have what answers in memory already, because they are copies of this one."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    global _answer  # noqa: PLW0603 – the way into a forked process
    _answer = answer
    return ProcessPoolExecutor(processors, get_context("fork"), _leave_interrupts)


def _leave_interrupts() -> None:
    """Ctrl-C reaches every process of a terminal: the first one ends the others."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _answer_in_worker(lines: list[bytes], number: int) -> Answered:
    assert _answer is not None
    return answer_lines(_answer, lines, number)
