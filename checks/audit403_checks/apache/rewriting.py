"""Rules of mod_rewrite: which of them refuses, which have made something else of a request, and edits of them."""

from collections.abc import Iterator

from audit403.apache.explore.subject import Subject
from audit403.apache.model.rewrite import REWRITE, RewriteConfig
from audit403.apache.model.rewrite_rule import OR_NEXT, Condition, Rule, word_spans
from audit403.core.decision import Decision
from audit403.core.edit import TextEdit
from audit403.core.fact import Refusal
from audit403.core.place import Place

_FLAGS = 2
_NAMES = {OR_NEXT: ("or", "ornext")}


def refusing_rule(refusal: Refusal, subject: Subject) -> Rule | None:
    """The RewriteRule that refuses, of the directory or of the server."""
    return rule_at(refusal.where, subject)


def rule_at(where: Place | None, subject: Subject) -> Rule | None:
    """The RewriteRule at a place, of the directory or of the server."""
    server: RewriteConfig | None = subject.server.slots.get(REWRITE)
    rules = [*subject.rewriting.rules, *(() if server is None else server.rules)]
    return next((rule for rule in rules if rule.directive.span == where), None)


def rewritten_by(decision: Decision, subject: Subject) -> Iterator[Rule]:
    """The rules that have put something in place of the URI, in their order."""
    for step in decision.trace:
        if step.field is None and step.value is not None:
            rule = rule_at(step.where, subject)
            if rule is not None:
                yield rule


def with_flag(rule: Rule, flag: str) -> TextEdit:
    """The edit that gives a rule one more flag."""
    spans = word_spans(rule.directive)
    if len(spans) <= _FLAGS:
        return TextEdit(spans[-1].file, spans[-1].end, spans[-1].end, f" [{flag}]")
    start, end = spans[_FLAGS].start, spans[_FLAGS].end
    written = rule.directive.source.data[start:end]
    at = written.find(b"[") + 1
    comma = "," if written[at:].strip(b"]\"' ") else ""
    return TextEdit(spans[_FLAGS].file, start + at, start + at, f"{flag}{comma}")


def without_flag(condition: Condition, flag: str) -> TextEdit:
    """The edit that takes a flag from a condition."""
    spans = word_spans(condition.directive)
    start, end = spans[_FLAGS].start, spans[_FLAGS].end
    written = condition.directive.source.data[start:end].decode("latin-1")
    kept = [one.strip() for one in written.strip("[]\"'").split(",") if one.strip().lower() not in _NAMES[flag]]
    if kept:
        return TextEdit(spans[_FLAGS].file, start, end, f"[{','.join(kept)}]")
    return TextEdit(spans[_FLAGS].file, spans[_FLAGS - 1].end, end, "")


def without_rule_flag(rule: Rule, names: tuple[str, ...]) -> TextEdit | None:
    """The edit that takes a flag from a rule, in whichever form it is written; None where it is not there alone."""
    spans = word_spans(rule.directive)
    if len(spans) <= _FLAGS:
        return None
    start, end = spans[_FLAGS].start, spans[_FLAGS].end
    words = rule.directive.source.data[start:end].decode("latin-1").strip("[]\"'").split(",")
    kept = [one.strip() for one in words if one.strip().lower() not in names]
    return (
        None if len(kept) == len(words) or not kept else TextEdit(spans[_FLAGS].file, start, end, f"[{','.join(kept)}]")
    )
