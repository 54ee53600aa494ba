"""Edits that let somebody past a test who is not meant by it: a further line of a map, a narrower pattern."""

import re
from collections.abc import Iterable, Iterator

from audit403.core.decision import Decision
from audit403.core.edit import TextEdit
from audit403.core.family import Site
from audit403.core.place import Span
from audit403.nginx.family import NginxSite
from audit403.nginx.model.map import Map, MapEntry
from audit403_checks.alternatives import without
from audit403_checks.support import insert_after, insert_before, replace

_PATTERN = r"\s+(?P<operator>!?~\*?)\s+(?P<quote>[\"']?)(?P<pattern>.*)(?P=quote)\s*\)"


def maps_of(site: Site, decision: Decision, variable: str) -> Iterator[Map]:
    """The maps of a variable that had a say in a decision."""
    if not isinstance(site, NginxSite):
        return
    asked = {step.where for step in decision.trace if step.operator == "map"}
    for definition in site.model.maps.values():
        if definition.source.source == variable and any(
            entry.directive is not None and entry.directive.span in asked for entry in entries_of(definition)
        ):
            yield definition


def entries_of(definition: Map) -> Iterator[MapEntry]:
    """Every line of a map with a place of its own, the default last."""
    yield from definition.table.exact.values()
    yield from (entry for _, entry in definition.regexes)
    if definition.default.directive is not None:
        yield definition.default


def mapped_too(definition: Map, key: str, like: MapEntry | None = None) -> tuple[TextEdit, ...]:
    """A further line of a map with the value of another one; None: of the first that differs from the default."""
    others = [entry for entry in entries_of(definition) if entry.directive is not None]
    own = next((entry for entry in others if entry.value.source != definition.default.value.source), None)
    like = like or own
    if like is None or not others:
        return ()
    value = like.value.source or '""'
    patterns = [entry for _, entry in definition.regexes if entry.directive is not None]
    first = patterns[0].directive if patterns and key.lstrip("\"'").startswith("~") else None
    last = others[-1].directive
    assert last is not None
    line = f"{key} {value};"
    return (insert_before(first, line) if first is not None else insert_after(last, line),)


def mapped_otherwise(entry: MapEntry, value: str) -> tuple[TextEdit, ...]:
    """Another value for a line of a map."""
    return () if entry.directive is None else (replace(entry.directive.arg_span(0), value or '""'),)


class TestedPattern:
    """The pattern of an `if ($variable ~ pattern)`, with its place."""

    def __init__(self, site: Site, where: Span, variable: str) -> None:
        head = (site.source(where.file) or b"")[where.start : where.end].decode("latin-1")
        found = re.search(re.escape(variable) + _PATTERN, head)
        self.pattern = found["pattern"] if found else ""
        self.caseless = bool(found) and found["operator"].endswith("*")  # type: ignore[index]
        self.negated = bool(found) and found["operator"].startswith("!")  # type: ignore[index]
        start = where.start + (found.start("pattern") if found else 0)
        self._place = (where.file, start, start + len(self.pattern))

    def written(self, pattern: str) -> tuple[TextEdit, ...]:
        """The edit that puts another pattern in its place."""
        return (TextEdit(*self._place, pattern),) if self.pattern else ()

    def without(self, texts: Iterable[str]) -> str | None:
        """The pattern without those of its alternatives that match one of some texts; None where none is left."""
        return without(self.pattern, self.caseless, tuple(texts))

    def except_for(self, word: str) -> str:
        """The pattern where it does not take what a word stands in."""
        return f"^(?!.*{word}).*(?:{self.pattern})"
