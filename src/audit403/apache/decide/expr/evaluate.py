"""Evaluates an expression for a request, as httpd does: from the left, with captures, at most twenty levels deep.

Truth: server/util_expr_eval.c. A word may be unknown; a test that hangs on it is an open question.
"""

import re
from collections.abc import Callable

from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.expr.functions import call
from audit403.apache.decide.expr.operators import binary, unary
from audit403.apache.decide.expr.possible import is_never, possible_values
from audit403.apache.decide.expr.shown import field_of
from audit403.apache.decide.expr.variables import variable
from audit403.apache.expr.tree import (
    And,
    Backref,
    Binary,
    Call,
    Compare,
    Concat,
    Condition,
    Constant,
    InCall,
    InWords,
    Match,
    Not,
    Or,
    Text,
    Unary,
    Variable,
    Word,
    written,
)
from audit403.apache.model.ssl import LEGACY_NAMES, SSL, SslConfig
from audit403.core.decision import REASON_STATE, Missing
from audit403.core.open_question import Unknown
from audit403.core.place import Place
from audit403.core.withheld import require_known
from audit403.http.regex import Captured

_DEEPEST = 20
_MOST_CAPTURES = 10
_INTEGER = re.compile(r"[ \t\n\v\f\r]*([+-]?[0-9]+)")
_INT64 = 1 << 63
_EQUAL, _UNEQUAL = ("==", "=", "eq"), ("!=", "ne")
_ORDERS = {
    "==": (0,), "!=": (-1, 1), "<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (0, 1),
    "eq": (0,), "ne": (-1, 1), "lt": (-1,), "le": (-1, 0), "gt": (1,), "ge": (0, 1),
}  # fmt: skip


class EvaluationFailed(Exception):
    """httpd cannot evaluate the expression; the message is its own."""


class Evaluation:
    """One expression on its way. `captured` is what `$1` stands for; None is nothing."""

    def __init__(
        self,
        exchange: Exchange,
        where: Place | None,
        phase: str,
        *,
        of_ssl: bool = False,
        captured: Captured | None = None,
    ) -> None:
        self.exchange = exchange
        self.where = where
        self.phase = phase
        self.of_ssl = of_ssl
        self.captured = captured
        #: What the last pattern with groups was found in.
        self.source: str | None = None
        #: Whether a pattern with groups was tried at all.
        self.has_searched = False
        self._level = 0

    def word(self, node: Word) -> str | Unknown:
        """What a word comes to. Raises EvaluationFailed."""
        self._deeper()
        found: str | Unknown | None
        if isinstance(node, Text):
            found = node.value
        elif isinstance(node, Variable):
            found = variable(self.exchange, node.name)
        elif isinstance(node, Concat):
            found = self._concat(node)
        elif isinstance(node, Call):
            argument = self.word(node.argument)
            found = argument if isinstance(argument, Unknown) else call(self.exchange, node.name, argument)
        else:
            assert isinstance(node, Backref)
            found = self._backref(node.number)
        self._level -= 1
        return "" if found is None else found

    def holds(self, node: Condition) -> bool:
        """Whether a condition holds. Raises EvaluationFailed, and OpenQuestion."""
        self._deeper()
        result = self._of(node)
        self._level -= 1
        return result

    def _of(self, node: Condition) -> bool:
        is_negated = False
        while True:
            if isinstance(node, Constant):
                return node.value != is_negated
            if isinstance(node, Not):
                is_negated = not is_negated
                node = node.inner
            elif isinstance(node, Or | And):
                kind: type[Or] | type[And] = Or if isinstance(node, Or) else And
                decisive = kind is Or
                while isinstance(node, kind):
                    left: Condition = node.left
                    found = not self.holds(left.inner) if isinstance(left, Not) else self.holds(left)
                    if found is decisive:
                        return decisive != is_negated
                    node = node.right
            else:
                return self._test(node) != is_negated

    def _test(self, node: Compare | InWords | InCall | Match | Unary | Binary) -> bool:
        if isinstance(node, Compare):
            return self._compare(node)
        if isinstance(node, Match):
            return self._match(node)
        if isinstance(node, InWords):
            return self._in(node)
        if isinstance(node, InCall):
            return self._ask(f"whether the client's certificate has {written(node.word)} in {written(node.argument)}")
        if isinstance(node, Unary):
            word = self.word(node.word)
            label = f"-{node.name} {written(node.word)}"
            if isinstance(word, Unknown):
                return self._ask_of(word, label)
            return unary(self, node, word, label)
        left, right = self.word(node.left), self.word(node.right)
        label = f"{written(node.left)} -{node.name} {written(node.right)}"
        if isinstance(left, Unknown):
            return self._ask_of(left, label)
        if isinstance(right, Unknown):
            return self._ask_of(right, label)
        return binary(self, node, left, right, label)

    def _compare(self, node: Compare) -> bool:
        left, right = self.word(node.left), self.word(node.right)
        label = f"{written(node.left)} {node.operator} {written(node.right)}"
        if isinstance(left, Unknown):
            known = right
            if isinstance(known, Unknown):
                return self._ask_of(known, label)
            is_unequal = node.operator in _UNEQUAL
            if (is_unequal or node.operator in _EQUAL) and self._is_never(node.left, known):
                self.step(label, is_unequal, field_of(node.left), "equals", known, is_negated=is_unequal)
                return is_unequal
            return self._of_any(node.left, left, label, lambda value: self._compared(node.operator, value, known))
        if isinstance(right, Unknown):
            return self._ask_of(right, label)
        require_known(left, right)
        met = self._compared(node.operator, left, right)
        is_unequal = node.operator in _UNEQUAL
        operator = "equals" if is_unequal or node.operator in _EQUAL else node.operator
        field, value = field_of(node.left), right
        if field is None and isinstance(node.left, Text):
            field, value = field_of(node.right), left
        self.step(label, met, field, operator, value, is_negated=is_unequal)
        return met

    def _compared(self, operator: str, left: str, right: str) -> bool:
        if self.of_ssl:
            order = _ssl_order(left, right)
        elif operator.isalpha():
            order = _order(_number(left), _number(right))
        else:
            order = _order(_bytes(left), _bytes(right))
        return order in _ORDERS[operator]

    def _of_any(self, word: Word, unknown: Unknown, label: str, test: Callable[[str], bool]) -> bool:
        """A test on what is unknown, where all values that it may have give the same answer; else a question."""
        found = {test(value) for value in possible_values(word)}
        if len(found) != 1:
            return self._ask_of(unknown, label)
        met = found.pop()
        self.exchange.step(self.phase, label, self.where, met)
        return met

    def _is_never(self, word: Word, text: str) -> bool:
        """Whether a name of the client's certificate is written in another form than a text."""
        config: SslConfig = self.exchange.config(SSL, SslConfig())
        return LEGACY_NAMES not in config.options.opts and is_never(word, text)

    def _match(self, node: Match) -> bool:
        word = self.word(node.word)
        label = f"{written(node.word)} {'!~' if node.negated else '=~'} /{node.pattern.text}/"
        if isinstance(word, Unknown):
            if node.groups:
                self.captured, self.source, self.has_searched = None, None, True
            pattern = node.pattern
            is_anchored = pattern.text.startswith("^/") and "|" not in pattern.text
            if is_anchored and self._is_never(node.word, pattern.text[1:]):
                self.step(label, node.negated, field_of(node.word), "matches", pattern.text, is_negated=node.negated)
                return node.negated
            return self._of_any(
                node.word, word, label, lambda value: (pattern.search(value) is not None) != node.negated
            )
        found = node.pattern.search(word)
        if node.groups:
            self.captured, self.has_searched = found, True
            self.source = None if found is None else word
        met = (found is not None) != node.negated
        self.step(label, met, field_of(node.word), "matches", node.pattern.text, is_negated=node.negated)
        return met

    def _in(self, node: InWords) -> bool:
        needle = self.word(node.word)
        values = [self.word(word) for word in node.words]
        label = f"{written(node.word)} in {{ {', '.join(map(written, reversed(node.words)))} }}"
        open_one = next((value for value in values if isinstance(value, Unknown)), None)
        if isinstance(needle, Unknown):
            if open_one is not None:
                return self._ask_of(needle, label)
            if all(isinstance(value, str) and self._is_never(node.word, value) for value in values):
                self.step(label, False, field_of(node.word), "one-of", " ".join(map(str, reversed(values))))
                return False
            return self._of_any(node.word, needle, label, lambda value: value in values)
        for value in values:
            if isinstance(value, str) and value != needle:
                require_known(needle, value)
        met = needle in values
        if not met and open_one is not None:
            return self._ask_of(open_one, label)
        known = [value for value in reversed(values) if isinstance(value, str)]
        self.step(label, met, field_of(node.word), "one-of", " ".join(known))
        return met

    def _concat(self, node: Concat) -> str | Unknown:
        """Both words; a chain of them is one level, however long."""
        parts: list[Word] = []
        at: Word = node
        if isinstance(node.left, Concat):
            while isinstance(at, Concat):
                parts.insert(0, at.right)
                at = at.left
            parts.insert(0, at)
        else:
            while isinstance(at, Concat):
                parts.append(at.left)
                at = at.right
            parts.append(at)
        values = [self.word(part) for part in parts]
        known: list[str] = []
        for value in values:
            if isinstance(value, Unknown):
                return value
            known.append(value)
        return "".join(known)

    def _backref(self, number: int) -> str:
        captured = self.captured
        if captured is None or number >= min(len(captured.groups), _MOST_CAPTURES):
            return ""
        return captured.groups[number]

    def _deeper(self) -> None:
        if self._level >= _DEEPEST:
            raise EvaluationFailed("Recursion limit reached")
        self._level += 1

    def step(
        self, label: str, met: bool, field: str | None, operator: str, value: str, *, is_negated: bool = False
    ) -> None:
        """Record a test; one that is written as a negation is recorded as what it negates."""
        if field is None:
            self.exchange.step(self.phase, label, self.where, met)
        else:
            self.exchange.step(self.phase, label, self.where, met != is_negated, field, operator, value)

    def _ask_of(self, unknown: Unknown, label: str) -> bool:
        missing = unknown.missing
        return self._answer(missing._replace(name=f"{missing.name} in {label}"), label)

    def _ask(self, name: str) -> bool:
        return self._answer(Missing(REASON_STATE, name), name)

    def _answer(self, missing: Missing, label: str) -> bool:
        met = self.exchange.ask(missing)
        self.exchange.step(self.phase, label, self.where, met)
        return met


def _number(text: str) -> int:
    """A number as strtoll reads it."""
    found = _INTEGER.match(text)
    return 0 if found is None else max(-_INT64, min(_INT64 - 1, int(found[1])))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _order(left: int | bytes, right: int | bytes) -> int:
    return (left > right) - (left < right)  # type: ignore[operator]


def _ssl_order(left: str, right: str) -> int:
    """As SSLRequire compares: the shorter is less, and of two as long the bytes, which are signed."""
    one, two = _bytes(left), _bytes(right)
    if len(one) != len(two):
        return 1 if len(one) > len(two) else -1
    signed = [[code - 256 if code > 127 else code for code in data] for data in (one, two)]
    return (signed[0] > signed[1]) - (signed[0] < signed[1])
