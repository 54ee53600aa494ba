"""The kinds of requests that each refusal hits: what sent them there, why they were asked, for whom they were meant."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from audit403.core.place import Place
from audit403.core.request import Request
from audit403.nginx.explore.places import Start
from audit403.nginx.explore.subject import (
    PURPOSE_EXCEPTION,
    PURPOSE_FILE,
    PURPOSE_LINKED,
    PURPOSE_ORDINARY,
    WAY_ERROR_PAGE,
    WAY_INDEX,
    WAY_REWRITE,
    WAY_TRY_FILES,
    Hit,
    Subject,
)
from audit403.nginx.model.location import Location, every_location
from audit403.nginx.model.server import Server

if TYPE_CHECKING:
    from audit403.nginx.explore.translation import Translation

WAYS = {"content": WAY_INDEX, "try_files": WAY_TRY_FILES, "rewrite": WAY_REWRITE, "error_page": WAY_ERROR_PAGE}
"""What sends a request on, by the phase that does."""
MOST_HITS = 200

Key = tuple[object, ...]
_Kind = tuple[object, ...]


class Hits:
    """Gathers them, of each kind the request that took the fewest proposals."""

    def __init__(self) -> None:
        self._hits: dict[Key, dict[_Kind, tuple[int, Hit]]] = {}

    def note(
        self, key: Key, request: Request, subject: Subject, start: Start, depth: int, sent_on: Place | None
    ) -> None:
        """Take in one refused request; `sent_on` is where it was sent on to what refuses it."""
        hits = self._hits.setdefault(key, {})
        meant = None if start.meant is subject.location else start.meant
        kind = (subject.purpose, sent_on, meant and meant.span(), _telling_part(request, subject.purpose))
        known = hits.get(kind)
        if (known is None and len(hits) < MOST_HITS) or (known is not None and depth < known[0]):
            hit = Hit(request, subject.purpose, subject.way, subject.path, meant, subject.members, start.page)
            hits[kind] = (depth, hit)

    def forget_entered(self, key: Key, has_entered: Callable[[Location], bool]) -> None:
        """Of locations with a pattern keep only those as `meant` that no request has come to."""
        hits = self._hits[key]
        for kind, (depth, hit) in hits.items():
            if hit.meant is not None and hit.meant.regex is not None and has_entered(hit.meant):
                hits[kind] = (depth, hit._replace(meant=None))

    def repeat(self, of_one: Key, key: Key, translation: "Translation", one: Server, other: Server) -> None:
        """Take in for a server block what was gathered for one that is alike."""
        self._hits[key] = {
            kind: (depth, _translated(hit, translation, one, other))
            for kind, (depth, hit) in self._hits[of_one].items()
        }

    def of(self, key: Key) -> tuple[Hit, ...]:
        """Those of a refusal."""
        return tuple(hit for _, hit in self._hits.get(key, {}).values())


def _telling_part(request: Request, purpose: str) -> str:
    """What makes two requests that are asked for the same reason two kinds."""
    if purpose == PURPOSE_FILE:
        return request.target.rpartition(".")[2]
    return request.target if purpose in (PURPOSE_ORDINARY, PURPOSE_EXCEPTION, PURPOSE_LINKED) else ""


def _translated(hit: Hit, translation: "Translation", one: Server, other: Server) -> Hit:
    meant = hit.meant
    if meant is not None:
        pairs = zip(every_location(one.tree), every_location(other.tree), strict=True)
        meant = next(theirs for mine, theirs in pairs if mine is hit.meant)
    return hit._replace(request=translation.request(hit.request), meant=meant)
