"""Edits that let somebody past a test who is not meant by it: a further line of a map, a narrower pattern."""

import re
from collections.abc import Iterable, Iterator

from audit403.core.decision import Decision
from audit403.core.edit import TextEdit
from audit403.core.family import Site
from audit403.core.place import Span
from audit403.http.regex import InvalidRegex, MatchFailed, compile_regex
from audit403.nginx.family import NginxSite
from audit403.nginx.model.map import Map, MapEntry
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


def without(pattern: str, caseless: bool, texts: tuple[str, ...]) -> str | None:
    """A pattern without those of its alternatives that match one of some texts; None where none is left."""
    opening, closing = ("(", ")") if _is_one_group(pattern) else ("", "")
    every = alternatives(pattern[len(opening) : len(pattern) - len(closing)])
    kept = [one for one in every if one and not any(_matches(one, caseless, text) for text in texts)]
    if not kept or len(kept) == len(every):
        return None
    return opening + "|".join(kept) + closing


def _matches(pattern: str, caseless: bool, text: str) -> bool:
    try:
        return compile_regex(pattern, caseless).matches(text)
    except (InvalidRegex, MatchFailed):
        return False


def _is_one_group(pattern: str) -> bool:
    depth = 0
    if not (pattern.startswith("(") and pattern.endswith(")")) or pattern.startswith("(?"):
        return False
    for index, sign in enumerate(pattern):
        depth += (sign == "(") - (sign == ")")
        if depth == 0:
            return index == len(pattern) - 1
    return False


def alternatives(pattern: str) -> list[str]:
    """What stands between the bars of a pattern that lie in no group and no class."""
    found, depth, in_class, start, index = [], 0, False, 0, 0
    while index < len(pattern):
        sign = pattern[index]
        if sign == "\\":
            index += 1
        elif in_class:
            in_class = sign != "]"
        elif sign == "[":
            in_class = True
        elif sign in "()":
            depth += 1 if sign == "(" else -1
        elif sign == "|" and depth == 0:
            found.append(pattern[start:index])
            start = index + 1
        index += 1
    return [*found, pattern[start:]]
