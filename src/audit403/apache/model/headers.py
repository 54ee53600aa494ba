"""RequestHeader and Header.

Truth: the configuration half of modules/metadata/mod_headers.c. Lines of a later section come behind the earlier ones.
"""

from audit403.apache.model.builder import Builder, Handler
from audit403.apache.model.config_error import ConfigError
from audit403.apache.model.pattern import Pattern, pattern_of
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple

HEADERS = "headers"
SET, SET_IF_EMPTY, ADD, APPEND, MERGE, UNSET, ECHO, EDIT, EDIT_ALL, NOTE = (
    "set", "setifempty", "add", "append", "merge", "unset", "echo", "edit", "edit*", "note",
)  # fmt: skip
_ACTIONS = (SET, SET_IF_EMPTY, ADD, APPEND, MERGE, UNSET, ECHO, EDIT, EDIT_ALL, NOTE)
_TAGS = frozenset("Dteslib")
_ESCAPES = {"\\": "\\", "r": "\r", "n": "\n", "t": "\t"}


class Tag(NamedTuple):
    """A piece of a value: `kind` is "" for a text, otherwise the letter of `%{argument}letter`."""

    kind: str
    text: str


class Line(NamedTuple):
    """One line: what is done to which header, and when."""

    action: str
    header: str
    tags: tuple[Tag, ...]
    value_expression: str | None
    pattern: Pattern | None
    early: bool
    variable: str | None
    condition: str | None
    directive: Directive


class HeadersConfig(NamedTuple):
    """The lines for the request, for answers of every kind, and for good ones."""

    request: tuple[Line, ...] = ()
    always: tuple[Line, ...] = ()
    answer: tuple[Line, ...] = ()

    def merged(self, new: "HeadersConfig") -> "HeadersConfig":
        """These and then the later section's."""
        return HeadersConfig(self.request + new.request, self.always + new.always, self.answer + new.answer)


def _request_header(builder: Builder, directive: Directive) -> None:
    config = _config(builder)
    line = _line(builder, directive, list(directive.args), is_answer=False)
    builder.slots[HEADERS] = config._replace(request=(*config.request, line))


def _header(builder: Builder, directive: Directive) -> None:
    config = _config(builder)
    words = list(directive.args)
    first = words[0].lower() if words else ""
    if first in ("always", "onsuccess"):
        words = words[1:]
    line = _line(builder, directive, words, is_answer=True)
    if first == "always":
        builder.slots[HEADERS] = config._replace(always=(*config.always, line))
    else:
        builder.slots[HEADERS] = config._replace(answer=(*config.answer, line))


def _config(builder: Builder) -> HeadersConfig:
    found: HeadersConfig = builder.slot(HEADERS, HeadersConfig())
    return found


def _line(builder: Builder, directive: Directive, words: list[str], *, is_answer: bool) -> Line:
    if len(words) > 5:
        raise ConfigError(f"{directive.written} has too many arguments")
    action, header = (*words, "", "")[:2]
    value, substitution, clause = (*words[2:], None, None, None)[:3]
    action = action.lower()
    if action not in _ACTIONS:
        raise ConfigError(
            "first argument must be 'add', 'set', 'setifempty', 'append', 'merge', 'unset', 'echo', 'note', 'edit', "
            "or 'edit*'."
        )
    pattern = None
    if action in (EDIT, EDIT_ALL):
        if substitution is None:
            raise ConfigError("Header edit requires a match and a substitution")
        assert value is not None
        pattern = pattern_of(value, "Header edit regex could not be compiled")
        value = substitution
    else:
        if clause is not None:
            raise ConfigError("Too many arguments to directive")
        clause = substitution
    if action in (UNSET, ECHO):
        if value is not None:
            if clause is not None:
                raise ConfigError(f"{'header unset' if action == UNSET else 'Header echo'} takes two arguments")
            value, clause = None, value
        if action == ECHO:
            if not is_answer:
                raise ConfigError("Header echo only valid on Header directives")
            pattern = pattern_of(header, "Header echo regex could not be compiled")
    elif value is None:
        raise ConfigError("Header requires three arguments")
    early, variable, condition = _clause(builder, clause)
    tags: tuple[Tag, ...] = ()
    expression = None
    if value is not None and value.startswith("expr="):
        expression = value[5:]
        builder.check_string(expression, "Can't parse value expression : ")
    elif value is not None:
        tags = _tags(value)
    name = header.partition(":")[0]
    return Line(action, name, tags, expression, pattern, early, variable, condition, directive)


def _clause(builder: Builder, clause: str | None) -> tuple[bool, str | None, str | None]:
    """When a line counts: early, with a variable, with a condition."""
    if clause is None:
        return False, None, None
    low = clause.lower()
    if low == "early":
        return True, None, None
    if low.startswith("env="):
        if clause[4:] in ("", "!"):
            raise ConfigError("error: missing environment variable name. envclause should be in the form env=envar ")
        return False, clause[4:], None
    if low.startswith("expr="):
        builder.check_condition(clause[5:], "Can't parse envclause/expression: ")
        return False, None, clause[5:]
    raise ConfigError(f"Unknown parameter: {clause}")


def _tags(text: str) -> tuple[Tag, ...]:
    found: list[Tag] = []
    at = 0
    while at < len(text):
        if text[at] != "%":
            end = text.find("%", at)
            end = len(text) if end < 0 else end
            found.append(Tag("", _unescaped(text[at:end])))
            at = end
            continue
        at += 1
        if text[at : at + 1] in ("%", ""):
            found.append(Tag("", "%"))
            at += 1
            continue
        argument = ""
        if text[at] == "{":
            argument, brace, _ = text[at + 1 :].partition("}")
            at += 1 + len(argument) + len(brace)
        kind = text[at : at + 1]
        if kind not in _TAGS:
            raise ConfigError(f"Unrecognized header format %{kind}")
        found.append(Tag(kind, argument))
        at += 1
    return tuple(found)


def _unescaped(text: str) -> str:
    out: list[str] = []
    at = 0
    while at < len(text):
        following = text[at + 1 : at + 2]
        if text[at] == "\\" and following in _ESCAPES and following:
            out.append(_ESCAPES[following])
            at += 2
        else:
            out.append(text[at])
            at += 1
    return "".join(out)


DIRECTIVES: dict[str, Handler] = {"requestheader": _request_header, "header": _header}
