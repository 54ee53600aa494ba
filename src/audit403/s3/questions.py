"""Requests to S3 out of JSON lines and URLs, and the state that they are decided in (DESIGN.md, fixed contracts)."""

import json
import time
from collections.abc import Callable
from typing import Any

from audit403.core.decision import Decision
from audit403.core.errors import BadUsage
from audit403.core.request import Request
from audit403.s3.decide.evaluator import Evaluator
from audit403.s3.decide.request import REST, WEBSITE, S3Request, context_of
from audit403.s3.model.operators import moment
from audit403.s3.model.world import World
from audit403.s3.way import answered

_KNOWN = frozenset(("id", "action", "resource", "principal", "context", "endpoint", "state", "requester_pays"))
_VERSION = 1
_MOST_STATES = 64


class Questions:
    """Answers for one state, or for those that the lines bring."""

    def __init__(self, state: bytes | None, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._of_lines: dict[str, Evaluator] = {}
        self._evaluator = None if state is None else Evaluator(world_of(_json(state)))

    def answer(self, row: dict[str, Any]) -> Decision:
        """The answer to one line. Raises BadUsage with a sentence about what is wrong."""
        request = request_of(row)
        return self._for(row).decide(request)

    def asked(self, row: dict[str, Any]) -> tuple[Request, Decision]:
        """The answer to one URL, with everything that was considered on the way."""
        at = row.get("at")
        now = self._now() if at is None else moment(str(at))
        if now is None:
            raise BadUsage(f'"{at}" is no moment: 2026-11-23T13:00:00Z would be one.')
        return answered(self._for(row), row, now)

    def _for(self, row: dict[str, Any]) -> Evaluator:
        if "state" in row:
            return self._of_line(row["state"])
        if self._evaluator is None:
            raise BadUsage("there is no state: --state names a file with one, or each line has its own.")
        return self._evaluator

    def _of_line(self, state: Any) -> Evaluator:
        """That of a line's own state; lines that follow one another often have the same."""
        try:
            text = json.dumps(state, separators=(",", ":"))
        except (TypeError, ValueError, RecursionError):
            return Evaluator(world_of(state))
        found = self._of_lines.get(text)
        if found is None:
            if len(self._of_lines) >= _MOST_STATES:
                self._of_lines.clear()
            found = self._of_lines[text] = Evaluator(world_of(state))
        return found


def request_of(row: dict[str, Any]) -> S3Request:
    """The request of one JSON line. Raises BadUsage."""
    for key in row:
        if key not in _KNOWN:
            raise BadUsage(f'the request has the unknown key "{key}"; known are {", ".join(sorted(_KNOWN))}.')
    action, resource, principal = row.get("action"), row.get("resource"), row.get("principal", "anonymous")
    for name, value in (("action", action), ("resource", resource), ("principal", principal)):
        if not isinstance(value, str) or not value:
            raise BadUsage(f"the request's {name} is no text.")
    context = row.get("context") or {}
    if not isinstance(context, dict):
        raise BadUsage("the context must be an object of condition keys and their values.")
    endpoint = row.get("endpoint", REST)
    if endpoint not in (REST, WEBSITE):
        raise BadUsage(f'the endpoint must be "{REST}" or "{WEBSITE}".')
    return S3Request(
        str(action), str(resource), str(principal), context_of(context), endpoint, row.get("requester_pays") is True
    )


def world_of(state: Any) -> World:
    """The world of a state. Raises BadUsage where it is none, or of another version."""
    if not isinstance(state, dict):
        raise BadUsage("the state must be a JSON object.")
    if state.get("version", _VERSION) != _VERSION:
        raise BadUsage(f"the state is of version {state.get('version')!r}; {_VERSION} is known.")
    return World(state)


def _json(data: bytes) -> Any:
    try:
        return json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise BadUsage(f"the state is no JSON: {error}.") from error
