"""The kinds of requests that each refusal hits: what sent them there, why they were asked, for whom they were meant."""

from collections.abc import Callable

from audit403.core.place import Place
from audit403.core.request import Request
from audit403.explore.subject import PURPOSE_EXCEPTION, PURPOSE_FILE, PURPOSE_LINKED, PURPOSE_ORDINARY, Hit

MOST_HITS = 200

Key = tuple[object, ...]
_Kind = tuple[object, ...]


class Hits:
    """Gathers them, of each kind the request that took the fewest proposals."""

    def __init__(self) -> None:
        self._hits: dict[Key, dict[_Kind, tuple[int, Hit]]] = {}

    def note(self, key: Key, hit: Hit, depth: int, sent_on: Place | None, meant: Place | None = None) -> None:
        """Take in one refused request; `sent_on` is where it was sent on to what refuses it, `meant` where to."""
        hits = self._hits.setdefault(key, {})
        kind = (hit.purpose, sent_on, meant, _telling_part(hit.request, hit.purpose))
        known = hits.get(kind)
        if (known is None and len(hits) < MOST_HITS) or (known is not None and depth < known[0]):
            hits[kind] = (depth, hit)

    def change(self, key: Key, change: Callable[[Hit], Hit]) -> None:
        """What was gathered of one refusal, each as `change` makes it."""
        self.repeat(key, key, change)

    def repeat(self, of_one: Key, key: Key, change: Callable[[Hit], Hit]) -> None:
        """Take in for a refusal what was gathered for one that is alike."""
        self._hits[key] = {kind: (depth, change(hit)) for kind, (depth, hit) in self._hits[of_one].items()}

    def of(self, key: Key) -> tuple[Hit, ...]:
        """Those of a refusal."""
        return tuple(hit for _, hit in self._hits.get(key, {}).values())


def _telling_part(request: Request, purpose: str) -> str:
    """What makes two requests that are asked for the same reason two kinds."""
    if purpose == PURPOSE_FILE:
        return request.target.rpartition(".")[2]
    return request.target if purpose in (PURPOSE_ORDINARY, PURPOSE_EXCEPTION, PURPOSE_LINKED) else ""
