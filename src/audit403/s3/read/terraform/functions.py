"""Terraform's functions, as far as names, policies and switches are made with them; any other comes to a hole.

Truth: https://developer.hashicorp.com/terraform/language/functions.
"""

import re
from collections.abc import Callable
from typing import Any

from audit403.core.source import Source
from audit403.s3.read.json_tree import Members, Node, NoJson, read_json
from audit403.s3.read.terraform.evaluate import NoValue, combined, index, json_text
from audit403.s3.read.value import Hole, JsonText, Value, plain, text_of

_MOST_RANGE = 10_000
_VERB = re.compile(r"%(?:(%)|([sdvtq]))")
#: Given something that is not known, these still know what they give.
_TAKE_HOLES = frozenset(("concat", "compact", "coalesce", "flatten", "merge", "jsonencode", "join", "format", "lookup"))
_TAKE_HOLES |= frozenset(("tolist", "toset", "tostring", "sensitive", "nonsensitive", "zipmap", "distinct", "length"))


def called(name: str, arguments: list[Value]) -> Any:
    """What a function gives. Raises NoValue."""
    function = _FUNCTIONS.get(name.removeprefix("core::"))
    if function is None:
        return combined(name, *arguments)
    if name not in _TAKE_HOLES and any(isinstance(one.value, Hole) for one in arguments):
        return combined(name, *arguments)
    try:
        found = function(*arguments)
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError):
        raise NoValue(name) from None
    return combined(name, *arguments) if found is NotImplemented else found


def _items(value: Value) -> list[Value]:
    if not isinstance(value.value, list):
        raise NoValue("no list")
    return value.value


def _text(value: Value) -> str:
    text = text_of(value)
    if text is None:
        raise NoValue("no text")
    return text


def _members(value: Value) -> dict[str, Value]:
    if not isinstance(value.value, dict):
        raise NoValue("no object")
    return value.value


def _concat(*lists: Value) -> Any:
    if any(isinstance(one.value, Hole) for one in lists):
        # What is known of it is known; what is not stands for all that may be there.
        return [each for one in lists for each in ([one] if isinstance(one.value, Hole) else _items(one))]
    return [each for one in lists for each in _items(one)]


def _compact(values: Value) -> Any:
    if isinstance(values.value, Hole):
        return NotImplemented
    return [one for one in _items(values) if one.value not in (None, "")]


def _coalesce(*values: Value) -> Any:
    for one in values:
        if isinstance(one.value, Hole):
            return combined("coalesce", *values)
        if one.value not in (None, ""):
            return one
    raise NoValue("coalesce")


def _flatten(values: Value) -> Any:
    if isinstance(values.value, Hole):
        return NotImplemented
    found: list[Value] = []
    for one in _items(values):
        found += _flatten(one) if isinstance(one.value, list) else [one]
    return found


def _merge(*objects: Value) -> Any:
    if any(isinstance(one.value, Hole) for one in objects):
        return NotImplemented
    found: dict[str, Value] = {}
    for one in objects:
        if one.value is not None:
            found.update(_members(one))
    return found


def _join(by: Value, values: Value) -> Any:
    if isinstance(values.value, Hole) or isinstance(by.value, Hole):
        return NotImplemented
    return _text(by).join(_text(one) for one in _items(values))


def _format(pattern: Value, *values: Value) -> Any:
    if isinstance(pattern.value, Hole):
        return NotImplemented
    left = iter(values)

    def replaced(found: "re.Match[str]") -> str:
        if found[1]:
            return "%"
        text = _text(next(left))
        return f'"{text}"' if found[2] == "q" else text

    text = _text(pattern)
    if "%" in _VERB.sub("", text):
        return NotImplemented
    try:
        return _VERB.sub(replaced, text)
    except StopIteration:
        raise NoValue("format") from None


def _formatlist(pattern: Value, *values: Value) -> Any:
    count = max((len(one.value) for one in values if isinstance(one.value, list)), default=1)
    return [
        Value(_format(pattern, *[one.value[number] if isinstance(one.value, list) else one for one in values]))
        for number in range(count)
    ]


def _replace(text: Value, what: Value, by: Value) -> Any:
    pattern = _text(what)
    if len(pattern) > 1 and pattern.startswith("/") and pattern.endswith("/"):
        return NotImplemented
    return _text(text).replace(pattern, _text(by))


def _lookup(of: Value, key: Value, *default: Value) -> Any:
    if isinstance(of.value, Hole) or isinstance(key.value, Hole):
        return NotImplemented
    found = _members(of).get(_text(key))
    if found is None and not default:
        raise NoValue("lookup")
    return found if found is not None else default[0]


def _element(of: Value, at: Value) -> Any:
    items = _items(of)
    return items[int(at.value) % len(items)]


def _contains(of: Value, what: Value) -> Any:
    wanted = plain(what)
    every = [plain(one) for one in _items(of)]
    if wanted in every:
        return True
    return NotImplemented if any(isinstance(one, str) and "…⟩" in one for one in (wanted, *every)) else False


def _distinct(of: Value) -> Any:
    if isinstance(of.value, Hole):
        return NotImplemented
    found: dict[str, Value] = {}
    for one in _items(of):
        found.setdefault(repr(plain(one)), one)
    return list(found.values())


def _length(of: Value) -> Any:
    if isinstance(of.value, Hole) or (isinstance(of.value, list) and any(isinstance(o.value, Hole) for o in of.value)):
        return NotImplemented
    if isinstance(of.value, str) and "⟩" in of.value:
        return NotImplemented
    return len(of.value)


def _jsondecode(text: Value) -> Any:
    if isinstance(text.value, JsonText):
        return text.value.document
    source = Source("", _text(text).encode("utf-8", "surrogatepass"))
    try:
        return _of_node(read_json(source))
    except NoJson:
        raise NoValue("jsondecode") from None


def json_value(text: Value) -> Value | None:
    """The value of a text that is JSON; None where it is none."""
    try:
        found = None if text.is_hole else _jsondecode(text)
    except NoValue:
        return None
    return found if isinstance(found, Value) else None


def _of_node(node: Node) -> Value:
    if isinstance(node.value, Members):
        return Value({member.key: _of_node(member.node) for member in node.value})
    return Value([_of_node(each) for each in node.value] if isinstance(node.value, list) else node.value)


def _slice(of: Value, start: Value, end: Value) -> Any:
    return _items(of)[int(start.value) : int(end.value)]


def _range(*numbers: Value) -> Any:
    found = range(*[int(one.value) for one in numbers])
    if len(found) > _MOST_RANGE:
        raise NoValue("range")
    return [Value(number) for number in found]


def _setproduct(*lists: Value) -> Any:
    found: list[list[Value]] = [[]]
    for one in lists:
        found = [[*row, each] for row in found for each in _items(one)]
        if len(found) > _MOST_RANGE:
            raise NoValue("setproduct")
    return [Value(row) for row in found]


def _zipmap(keys: Value, values: Value) -> Any:
    if isinstance(keys.value, Hole) or isinstance(values.value, Hole):
        return NotImplemented
    return {_text(key): value for key, value in zip(_items(keys), _items(values), strict=True)}


def _tobool(value: Value) -> Any:
    return {"true": True, "false": False}.get(value.value, value.value) if isinstance(value.value, str) else value


def _tonumber(value: Value) -> Any:
    if not isinstance(value.value, str):
        return value
    number = float(value.value)
    return int(number) if number.is_integer() else number


def _of_set(value: Value) -> Any:
    if isinstance(value.value, Hole):
        return NotImplemented
    return _distinct(value) if isinstance(value.value, list) else list(_members(value).values())


def _one(value: Value) -> Any:
    items = _items(value)
    if len(items) > 1:
        raise NoValue("one")
    return items[0] if items else None


def _substr(text: Value, offset: Value, length: Value) -> Any:
    whole = _text(text)
    if "⟨" in whole:
        return NotImplemented
    start = int(offset.value) + (len(whole) if int(offset.value) < 0 else 0)
    return whole[start:] if int(length.value) < 0 else whole[start : start + int(length.value)]


def _on_text(change: Callable[[str], Any]) -> Callable[[Value], Any]:
    """Of a text with a hole in it the outcome is not known: a hole is no text of its own."""
    return lambda value: NotImplemented if "⟨" in _text(value) else change(_text(value))


def _on_two(change: Callable[[str, str], Any]) -> Callable[[Value, Value], Any]:
    def changed(one: Value, other: Value) -> Any:
        return NotImplemented if "⟨" in _text(one) else change(_text(one), _text(other))

    return changed


def _same(value: Value) -> Any:
    return value


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "alltrue": lambda value: all(one.value in (True, "true") for one in _items(value)),
    "anytrue": lambda value: any(one.value in (True, "true") for one in _items(value)),
    "basename": _on_text(lambda text: text.rpartition("/")[2]),
    "chomp": lambda value: _text(value).rstrip("\r\n"),
    "coalesce": _coalesce,
    "coalescelist": lambda *lists: next(one for one in lists if _items(one)),
    "compact": _compact,
    "concat": _concat,
    "contains": _contains,
    "dirname": _on_text(lambda text: text.rpartition("/")[0] or "."),
    "distinct": _distinct,
    "element": _element,
    "endswith": _on_two(lambda text, end: text.endswith(end)),
    "flatten": _flatten,
    "format": _format,
    "formatlist": _formatlist,
    "index": lambda of, what: [plain(one) for one in _items(of)].index(plain(what)),
    "join": _join,
    "jsondecode": _jsondecode,
    "jsonencode": json_text,
    "keys": lambda value: [Value(key) for key in sorted(_members(value))],
    "length": _length,
    "lookup": _lookup,
    "lower": _on_text(str.lower),
    "max": lambda *values: max(one.value for one in values),
    "merge": _merge,
    "min": lambda *values: min(one.value for one in values),
    "nonsensitive": _same,
    "one": _one,
    "range": _range,
    "replace": _replace,
    "reverse": lambda value: _items(value)[::-1],
    "sensitive": _same,
    "setproduct": _setproduct,
    "setunion": lambda *lists: _distinct(Value(_concat(*lists))),
    "slice": _slice,
    "sort": lambda value: [Value(text) for text in sorted(_text(one) for one in _items(value))],
    "split": lambda by, text: [Value(one) for one in _text(text).split(_text(by))],
    "startswith": _on_two(lambda text, start: text.startswith(start)),
    "strcontains": _on_two(lambda text, what: what in text),
    "substr": _substr,
    "title": _on_text(lambda text: re.sub(r"\b[a-z]", lambda found: found[0].upper(), text)),
    "tobool": _tobool,
    "tolist": _of_set,
    "tomap": _same,
    "tonumber": _tonumber,
    "toset": _of_set,
    "tostring": lambda value: value if isinstance(value.value, Hole | str) else _text(value),
    "trim": lambda text, what: _text(text).strip(_text(what)),
    "trimprefix": lambda text, what: _text(text).removeprefix(_text(what)),
    "trimspace": lambda value: value if isinstance(value.value, JsonText) else _text(value).strip(),
    "trimsuffix": lambda text, what: _text(text).removesuffix(_text(what)),
    "upper": _on_text(str.upper),
    "values": lambda value: [_members(value)[key] for key in sorted(_members(value))],
    "zipmap": _zipmap,
}

__all__ = ["called", "index"]
