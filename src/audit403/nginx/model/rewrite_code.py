"""The code of nginx's rewrite module: set, if, rewrite, return and break, compiled for each server and location.

Truth: src/http/modules/ngx_http_rewrite_module.c.
"""

from collections.abc import Callable, Iterable

from audit403.core.named_tuple import NamedTuple
from audit403.http.regex import InvalidRegex, Regex, compile_regex
from audit403.nginx.model.context import IF, Context
from audit403.nginx.model.faulty import WHOLE, Faulty
from audit403.nginx.model.numbers import parse_number
from audit403.nginx.model.template import InvalidTemplate, Template, checked_template
from audit403.nginx.read.tree import Directive

REWRITE_DIRECTIVES = frozenset(("set", "if", "rewrite", "return", "break"))
_REDIRECT_STATUS = {"redirect": 302, "permanent": 301}
_REDIRECTED = ("http://", "https://", "$scheme")
_MOST_STATUS = 999


class Set(NamedTuple):
    """`set $name value;`"""

    directive: Directive
    name: str
    value: Template


class SetElsewhere(NamedTuple):
    """`set_md5 $name …`, `set_by_lua_block $name { … }`: another module sets the variable.

    `when_empty` is the value of `set_if_empty`, the one whose result can be told.
    """

    directive: Directive
    name: str
    when_empty: Template | None


class Break(NamedTuple):
    """`break;`"""

    directive: Directive


class Return(NamedTuple):
    """`return code [text];` – `text` is None when nothing is sent along and error_page applies."""

    directive: Directive
    status: int
    text: Template | None


class Rewrite(NamedTuple):
    """`rewrite regex replacement [flag];` – `status` is set for an external redirect, `ends` for any flag."""

    directive: Directive
    regex: Regex
    replacement: Template
    status: int | None
    breaks: bool
    ends: bool
    keeps_arguments: bool


class Condition(NamedTuple):
    """What stands in the parentheses of `if`: `operator` is empty, `=`, `!=`, `~`, `~*`, `!~`, `!~*`, `-f`, `!-f`…"""

    operator: str
    variable: str
    value: Template | None
    regex: Regex | None


class If(NamedTuple):
    """`if (condition) { … }`; `context` is the implicit location that a true condition switches to (None: server)."""

    directive: Directive
    condition: Condition
    body: "tuple[Instruction, ...]"
    context: Context | None


Instruction = Set | SetElsewhere | Break | Return | Rewrite | If


class RewriteFault(ValueError):
    """A directive of the rewrite module that nginx rejects, and for which of its arguments."""

    def __init__(self, message: str, word: int) -> None:
        super().__init__(message)
        self.word = word


Expand = Callable[[Iterable[Directive]], Iterable[Directive]]
"""Gives the directives of a block with its includes in place."""


def compile_code(
    directives: Iterable[Directive], owner: Context, faults: list[Faulty], expand: Expand
) -> tuple[Instruction, ...]:
    """Compile the rewrite directives of one level in order; rejected ones go to `faults` and are left out."""
    code: list[Instruction] = []
    for directive in directives:
        if directive.name not in REWRITE_DIRECTIVES and not _sets_elsewhere(directive):
            continue
        try:
            instruction = _compile(directive, owner, faults, expand)
        except RewriteFault as error:
            faults.append(Faulty(directive, str(error), error.word))
            continue
        code.append(instruction)
    return tuple(code)


def _compile(directive: Directive, owner: Context, faults: list[Faulty], expand: Expand) -> Instruction:
    if directive.name == "set":
        return compile_set(directive)
    if directive.name == "return":
        return compile_return(directive)
    if directive.name == "rewrite":
        return compile_rewrite(directive)
    if directive.name == "if":
        return _compile_if(directive, owner, faults, expand)
    if directive.name == "break":
        return Break(directive)
    template = _template(directive, 1) if directive.name == "set_if_empty" and len(directive.args) == 2 else None
    return SetElsewhere(directive, directive.args[0][1:].lower(), template)


def _sets_elsewhere(directive: Directive) -> bool:
    """Whether it is a directive in the manner of `set` of another module; those run in the order of the file too."""
    return directive.name.startswith("set_") and bool(directive.args) and directive.args[0].startswith("$")


def compile_set(directive: Directive) -> Set:
    """`set`, or RewriteFault."""
    if len(directive.args) != 2:
        raise RewriteFault('invalid number of arguments in "set" directive', WHOLE)
    name = directive.args[0]
    if not name.startswith("$") or name == "$":
        raise RewriteFault(f'invalid variable name "{name}"', 0)
    return Set(directive, name[1:].lower(), _template(directive, 1))


def compile_return(directive: Directive) -> Return:
    """`return`, or RewriteFault."""
    if not 1 <= len(directive.args) <= 2:
        raise RewriteFault('invalid number of arguments in "return" directive', WHOLE)
    code = directive.args[0]
    status = parse_number(code)
    if status is None and len(directive.args) == 1 and code.startswith(_REDIRECTED):
        return Return(directive, 302, _template(directive, 0))
    if status is None or status > _MOST_STATUS:
        raise RewriteFault(f'invalid return code "{code}"', 0)
    text = _template(directive, 1) if len(directive.args) == 2 else None
    if text is not None and text.literal == "":
        text = None
    return Return(directive, status, text)


def compile_rewrite(directive: Directive) -> Rewrite:
    """`rewrite`, or RewriteFault."""
    if not 2 <= len(directive.args) <= 3:
        raise RewriteFault('invalid number of arguments in "rewrite" directive', WHOLE)
    replacement = directive.args[1]
    flag = directive.args[2] if len(directive.args) == 3 else ""
    if not replacement:
        raise RewriteFault("empty replacement", 1)
    regex = _regex(directive, 0)
    if len(directive.args) == 3 and flag not in ("last", "break", "redirect", "permanent"):
        raise RewriteFault(f'invalid parameter "{flag}"', 2)
    status = 302 if replacement.startswith(_REDIRECTED) else None
    status = _REDIRECT_STATUS.get(flag, status)
    keeps_arguments = not replacement.endswith("?")
    text = replacement if keeps_arguments else replacement[:-1]
    return Rewrite(
        directive,
        regex,
        _template(directive, 1, text, split_arguments=status is None),
        status,
        flag == "break",
        bool(flag) or status is not None,
        keeps_arguments,
    )


def _compile_if(directive: Directive, owner: Context, faults: list[Faulty], expand: Expand) -> If:
    if owner.kind == IF:
        raise RewriteFault('"if" directive is not allowed here', WHOLE)
    condition = compile_condition(directive)
    context = Context(IF, directive, owner)
    context.server = owner.server
    context.add(expand(directive.block or ()))
    code = compile_code(context.sequence, context, faults, expand)
    return If(directive, condition, code, context if owner.kind != "server" else None)


def compile_condition(directive: Directive) -> Condition:
    """What stands in the parentheses of an `if`, or RewriteFault."""
    words = list(enumerate(directive.args))
    if not words or not words[0][1].startswith("("):
        raise _invalid(words[0] if words else (WHOLE, ""))
    first, last = words[0], words[-1]
    if not last[1].endswith(")") or last[1] == first[1] == "(":
        raise _invalid(last)
    words[0] = (first[0], first[1][1:])
    words[-1] = (words[-1][0], words[-1][1][:-1])
    if first[1] == "(":
        del words[0]
    if last[1] == ")" and len(directive.args) > 1:
        del words[-1]
    if not words:
        raise _invalid(last)
    operator = words[0][1]
    if len(operator) > 1 and operator.startswith("$"):
        return _variable_condition(directive, words)
    if (len(operator) == 2 and operator[0] == "-") or (len(operator) == 3 and operator[:2] == "!-"):
        if operator[-1] not in "fdex" or len(words) != 2:
            raise _invalid(words[0])
        return Condition(operator, "", _template(directive, *words[1]), None)
    raise _invalid(words[0])


def _variable_condition(directive: Directive, words: list[tuple[int, str]]) -> Condition:
    name = words[0][1][1:].lower()
    if len(words) == 1:
        return Condition("", name, None, None)
    if len(words) != 3:
        raise _invalid(words[0])
    operator = words[1][1]
    if operator in ("=", "!="):
        return Condition(operator, name, _template(directive, *words[2]), None)
    if operator in ("~", "~*", "!~", "!~*"):
        return Condition(operator, name, None, _regex(directive, *words[2], caseless=operator.endswith("*")))
    raise RewriteFault(f'unexpected "{operator}" in condition', words[1][0])


def _invalid(word: tuple[int, str]) -> RewriteFault:
    return RewriteFault(f'invalid condition "{word[1]}"', word[0])


def _template(directive: Directive, word: int, text: str | None = None, *, split_arguments: bool = False) -> Template:
    try:
        return checked_template(directive.args[word] if text is None else text, split_arguments=split_arguments)
    except InvalidTemplate as error:
        raise RewriteFault(str(error), word) from error


def _regex(directive: Directive, word: int, text: str | None = None, *, caseless: bool = False) -> Regex:
    try:
        return compile_regex(directive.args[word] if text is None else text, caseless)
    except InvalidRegex as error:
        raise RewriteFault(str(error), word) from error
