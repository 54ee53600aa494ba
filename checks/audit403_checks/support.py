"""What the checks of several families need: the finding for a refusal, and edits around directives."""

from collections.abc import Collection, Iterator
from typing import Any, Protocol

from audit403.core.decision import Decision
from audit403.core.edit import TextEdit
from audit403.core.fact import Fact, ReadingFault, Refusal
from audit403.core.finding import ERROR, WARNING, Finding, Fix
from audit403.core.place import ASSUMED, Place, Span
from audit403.core.source import Source
from audit403.explore.subject import Blocked, Hit


class Written(Protocol):
    """A directive of any family's configuration."""

    source: Source
    start: int
    end: int

    @property
    def full_span(self) -> Span:
        """The whole of it, with its block."""


class Refused(Protocol):
    """What every family's subject of a refusal has."""

    @property
    def server(self) -> Any:
        """The server that took the witness."""

    @property
    def purpose(self) -> str:
        """Why it was asked."""

    @property
    def path(self) -> str | None:
        """The file or directory that the witness names."""

    @property
    def hits(self) -> tuple[Hit, ...]:
        """The kinds of requests that are refused here."""

    @property
    def blocking(self) -> tuple[Blocked, ...]:
        """The files or directories of one kind that refuse."""


class Listed(Protocol):
    """What every family's subject of a refused directory has."""

    @property
    def names(self) -> Collection[str]:
        """What lies in the directory."""


def refused_by_any(fact: Fact) -> tuple[Refusal, Refused] | None:
    """The fact as a refusal of any family with its subject, or None when it is something else."""
    return (fact, fact.subject) if isinstance(fact, Refusal) and fact.subject is not None else None


def finding_of(
    rule: str,
    severity: str,
    message: str,
    refusal: Refusal,
    fixes: tuple[Fix, ...],
    *,
    anchor: str = "",
    hit: tuple[Hit, Decision] | None = None,
) -> Finding:
    """The finding for a refusal: witness, chain and log are those of the fact, or of one of its hits.

    What hangs on a line that is only assumed is no error: the server may say something else there.
    """
    request, decision = (refusal.witness, refusal.decision) if hit is None else (hit[0].request, hit[1])
    name = "" if refusal.subject is None else refusal.subject.server.first_name()
    because = refusal.because if hit is None else decision.because
    if severity == ERROR and any(_is_assumed(place) for place in (refusal.where, *(link.where for link in because))):
        severity = WARNING
    return Finding(
        rule,
        severity,
        message,
        refusal.where,
        because,
        request,
        refusal.who,
        decision.status,
        decision.log,
        fixes=fixes,
        anchor=f"{name} {anchor}",
        fact=refusal,
    )


def _is_assumed(place: Place) -> bool:
    return isinstance(place, Span) and place.file == ASSUMED


def told(rule: str, severity: str, fact: Fact) -> Iterator[Finding]:
    """The finding for something in a configuration, in the fact's own words; nothing for any other fact."""
    if isinstance(fact, ReadingFault):
        yield Finding(rule, severity, fact.message, fact.where, status=None, anchor=fact.message, fact=fact)


def insert_before(directive: Written, text: str) -> TextEdit:
    """An edit that puts lines before a directive, each indented like it; on one line with it where others are too."""
    after = _line_break(directive)
    lines = "".join(line + after for line in text.split("\n"))
    return TextEdit(directive.source.path, directive.start, directive.start, lines)


def insert_after(directive: Written, text: str) -> TextEdit:
    """An edit that puts lines behind a directive, each indented like it; on one line with it where others are too."""
    between = _line_break(directive)
    lines = "".join(between + line for line in text.split("\n"))
    return TextEdit(directive.source.path, directive.end, directive.end, lines)


def in_place_of(directive: Written, text: str) -> TextEdit:
    """An edit that puts lines in place of a directive with its block, each indented like it."""
    return replace(directive.full_span, _line_break(directive).join(text.split("\n")))


def remove(directive: Written) -> TextEdit:
    """An edit that takes a directive out, with its line when it stands alone on it."""
    text = directive.source.data
    start, end = directive.start, directive.end
    line_start = text.rfind(b"\n", 0, start) + 1
    line_end = text.find(b"\n", end)
    line_end = len(text) if line_end < 0 else line_end + 1
    if not text[line_start:start].strip() and not text[end:line_end].strip():
        start, end = line_start, line_end
    return TextEdit(directive.source.path, start, end, "")


def replace(span: Span, text: str) -> TextEdit:
    """An edit that replaces a span."""
    return TextEdit(span.file, span.start, span.end, text)


def statement(directive: Written) -> str:
    """The directive as it is written, its further lines without the indentation of the first."""
    text = directive.source.data[directive.start : directive.end].decode("utf-8", "surrogateescape")
    return text.replace(_line_break(directive), "\n") if "\n" in text and is_alone(directive) else text


def is_alone(directive: Written) -> bool:
    """Whether a directive begins its line."""
    return _line_break(directive) != " "


def _line_break(directive: Written) -> str:
    """What parts a directive from the next: a line break and its indentation, or a space where it shares its line."""
    data = directive.source.data
    before = data[data.rfind(b"\n", 0, directive.start) + 1 : directive.start].decode("latin-1")
    return f"\n{before}" if not before.strip() else " "
