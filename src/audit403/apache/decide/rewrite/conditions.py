"""RewriteCond: whether a condition holds, and what its pattern captures.

Truth: apply_rewrite_cond in modules/mappers/mod_rewrite.c.
"""

from audit403.apache.decide import unseen
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.expression import evaluated
from audit403.apache.decide.rewrite.context import Context
from audit403.apache.decide.rewrite.expand import expand
from audit403.apache.decide.rewrite.variables import field_of
from audit403.apache.decide.subrequests import look_up_file, look_up_uri
from audit403.apache.model.rewrite_rule import (
    DIRECTORY,
    EXECUTABLE,
    EXPRESSION,
    FILE,
    INTEGER_TESTS,
    LINK,
    LOOK_UP_FILE,
    LOOK_UP_URL,
    NO_CASE,
    OR_NEXT,
    REGEX,
    SIZE,
    TEXT_TESTS,
    Condition,
    Rule,
    integer,
)
from audit403.core.decision import Step
from audit403.core.open_question import Undecided, Unknown
from audit403.core.place import Place
from audit403.core.withheld import require_known

_MANY = 16
_MOST_KEPT = 20_000
_FILE_OPERATORS = {
    FILE: "is-file", SIZE: "has-content", LINK: "is-link", DIRECTORY: "is-directory", EXECUTABLE: "is-executable",
}  # fmt: skip


def all_hold(rule: Rule, context: Context) -> bool:
    """Whether the conditions of a rule hold; one with [OR] needs not where one after it does."""
    conditions = rule.conditions
    if len(conditions) > _MANY:
        _note_alike(rule, context.exchange.evaluator.alike)
    context.subject = None
    index = 0
    while index < len(conditions):
        condition = conditions[index]
        met = _holds(condition, context)
        if OR_NEXT in condition.flags:
            if met:
                while index < len(conditions) and OR_NEXT in conditions[index].flags:
                    index += 1
        elif not met:
            return False
        index += 1
    return True


def _note_alike(rule: Rule, alike: dict[Place, object]) -> None:
    """Alternatives that look at the same are alike, and so are exceptions."""
    if rule.conditions[0].directive.span not in alike:
        for condition in rule.conditions:
            is_one_of_many = OR_NEXT in condition.flags or condition.negated
            alike[condition.directive.span] = (
                (rule.directive.span, condition.subject, condition.negated) if is_one_of_many else condition
            )


def _holds(condition: Condition, context: Context) -> bool:
    if condition.kind == EXPRESSION:
        return _expression(condition, context)
    subject = _subject(condition.subject, context)
    where = condition.directive.span
    if isinstance(subject, Unknown):
        missing = subject.missing._replace(name=f"{subject.missing.name} in the RewriteCond at line {where.line}")
        found = context.exchange.ask(missing)
        if found and condition.kind == REGEX and not condition.negated:
            context.by_condition = subject
        _told(condition, context, found != condition.negated, subject.missing.name)
        return found != condition.negated
    found = _test(condition, context, subject)
    _told(condition, context, found != condition.negated, subject)
    return found != condition.negated


def _subject(text: str, context: Context) -> str | Unknown:
    """What a condition looks at; a variable of the request is the same for each of a rule's conditions on it."""
    if context.subject is not None and context.subject[0] == text:
        return context.subject[1]
    found = expand(text, context)
    is_one_variable = text.startswith("%{") and text.find("}") == len(text) - 1
    if is_one_variable and ":" not in text and not text.startswith("%{TIME"):
        context.subject = (text, found)
    return found


def _test(condition: Condition, context: Context, subject: str) -> bool:
    """The test itself, before a `!` turns it round."""
    if condition.kind == REGEX:
        assert condition.pattern is not None
        captured = condition.pattern.search(subject)
        if captured is not None and not condition.negated:
            context.by_condition = captured
        return captured is not None
    if condition.kind in TEXT_TESTS:
        require_known(subject, condition.text)
        return _compared(condition, subject)
    if condition.kind in INTEGER_TESTS:
        return _numbers(condition.kind, integer(subject), integer(condition.text))
    exchange = context.exchange
    if condition.kind in (LOOK_UP_URL, LOOK_UP_FILE):
        return _looked_up(condition, context, subject)
    return _is(exchange, condition.kind, subject)


def _told(condition: Condition, context: Context, holds: bool, subject: str) -> None:
    evaluator = context.exchange.evaluator
    known: dict[tuple[int, str, bool], tuple[Condition, Step]]
    known = evaluator.kept.setdefault(f"conditions-{context.phase}", {})
    key = (id(condition), subject, holds)
    kept = known.get(key)
    if kept is None or kept[0] is not condition:
        if len(known) >= _MOST_KEPT:
            known.clear()
        kept = known[key] = (condition, _step(condition, context.phase, holds, subject))
    context.exchange.steps.append(kept[1])


def _step(condition: Condition, phase: str, holds: bool, subject: str) -> Step:
    directive = condition.directive
    sign = "!" if condition.negated else ""
    field, operator, value = field_of(condition.subject), condition.kind, condition.text
    if condition.kind == REGEX:
        operator = sign + ("~*" if NO_CASE in condition.flags else "~")
    elif condition.kind in _FILE_OPERATORS:
        field, operator, value = f"file:{subject}", _FILE_OPERATORS[condition.kind], ""
    elif condition.kind == "=":
        operator = "differs" if sign else "equals"
    else:
        operator = sign + condition.kind
    text = f'{directive.written} {directive.raw.strip()}: {"met" if holds else "not met"} ("{subject}")'
    return Step(phase, text, directive.span, holds, field, operator, value or None)


def _compared(condition: Condition, subject: str) -> bool:
    """Texts: with [NC] as strcasecmp orders them, otherwise the shorter one comes first."""
    left, right = _bytes(subject), _bytes(condition.text)
    if NO_CASE in condition.flags:
        left, right = left.lower(), right.lower()
    elif condition.kind != "=":
        return _numbers_of(condition.kind, (len(left), left), (len(right), right))
    if condition.kind == "=":
        return left == right
    return _numbers_of(condition.kind, (0, left), (0, right))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _numbers_of(operator: str, left: tuple[int, bytes], right: tuple[int, bytes]) -> bool:
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[operator]


def _numbers(operator: str, left: int, right: int) -> bool:
    return {
        "-lt": left < right, "-le": left <= right, "-gt": left > right, "-ge": left >= right, "-eq": left == right,
    }[operator]  # fmt: skip


def _is(exchange: Exchange, kind: str, path: str) -> bool:
    """A test of the file system."""
    files = exchange.evaluator.files()
    if not path:
        return False
    try:
        seen = files.lstat(path) if kind == LINK else files.stat(path)
    except Undecided:
        return _unseen(exchange, kind, path)
    if seen.errno or seen.entry is None:
        return False
    if kind == LINK:
        return seen.is_link
    if kind == DIRECTORY:
        return seen.is_directory
    if kind == EXECUTABLE:
        return bool(seen.entry.mode & 0o111)
    return seen.is_file and (kind == FILE or exchange.evaluator.files().size(seen) > 0)


def _unseen(exchange: Exchange, kind: str, path: str) -> bool:
    if kind == LINK:
        return unseen.is_link(exchange, path)
    if kind == EXECUTABLE:
        return unseen.is_there(exchange, path)
    return (unseen.is_directory if kind == DIRECTORY else unseen.is_file)(exchange, path)


def _looked_up(condition: Condition, context: Context, subject: str) -> bool:
    if not subject or not context.looks_ahead:
        return False
    exchange = context.exchange
    if condition.kind == LOOK_UP_URL:
        return look_up_uri(exchange, subject).status < 400
    inner = look_up_file(exchange, subject)
    return inner.status < 300 and not exchange.evaluator.files().stat(inner.filename or "/").errno


def _expression(condition: Condition, context: Context) -> bool:
    directive = condition.directive
    result = evaluated(context.exchange, condition.text, directive.span, context.phase)
    found = result.met is True
    if found and not condition.negated:
        context.by_condition = result.captured
    holds = found != condition.negated
    text = f"{directive.written} {directive.raw.strip()}: {'met' if holds else 'not met'}"
    context.exchange.step(context.phase, text, directive.span, holds, "expression", "holds", condition.text)
    return holds
