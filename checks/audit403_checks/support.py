"""What several checks need: edits around directives, who would be let in, quoting for the shell."""

from typing import TYPE_CHECKING

from audit403.core.decision import Decision
from audit403.core.edit import TextEdit
from audit403.core.fact import Fact, Refusal
from audit403.core.finding import Finding, Fix
from audit403.core.place import Span
from audit403.explore.subject import MEANT_NAMES, Hit
from audit403.nginx.explore.subject import Subject
from audit403.nginx.model.context import AccessRule, Context
from audit403.nginx.read.tree import Directive

if TYPE_CHECKING:
    from audit403.nginx.model.rewrite_code import If, Instruction


def refusal_of(fact: Fact) -> tuple[Refusal, Subject] | None:
    """The fact as a refusal of nginx with its subject, or None when it is something else."""
    if isinstance(fact, Refusal) and isinstance(fact.subject, Subject):
        return fact, fact.subject
    return None


def own_refusal_of(fact: Fact) -> tuple[Refusal, Subject] | None:
    """The same, but not where a request only strayed into this server block because no other has its name."""
    found = refusal_of(fact)
    return None if found is None or found[1].purpose in MEANT_NAMES else found


def refusing_if(refusal: Refusal, subject: Subject) -> "tuple[tuple[Instruction, ...], If] | None":
    """The `if` in whose body the request was refused, and the code that it is a part of."""
    tests = (step for step in refusal.decision.trace if step.phase == "rewrite" and step.met)
    if not isinstance(refusal.where, Span) or next(tests, None) is None:
        return None
    from audit403.nginx.explore.codes import if_around

    return if_around(subject.server, refusal.where)


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
    """The finding for a refusal: witness, chain and log are those of the fact, or of one of its hits."""
    subject = refusal.subject
    request, decision = (refusal.witness, refusal.decision) if hit is None else (hit[0].request, hit[1])
    name = subject.server.first_name() if isinstance(subject, Subject) else ""
    return Finding(
        rule,
        severity,
        message,
        refusal.where,
        refusal.because if hit is None else decision.because,
        request,
        refusal.who,
        decision.status,
        decision.log,
        fixes=fixes,
        anchor=f"{name} {anchor}",
        fact=refusal,
    )


def insert_before(directive: Directive, text: str) -> TextEdit:
    """An edit that puts lines before a directive, each indented like it; on one line with it where others are too."""
    after = _line_break(directive)
    lines = "".join(line + after for line in text.split("\n"))
    return TextEdit(directive.source.path, directive.start, directive.start, lines)


def insert_after(directive: Directive, text: str) -> TextEdit:
    """An edit that puts lines behind a directive, each indented like it; on one line with it where others are too."""
    between = _line_break(directive)
    lines = "".join(between + line for line in text.split("\n"))
    return TextEdit(directive.source.path, directive.end, directive.end, lines)


def in_place_of(directive: Directive, text: str) -> TextEdit:
    """An edit that puts lines in place of a directive with its block, each indented like it."""
    return replace(directive.full_span, _line_break(directive).join(text.split("\n")))


def remove(directive: Directive) -> TextEdit:
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


def statement(directive: Directive) -> str:
    """The directive as it is written, its further lines without the indentation of the first."""
    text = directive.source.data[directive.start : directive.end].decode("utf-8", "surrogateescape")
    return text.replace(_line_break(directive), "\n") if "\n" in text and is_alone(directive) else text


def is_alone(directive: Directive) -> bool:
    """Whether a directive begins its line."""
    return _line_break(directive) != " "


def _line_break(directive: Directive) -> str:
    """What parts a directive from the next: a line break and its indentation, or a space where it shares its line."""
    data = directive.source.data
    before = data[data.rfind(b"\n", 0, directive.start) + 1 : directive.start].decode("latin-1")
    return f"\n{before}" if not before.strip() else " "


def names_of(rules: list[AccessRule]) -> str:
    """The networks of some rules in words."""
    names = [rule.directive.args[0] for rule in rules]
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")


def deciding_level(context: Context) -> Context:
    """The level whose allow/deny list is in effect in a context."""
    level = context
    while level.parent is not None and not ({"allow", "deny"} & level.own.keys()):
        level = level.parent
    return level
