"""Requests in which a variable has a wanted value: the way back from `$name` to what a client sends.

A variable that nginx takes from the request is set there (`values`); one that a map, geo or split_clients defines is
followed to its source (`tables`), one that `set` makes to the conditions under which it is set (`flags`), one that a
pattern captures to the text that the pattern matches (`captures`). Whether a request has the wanted effect is for the
evaluator to say: these are proposals.
"""

from collections.abc import Iterator
from itertools import islice

from audit403.core.request import Request
from audit403.explore.wish import Wish, anything, exactly
from audit403.nginx.decide.evaluator import Evaluator
from audit403.nginx.explore.doors import Door
from audit403.nginx.explore.join import ways_apart
from audit403.nginx.explore.point import Point
from audit403.nginx.explore.tables import Tables, of_geo, of_map, of_split
from audit403.nginx.explore.values import Values
from audit403.nginx.model.server import Server
from audit403.nginx.model.split_clients import SplitClients
from audit403.nginx.model.template import TEXT, VARIABLE, Part, Template

_DEEPEST = 6
_MOST_STEPS = 600
_MOST_CHANGES = 3


class Reach:
    """Proposes requests to one server block."""

    def __init__(self, evaluator: Evaluator, tables: Tables, server: Server, doors: list[Door]) -> None:
        self.evaluator = evaluator
        self.model = evaluator.model
        self.tables = tables
        self.server = server
        self.doors = doors
        self.fields = Values(server, doors)
        self._captures: object = None
        self._steps = 0

    def requests(self, at: Point, name: str, wish: Wish) -> Iterator[Request]:
        """Requests like this one in which `$name`, or the capture `$1`, may be what is wanted."""
        self._steps = self._steps + 1 if at.way else 0
        if name in at.way or len(at.way) > _DEEPEST or self._steps > _MOST_STEPS:
            return
        at = at._replace(way=(*at.way, name))
        model = self.model
        if name in model.maps:
            yield from of_map(self, at, model.maps[name], wish)
        elif name in model.geos:
            yield from of_geo(self, at, model.geos[name], wish)
        elif name in model.splits:
            yield from of_split(self, at, model.splits[name], wish)
        elif name in model.assigned or name in model.captured or name.isdigit():
            yield from self._made_on_the_way(at, name, wish)
        elif name == "secure_link":
            from audit403.nginx.explore.links import requests_for as requests_with_links

            yield from requests_with_links(self, at, wish)
        else:
            yield from self.fields.requests(at.request, name, wish)

    def of_template(self, at: Point, template: Template, wish: Wish) -> Iterator[Request]:
        """Requests in which a text with variables may be what is wanted."""
        parts = [part for part in template.parts if part.value or part.kind != TEXT]
        names = [part.value for part in parts if part.kind != TEXT]
        if len(parts) == 1 and names:
            yield from self.requests(at, names[0], wish)
            return
        apart = False
        for texts in ways_apart(parts, wish, lambda part: self._values(at, part)):
            apart = True
            yield from islice(self._all_at_once(at, names, texts), _MOST_CHANGES)
        if not apart:
            for text in wish.texts:
                for name in names:
                    yield from islice(self.requests(at, name, anything(text)), 1)

    def value_of_split(self, request: Request, split: SplitClients) -> str | None:
        """What split_clients gives for a request, as far as its source is known before anything runs."""
        from audit403.nginx.explore.links import expanded
        from audit403.nginx.model.split_clients import part_of

        text = expanded(self, request, split.source, self.server)
        found = None if text is None else part_of(split, text)
        return None if found is None else found[0]

    def _made_on_the_way(self, at: Point, name: str, wish: Wish) -> Iterator[Request]:
        if name in self.model.assigned:
            from audit403.nginx.explore.flags import requests_for

            yield from requests_for(self, at, name, wish)
        if name in self.model.captured or name.isdigit():
            from audit403.nginx.explore.captures import Captures

            if self._captures is None:
                self._captures = Captures(self.model, self.server)
            assert isinstance(self._captures, Captures)
            yield from self._captures.requests(self, at, name, wish)

    def _values(self, at: Point, part: Part) -> tuple[str, ...] | None:
        """The values that a part of a text may have; None where it may be anything."""
        if part.kind != VARIABLE:
            return None
        if part.value in self.model.assigned:
            from audit403.nginx.explore.flags import values_of

            return values_of(at, part.value)
        return self.tables.values(part.value) or self.fields.known(part.value)

    def _all_at_once(self, at: Point, names: list[str], texts: tuple[str, ...]) -> Iterator[Request]:
        if not names:
            yield at.request
            return
        wish = exactly(texts[0], caseless=True)
        for changed in islice(self.requests(at, names[0], wish), _MOST_CHANGES):
            yield from self._all_at_once(at.of(changed), names[1:], texts[1:])
