"""What the expressions of Terraform come to; where something is not known before it is applied, a hole.

Truth: https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md and
https://developer.hashicorp.com/terraform/language/expressions.
"""

import json
import math
import operator
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Span
from audit403.core.source import Source
from audit403.s3.model.holes import OPEN_END
from audit403.s3.read.terraform.syntax import (
    Attribute,
    Binary,
    Call,
    Choice,
    Eaten,
    Expr,
    For,
    If,
    Index,
    Literal,
    Loop,
    Object,
    Part,
    Splat,
    Template,
    Text,
    Tuple,
    Unary,
    Variable,
)
from audit403.s3.read.value import Hole, JsonText, Unordered, Value, plain, text_of

_LONGEST_TEXT = 4_000_000
TEXT_IN_A_STEP = 200
"""So many characters of a text are a step of work."""
_OPERATORS: dict[str, Callable[[float, float], Any]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": math.fmod,
}
_LONGEST_REFERENCE = 70


class NoValue(Exception):
    """An expression that Terraform refuses: an attribute that is not there, a wrong type."""


class TooMuch(Exception):
    """What a configuration comes to is out of all proportion."""


def not_too_long(length: int) -> None:
    """Raises TooMuch for the length of a text, in characters, that no configuration needs."""
    if length > _LONGEST_TEXT:
        raise TooMuch("one of its texts is too long")


class Thing(Protocol):
    """A resource, a module: what has attributes that are worked out when they are asked for."""

    @property
    def text(self) -> str:
        """What stands for it where a text is needed."""
        ...

    def attribute(self, name: str) -> Value:
        """One attribute. Raises NoValue."""
        ...


class Names(Protocol):
    """What a module knows by names that begin with var, local, data, module, or the type of a resource."""

    prefix: str

    def root(self, steps: list[str | Value]) -> tuple[Value, int]:
        """What the first steps of a traversal name, and how many those are. Raises NoValue."""
        ...

    def call(self, name: str, arguments: list[Value], scope: "Scope") -> Any:
        """What a function gives. Raises NoValue."""
        ...

    def eaten(self, where: Span, text: str) -> None:
        """A policy variable that is written as if it were Terraform's own."""
        ...

    def step(self, amount: int = 1) -> None:
        """So much more work. Raises TooMuch."""
        ...


class Scope(NamedTuple):
    """Where an expression stands: its module, its file, and the names that its surroundings give."""

    module: Names
    source: Source
    names: Mapping[str, Value]

    def with_names(self, **names: Value) -> "Scope":
        """The same with more names."""
        return self._replace(names={**self.names, **names})


def evaluate(expr: Expr, scope: Scope) -> Value:
    """The value of an expression, with its place. Raises NoValue."""
    scope.module.step()
    found = _KINDS[type(expr)](expr, scope)
    if isinstance(found, Value):
        keeps_place = found.source is not None and isinstance(found.value, list | dict | str)
        return found if keeps_place else found.at(scope.source, expr.start, expr.end)
    return Value(found, scope.source, expr.start, expr.end)


def known(expr: Expr, scope: Scope) -> Value:
    """The same; what Terraform would refuse is a hole."""
    try:
        return evaluate(expr, scope)
    except NoValue as error:
        return Value(Hole(str(error)), scope.source, expr.start, expr.end)


def combined(name: str, *values: Value) -> Hole:
    """What a function of values that are not known comes to: the same for the same values."""
    inner = ", ".join(shown(value) for value in values)
    text = f"{name}({inner})"
    if len(text) > _LONGEST_REFERENCE:
        text = f"{text[: _LONGEST_REFERENCE - 10]}~{zlib.crc32(text.encode('utf-8', 'replace')):08x}"
    return Hole(text)


def shown(value: Value) -> str:
    """A value in one line."""
    inner = value.value
    if isinstance(inner, Hole):
        return inner.reference
    if isinstance(inner, str):
        return str(inner)
    return json.dumps(plain(value), sort_keys=True, ensure_ascii=False, default=str)


def is_open(value: Value) -> bool:
    """Whether a value, or a part of a text, may still be anything."""
    inner = value.value
    if isinstance(inner, Hole):
        return inner.is_open
    return isinstance(inner, str) and OPEN_END in inner


def attribute(of: Value, name: str) -> Value:
    """What an object has under a name. Raises NoValue."""
    inner = of.value
    if isinstance(inner, Hole):
        return Value(Hole(f"{inner.reference}.{name}"))
    if isinstance(inner, dict):
        if name in inner:
            found: Value = inner[name]
            return found
        raise NoValue(f"no {name}")
    if isinstance(inner, list) and name.isdigit():
        return index(of, Value(int(name)))
    if hasattr(inner, "attribute"):
        return inner.attribute(name)  # type: ignore[no-any-return]
    raise NoValue(f"no {name}")


def index(of: Value, key: Value) -> Value:
    """What a list or an object has at a place. Raises NoValue."""
    inner = of.value
    if isinstance(inner, Hole) or isinstance(key.value, Hole):
        return Value(combined("index", of, key))
    if isinstance(inner, dict) or hasattr(inner, "attribute"):
        return attribute(of, text_of(key) or "")
    if isinstance(inner, list) and not isinstance(inner, Unordered):
        number = key.value if isinstance(key.value, int) else int(key.value) if str(key.value).isdigit() else None
        if number is not None and 0 <= number < len(inner):
            found: Value = inner[number]
            return found
    raise NoValue("no such index")


def elements(of: Value) -> Iterator[tuple[Value, Value]]:
    """Keys and values of what a for goes through. Raises NoValue."""
    if isinstance(of.value, Unordered):
        yield from ((each, each) for each in of.value)
    elif isinstance(of.value, list):
        yield from ((Value(at), each) for at, each in enumerate(of.value))
    elif isinstance(of.value, dict):
        for key in sorted(of.value):
            yield Value(key), of.value[key]
    else:
        raise NoValue("nothing to go through")


def _literal(expr: Literal, scope: Scope) -> Any:
    return expr.value


def _template(expr: Template, scope: Scope) -> Any:
    if len(expr.parts) == 1 and isinstance(expr.parts[0], Expr) and not isinstance(expr.parts[0], Eaten):
        return evaluate(expr.parts[0], scope)
    return text_of_parts(expr.parts, scope, expr.start, expr.end)


def text_of_parts(parts: list[Part], scope: Scope, start: int, end: int) -> Value:
    """The text of a template. Raises NoValue."""
    texts: list[str] = []
    pieces: list[tuple[int, int]] = []
    length = 0
    for text, offset in _pieces(parts, scope):
        texts.append(text)
        pieces.append((length, offset))
        length += len(text)
        not_too_long(length)
    scope.module.step(length // TEXT_IN_A_STEP)
    return Value("".join(texts), scope.source, start, end, tuple(pieces))


def _pieces(parts: list[Part], scope: Scope) -> Iterator[tuple[str, int]]:
    for part in parts:
        if isinstance(part, Text):
            yield part.text, part.offset
        elif isinstance(part, Eaten):
            scope.module.eaten(scope.source.span(part.start, part.end), part.text)
            yield part.text, part.start
        elif isinstance(part, Expr):
            value = evaluate(part, scope)
            text = text_of(value)
            if text is None:
                if value.value is None or isinstance(value.value, list | dict):
                    raise NoValue("no text")
                text = value.value.text
            yield text, part.start
        elif isinstance(part, If):
            condition = evaluate(part.condition, scope)
            if isinstance(condition.value, Hole):
                sides = [text_of_parts(side, scope, 0, 0) for side in (part.then, part.otherwise)]
                yield combined("if", condition, *sides).text, part.condition.start
            else:
                yield from _pieces(part.then if _true(condition) else part.otherwise, scope)
        elif isinstance(part, Loop):
            over = evaluate(part.over, scope)
            if isinstance(over.value, Hole):
                yield combined("for", over).text, part.over.start
                continue
            for key, value in elements(over):
                names = {part.name: value, **({part.key: key} if part.key is not None else {})}
                yield from _pieces(part.parts, scope.with_names(**names))


def _traversal(expr: Expr, scope: Scope) -> Any:
    """A name with what follows it: several steps may name one thing."""
    steps: list[Attribute | Index] = []
    base = expr
    while isinstance(base, Attribute | Index):
        steps.append(base)
        base = base.of
    steps.reverse()
    taken = 0
    if isinstance(base, Variable) and base.name not in scope.names:
        keys: list[str | Value] = [base.name]
        keys += [one.name if isinstance(one, Attribute) else evaluate(one.key, scope) for one in steps]
        value, taken = scope.module.root(keys)
        taken -= 1
    else:
        value = scope.names[base.name] if isinstance(base, Variable) else evaluate(base, scope)
    for one in steps[taken:]:
        value = attribute(value, one.name) if isinstance(one, Attribute) else index(value, evaluate(one.key, scope))
    return value


def _splat(expr: Splat, scope: Scope) -> Any:
    of = evaluate(expr.of, scope)
    if isinstance(of.value, Hole):
        return combined("each", of, Value(_path(expr.each)))
    each = of.value if isinstance(of.value, list) else [] if of.value is None else [of]
    return [evaluate(expr.each, scope.with_names(**{"*": one})) for one in each]


def _path(expr: Expr) -> str:
    if isinstance(expr, Attribute):
        return f"{_path(expr.of)}.{expr.name}"
    return _path(expr.of) if isinstance(expr, Index) else ""


def _call(expr: Call, scope: Scope) -> Any:
    if expr.name in ("try", "can"):
        return _tried(expr, scope)
    arguments = [evaluate(each, scope) for each in expr.arguments]
    if expr.spread and arguments:
        last = arguments.pop()
        if not isinstance(last.value, list):
            return combined(expr.name, *arguments, last)
        arguments += last.value
    return scope.module.call(expr.name, arguments, scope)


def _tried(expr: Call, scope: Scope) -> Any:
    for each in expr.arguments:
        try:
            found = evaluate(each, scope)
        except NoValue:
            continue
        if expr.name == "can":
            return combined("can", found) if isinstance(found.value, Hole) else True
        if isinstance(found.value, Hole) and found.value.is_open:
            return combined("try", found)
        return found
    if expr.name == "can":
        return False
    raise NoValue("try")


def _unary(expr: Unary, scope: Scope) -> Any:
    of = evaluate(expr.of, scope)
    if isinstance(of.value, Hole):
        return combined(expr.operator, of)
    if expr.operator == "!":
        return not _true(of)
    return -number(of)


def _binary(expr: Binary, scope: Scope) -> Any:
    sign = expr.operator
    left = evaluate(expr.left, scope)
    if sign in ("&&", "||"):
        return _logical(sign, left, expr.right, scope)
    right = evaluate(expr.right, scope)
    if sign in ("==", "!="):
        same = equal(left, right)
        return combined(sign, left, right) if same is None else same is (sign == "==")
    if isinstance(left.value, Hole) or isinstance(right.value, Hole):
        return combined(sign, left, right)
    return _computed(sign, number(left), number(right))


def _logical(sign: str, left: Value, right: Expr, scope: Scope) -> Any:
    """Where the left side decides, the right one is not asked, as since Terraform 1.12."""
    deciding = sign == "||"
    if not isinstance(left.value, Hole) and _true(left) is deciding:
        return deciding
    other = evaluate(right, scope)
    sides = [None if isinstance(one.value, Hole) else _true(one) for one in (left, other)]
    if deciding in sides:
        return deciding
    return combined(sign, left, other) if None in sides else not deciding


def _computed(sign: str, left: float, right: float) -> Any:
    if sign in ("/", "%") and right == 0:
        raise NoValue("division by zero")
    found: Any = _OPERATORS[sign](left, right)
    return int(found) if isinstance(found, float) and found.is_integer() and abs(found) < 1e15 else found


def equal(left: Value, right: Value) -> bool | None:
    """Whether two values are the same; None where nobody knows."""
    one, other = plain(left), plain(right)
    if one == other and isinstance(one, bool) == isinstance(other, bool):
        return True
    return None if OPEN_END in f"{one}{other}" else False


def _choice(expr: Choice, scope: Scope) -> Any:
    condition = evaluate(expr.condition, scope)
    if isinstance(condition.value, Hole):
        sides = [known(expr.then, scope), known(expr.otherwise, scope)]
        return sides[0] if plain(sides[0]) == plain(sides[1]) else combined("if", condition, *sides)
    taken, other = (expr.then, expr.otherwise) if _true(condition) else (expr.otherwise, expr.then)
    found = evaluate(taken, scope)
    if isinstance(found.value, bool | int | float) and isinstance(known(other, scope).value, str):
        return text_of(found)  # both sides are of one type
    return found


def _tuple(expr: Tuple, scope: Scope) -> Any:
    return [evaluate(each, scope).at(scope.source, each.start, each.end) for each in expr.items]


def _object(expr: Object, scope: Scope) -> Any:
    found: dict[str, Value] = {}
    for key, value in expr.items:
        name = key.name if isinstance(key, Variable) else text_of(evaluate(key, scope))
        if name is None:
            raise NoValue("a key that is no text")
        found[name] = evaluate(value, scope)
    return found


def _for(expr: For, scope: Scope) -> Any:
    over = evaluate(expr.over, scope)
    if isinstance(over.value, Hole):
        return combined("for", over, Value(f"{scope.module.prefix}{expr.start}"))
    values: list[Value] = []
    by_key: dict[str, Any] = {}
    for key, value in elements(over):
        names = {expr.value_name: value, **({expr.key_name: key} if expr.key_name is not None else {})}
        inner = scope.with_names(**names)
        if expr.condition is not None:
            wanted = evaluate(expr.condition, inner)
            if isinstance(wanted.value, Hole):
                return combined("for", over, wanted, Value(f"{scope.module.prefix}{expr.start}"))
            if not _true(wanted):
                continue
        found = evaluate(expr.value, inner)
        if expr.key is None:
            values.append(found)
            continue
        name = text_of(evaluate(expr.key, inner))
        if name is None:
            raise NoValue("a key that is no text")
        if expr.grouped:
            by_key.setdefault(name, Value([])).value.append(found)
        else:
            by_key[name] = found
    return values if expr.key is None else by_key


def json_text(document: Value) -> JsonText:
    """A value as JSON, that still knows its parts."""
    found = JsonText(as_json(document))
    found.document = document
    return found


def as_json(value: Value) -> str:
    """A value as JSON, in the form in which Go writes it."""
    text = json.dumps(plain(value), ensure_ascii=False, default=str, sort_keys=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _true(value: Value) -> bool:
    if isinstance(value.value, bool):
        return value.value
    if value.value in ("true", "false"):
        return bool(value.value == "true")
    raise NoValue("neither true nor false")


def number(value: Value) -> float:
    """A value as a number. Raises NoValue."""
    if isinstance(value.value, bool) or not isinstance(value.value, int | float | str):
        raise NoValue("no number")
    try:
        return float(value.value) if isinstance(value.value, str) else value.value
    except ValueError:
        raise NoValue("no number") from None


_KINDS: dict[type[Expr], Any] = {
    Literal: _literal,
    Template: _template,
    Eaten: lambda expr, scope: text_of_parts([expr], scope, expr.start, expr.end),
    Variable: _traversal,
    Attribute: _traversal,
    Index: _traversal,
    Splat: _splat,
    Call: _call,
    Unary: _unary,
    Binary: _binary,
    Choice: _choice,
    Tuple: _tuple,
    Object: _object,
    For: _for,
}
