"""Lines of mod_setenvif that look at the same value, one behind the other: lists of robots have thousands of them.

What they find in a value is kept, and the steps of those that find nothing are made once.
"""

from itertools import groupby

from audit403.apache.decide.exchange import Exchange
from audit403.apache.model.setenvif import Entry
from audit403.core.decision import Step
from audit403.http.regex import Captured

_KEPT = 512
_MANY = 16
_FIELDS = {"remote_addr": "client", "request_uri": "uri", "request_method": "method", "remote_host": "client-host"}

Found = tuple[tuple[int, Captured | None], ...]


class Run:
    """Lines with the same name, or one with an expression."""

    def __init__(self, entries: tuple[Entry, ...]) -> None:
        self.entries = entries
        #: Its step for each line, as it is when the line finds nothing.
        self.not_met = [] if entries[0].expression is not None else [step_of(entry) for entry in entries]
        self._known: dict[str, Found] = {}

    def found(self, value: str) -> Found:
        """Which lines find something in a value, and what their patterns capture."""
        known = self._known.get(value)
        if known is None:
            if len(self._known) >= _KEPT:
                self._known.clear()
            known = self._known[value] = self._searched(value)
        return known

    def _searched(self, value: str) -> Found:
        low = value.lower()
        found: list[tuple[int, Captured | None]] = []
        for index, entry in enumerate(self.entries):
            if entry.plain is not None:
                if entry.plain.lower() in low if entry.caseless else entry.plain in value:
                    found.append((index, None))
                continue
            assert entry.pattern is not None
            captured = entry.pattern.search_once(value)
            if captured is not None:
                found.append((index, captured))
        return tuple(found)


def runs_of(exchange: Exchange, entries: tuple[Entry, ...]) -> list[Run]:
    """The runs of a list of lines."""
    kept: dict[int, tuple[tuple[Entry, ...], list[Run]]] = exchange.evaluator.kept.setdefault("setenvif-lists", {})
    known = kept.get(id(entries))
    if known is None:
        if len(kept) >= _KEPT:
            kept.clear()
        # The list is kept with its runs, so that no other can have its address.
        known = kept[id(entries)] = (entries, _runs(exchange, entries))
    return known[1]


def _runs(exchange: Exchange, entries: tuple[Entry, ...]) -> list[Run]:
    kept: dict[tuple[int, ...], Run] = exchange.evaluator.kept.setdefault("setenvif-runs", {})
    found: list[Run] = []
    for _, group in groupby(entries, key=lambda entry: id(entry) if entry.name is None else id(entry.name)):
        lines = tuple(group)
        key = tuple(map(id, lines))
        known = kept.get(key)
        if known is None:
            if len(kept) >= _KEPT:
                kept.clear()
            known = kept[key] = Run(lines)
            if len(lines) > _MANY:
                exchange.evaluator.alike.update((line.directive.span, (id(known), line.features)) for line in lines)
        found.append(known)
    return found


def step_of(entry: Entry) -> Step:
    """The step for a line that finds nothing."""
    assert entry.name is not None
    label = f"{entry.directive.written} {entry.name.text} {entry.regex}"
    low = entry.name.text.lower()
    field = _FIELDS.get(low, f"header:{low}")
    return Step("env", label, entry.directive.span, False, field, "matches", entry.regex)
