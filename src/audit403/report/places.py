"""Places, chains and requests as the JSON contracts have them."""

from typing import Any

from audit403.core.place import Because, PathPlace, Place, Span
from audit403.core.request import Request


def place_json(place: Place | None) -> dict[str, Any] | None:
    """A place as JSON."""
    if place is None:
        return None
    if isinstance(place, Span):
        return {
            "file": place.file,
            "line": place.line,
            "column": place.column,
            "end_line": place.end_line,
            "end_column": place.end_column,
        }
    if isinstance(place, PathPlace):
        mode = None if place.mode is None else f"{place.mode:04o}"
        return {"path": place.path, "mode": mode, "owner": place.owner, "group": place.group}
    of = {} if place.policy is None else {"policy": place.policy}
    return {"bucket": place.bucket, "statement": place.statement, **of}


def because_json(because: tuple[Because, ...]) -> list[dict[str, Any]]:
    """A chain as JSON."""
    return [{"where": place_json(link.where), "message": link.message} for link in because]


def request_json(request: Request) -> dict[str, Any]:
    """A request as JSON."""
    return {
        "method": request.method,
        "url": request.url(),
        "client": request.client,
        "headers": dict(request.headers),
        **({} if request.principal is None else {"principal": request.principal}),
    }


def place_text(place: Place) -> str:
    """A place in one line: `file:line:column`, a path with its mode and owner, or a statement."""
    if isinstance(place, Span):
        return f"{place.file}:{place.line}:{place.column}"
    if isinstance(place, PathPlace):
        if place.mode is None:
            return place.path
        return f"{place.path} (mode {place.mode:04o}, {place.owner}:{place.group})"
    if place.policy is None:
        return f"{place.bucket}: statement {place.statement}"
    return f"{place.policy}: {place.statement}"
