"""Values with variables: `text$name${name}$1`, compiled once and joined for each request.

Truth: ngx_http_script_compile in src/http/ngx_http_script.c.
"""

from functools import lru_cache

from audit403.core.named_tuple import NamedTuple

_NAME = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")

_KEPT = 20_000
TEXT, VARIABLE, CAPTURE, ARGUMENTS = "text", "variable", "capture", "arguments"


class Part(NamedTuple):
    """One piece: literal text, a variable's name, a capture's number, or the `?` where arguments begin."""

    kind: str
    value: str


class Template(NamedTuple):
    """A value: `source` as written, `parts` in order; `literal` is the value itself when nothing is to be computed."""

    source: str
    parts: tuple[Part, ...]
    literal: str | None

    def variables(self) -> tuple[str, ...]:
        """The names of the variables, in order."""
        return tuple(part.value for part in self.parts if part.kind == VARIABLE)


class InvalidTemplate(ValueError):
    """nginx would not start with this value; the message is nginx's own."""


def compile_template(source: str) -> Template:
    """Compile `source`; one that nginx would not start with is taken as it stands, and noted where it is read."""
    try:
        return checked_template(source)
    except InvalidTemplate:
        return Template(source, (Part(TEXT, source),), source)


@lru_cache(maxsize=_KEPT)
def checked_template(source: str, *, split_arguments: bool = False) -> Template:
    """Compile `source`; with `split_arguments` the first `?` outside a variable starts the arguments, as in `rewrite`.

    Raises InvalidTemplate when a variable's name is empty or its bracket is not closed.
    """
    if "$" not in source and not (split_arguments and "?" in source):
        return Template(source, (Part(TEXT, source),) if source else (), source)
    parts: list[Part] = []
    position = 0
    while position < len(source):
        character = source[position]
        if character == "$":
            part, position = _read_variable(source, position + 1)
            parts.append(part)
        elif character == "?" and split_arguments:
            parts.append(Part(ARGUMENTS, "?"))
            split_arguments = False
            position += 1
        else:
            end = _text_end(source, position, split_arguments)
            parts.append(Part(TEXT, source[position:end]))
            position = end
    return Template(source, tuple(parts), None)


def _read_variable(source: str, position: int) -> tuple[Part, int]:
    if position == len(source):
        raise InvalidTemplate("invalid variable name")
    if source[position] in "123456789":
        return Part(CAPTURE, source[position]), position + 1
    bracket = source[position] == "{"
    if bracket:
        position += 1
    start = position
    while position < len(source) and source[position] in _NAME:
        position += 1
    name = source[start:position]
    if bracket:
        if position == len(source) or source[position] != "}":
            raise InvalidTemplate(f'the closing bracket in "{name}" variable is missing')
        position += 1
    if not name:
        raise InvalidTemplate("invalid variable name")
    return Part(VARIABLE, name.lower()), position


def _text_end(source: str, position: int, split_arguments: bool) -> int:
    end = source.find("$", position)
    end = len(source) if end < 0 else end
    if split_arguments:
        question = source.find("?", position)
        if 0 <= question < end:
            return question
    return end
