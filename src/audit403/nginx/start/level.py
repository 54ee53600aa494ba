"""One block while it is being read: what nginx keeps in the configuration structures that it makes for it."""

from audit403.nginx.read.tree import Directive

MAIN, EVENTS, HTTP, SERVER, LOCATION, IF, LIMIT_EXCEPT, UPSTREAM = (
    "main", "events", "http", "server", "location", "if", "limit_except", "upstream",
)  # fmt: skip
STREAM, STREAM_SERVER, STREAM_UPSTREAM = "stream", "stream-server", "stream-upstream"


class Level:
    """`given` holds the first directive of every slot that is set here; `noted` what a checker wants to find again.

    `modifier` and `name` are a location's own, and in `if` and `limit_except` those of the location around.
    """

    __slots__ = ("below", "depth", "directive", "given", "kind", "modifier", "name", "noted", "parent")

    def __init__(self, kind: str, directive: Directive | None, parent: "Level | None") -> None:
        self.kind = kind
        self.directive = directive
        self.parent = parent
        self.modifier = ""
        self.name = ""
        self.below: list[Level] = []
        self.given: dict[str, Directive] = {}
        self.noted: dict[str, list[Directive]] = {}
        self.depth = 0
        if parent is not None:
            parent.below.append(self)
            self.depth = parent.depth + 1

    def find(self, slot: str) -> Directive | None:
        """The directive of a slot here or at the nearest level around."""
        level: Level | None = self
        while level is not None:
            found = level.given.get(slot)
            if found is not None:
                return found
            level = level.parent
        return None

    def note(self, what: str, directive: Directive) -> None:
        """Keep a directive that may be repeated."""
        self.noted.setdefault(what, []).append(directive)

    def find_noted(self, what: str) -> list[Directive]:
        """The repeated directives of the nearest level that has any."""
        level: Level | None = self
        while level is not None:
            found = level.noted.get(what)
            if found:
                return found
            level = level.parent
        return []
