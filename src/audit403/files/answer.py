"""The batch contract of `audit403 reach`: one JSON object in, one out, in order.

A line that cannot be understood is answered too, with the reason in `error`; the lines after it are not affected.
"""

from collections.abc import Iterable, Iterator
from errno import errorcode
from json import dumps, loads
from typing import Any

from audit403.core.place import PathPlace
from audit403.evidence.interface import Evidence
from audit403.files.explain import ACCESSES, resolve
from audit403.files.identity import identity_of_ids
from audit403.files.resolve import Resolution, Resolver, place_of

VERDICT_ALLOWED, VERDICT_DENIED, VERDICT_UNKNOWN = "allowed", "denied", "unknown"

# The largest id; one more is the -1 of chown(2), "leave it".
_LARGEST_ID = 2**32 - 2
_KEPT_RESOLVERS = 1000


class _MalformedError(Exception):
    """The line is no question; the text says why in one sentence."""


def answer_lines(evidence: Evidence, lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """The answer to each line that is not blank."""
    resolvers: dict[tuple[int, int, tuple[int, ...]], Resolver] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        identifier = None
        try:
            question = _parsed(line)
            identifier = question.get("id")
            path, access = _path(question), _access(question)
            credentials = (_id(question, "uid"), _id(question, "gid"), _groups(question))
        except _MalformedError as error:
            yield {
                "id": identifier,
                "verdict": VERDICT_UNKNOWN,
                "errno": None,
                "where": None,
                "error": f"Line {number}: {error}",
            }
            continue
        resolver = resolvers.get(credentials)
        if resolver is None:
            if len(resolvers) >= _KEPT_RESOLVERS:
                resolvers.clear()
            uid, gid, groups = credentials
            resolver = resolvers[credentials] = Resolver(evidence, identity_of_ids(uid, gid, frozenset(groups)))
        yield {"id": identifier, **answer(evidence, resolve(resolver, path, access))}


def answer(evidence: Evidence, resolution: Resolution) -> dict[str, Any]:
    """The resolution as the contract words it; `missing` is there only when something was not collected."""
    where = place_of(evidence, resolution.path, resolution.entry)
    if resolution.missing is not None:
        missing = {"reason": resolution.missing.reason, "name": resolution.missing.name}
        return {"verdict": VERDICT_UNKNOWN, "errno": None, "where": _place(where), "missing": [missing]}
    if resolution.errno:
        return {"verdict": VERDICT_DENIED, "errno": errno_name(resolution.errno), "where": _place(where)}
    return {"verdict": VERDICT_ALLOWED, "errno": "OK", "where": _place(where)}


def errno_name(errno: int) -> str:
    """The symbol of an error number, such as EACCES."""
    return errorcode.get(errno, str(errno))


def json_line(value: dict[str, Any], indent: int | None = None) -> str:
    """The JSON in ASCII, so that a name which is not UTF-8 survives; in one line where nothing is indented."""
    return dumps(value, indent=indent, separators=(",", ":") if indent is None else None)


def _place(place: PathPlace) -> dict[str, str | None]:
    mode = None if place.mode is None else f"{place.mode:04o}"
    return {"path": place.path, "mode": mode, "owner": place.owner, "group": place.group}


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        question = loads(line.decode("utf-8", "surrogateescape"))
    except (ValueError, RecursionError):
        raise _MalformedError("it is not JSON.") from None
    if not isinstance(question, dict):
        raise _MalformedError("it is not a JSON object.")
    return question


def _path(question: dict[str, Any]) -> str:
    path = question.get("path")
    if not isinstance(path, str):
        raise _MalformedError('"path" must be a string.')
    if path and not path.startswith("/"):
        raise _MalformedError('"path" must be absolute.')
    try:
        encoded = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        encoded = b"\0"
    if b"\0" in encoded:
        raise _MalformedError('"path" has a character that no file name can have.')
    return path


def _access(question: dict[str, Any]) -> str:
    access = question.get("access", "read")
    if access not in ACCESSES:
        raise _MalformedError('"access" must be "read", "list" or "search".')
    return str(access)


def _id(question: dict[str, Any], key: str) -> int:
    if not _is_id(question.get(key)):
        raise _MalformedError(f'"{key}" must be a number from 0 to {_LARGEST_ID}.')
    return int(question[key])


def _groups(question: dict[str, Any]) -> tuple[int, ...]:
    groups = question.get("groups", [])
    if not isinstance(groups, list) or not all(_is_id(group) for group in groups):
        raise _MalformedError(f'"groups" must be a list of numbers from 0 to {_LARGEST_ID}.')
    return tuple(groups)


def _is_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST_ID
