"""The code of nginx's rewrite module: set, if, rewrite, return and break, compiled for each server and location.

Truth: src/http/modules/ngx_http_rewrite_module.c.
"""

from collections.abc import Callable, Iterable

from audit403.core.named_tuple import NamedTuple
from audit403.nginx.model.context import IF, Context
from audit403.nginx.model.regex import InvalidRegex, Regex, compile_regex
from audit403.nginx.model.template import InvalidTemplate, Template, checked_template
from audit403.nginx.model.values import refused_values
from audit403.nginx.read.tree import Directive

REWRITE_DIRECTIVES = frozenset(("set", "if", "rewrite", "return", "break"))
_REDIRECT_STATUS = {"redirect": 302, "permanent": 301}


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


class Faulty(NamedTuple):
    """A directive with which nginx would not start; `message` says why."""

    directive: Directive
    message: str


Instruction = Set | SetElsewhere | Break | Return | Rewrite | If | Faulty


class RewriteFault(ValueError):
    """A directive of the rewrite module that nginx rejects."""


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
        except (RewriteFault, InvalidTemplate, InvalidRegex) as error:
            faults.append(Faulty(directive, str(error)))
            continue
        code.append(instruction)
    return tuple(code)


def _compile(directive: Directive, owner: Context, faults: list[Faulty], expand: Expand) -> Instruction:
    if directive.name == "set":
        return _compile_set(directive)
    if directive.name == "return":
        return _compile_return(directive)
    if directive.name == "rewrite":
        return _compile_rewrite(directive)
    if directive.name == "if":
        return _compile_if(directive, owner, faults, expand)
    if directive.name == "break":
        return Break(directive)
    when_empty = directive.args[1] if directive.name == "set_if_empty" and len(directive.args) == 2 else None
    template = None if when_empty is None else checked_template(when_empty)
    return SetElsewhere(directive, directive.args[0][1:].lower(), template)


def _sets_elsewhere(directive: Directive) -> bool:
    """Whether it is a directive in the manner of `set` of another module; those run in the order of the file too."""
    return directive.name.startswith("set_") and bool(directive.args) and directive.args[0].startswith("$")


def _compile_set(directive: Directive) -> Set:
    if len(directive.args) != 2:
        raise RewriteFault('invalid number of arguments in "set" directive')
    name, value = directive.args
    if not name.startswith("$"):
        raise RewriteFault(f'invalid variable name "{name}"')
    return Set(directive, name[1:].lower(), checked_template(value))


def _compile_return(directive: Directive) -> Return:
    if not 1 <= len(directive.args) <= 2:
        raise RewriteFault('invalid number of arguments in "return" directive')
    code = directive.args[0]
    if not (code.isascii() and code.isdigit()):
        if len(directive.args) == 1 and code.startswith(("http://", "https://", "$scheme")):
            return Return(directive, 302, checked_template(code))
        raise RewriteFault(f'invalid return code "{code}"')
    if int(code) > 999:
        raise RewriteFault(f'invalid return code "{code}"')
    text = checked_template(directive.args[1]) if len(directive.args) == 2 else None
    if text is not None and text.literal == "":
        text = None
    return Return(directive, int(code), text)


def _compile_rewrite(directive: Directive) -> Rewrite:
    if not 2 <= len(directive.args) <= 3:
        raise RewriteFault('invalid number of arguments in "rewrite" directive')
    pattern, replacement = directive.args[:2]
    flag = directive.args[2] if len(directive.args) == 3 else ""
    if not replacement:
        raise RewriteFault("empty replacement")
    if flag not in ("", "last", "break", "redirect", "permanent"):
        raise RewriteFault(f'invalid parameter "{flag}"')
    status = 302 if replacement.startswith(("http://", "https://", "$scheme")) else None
    status = _REDIRECT_STATUS.get(flag, status)
    keeps_arguments = not replacement.endswith("?")
    text = replacement if keeps_arguments else replacement[:-1]
    return Rewrite(
        directive,
        compile_regex(pattern),
        checked_template(text, split_arguments=status is None),
        status,
        flag == "break",
        bool(flag) or status is not None,
        keeps_arguments,
    )


def _compile_if(directive: Directive, owner: Context, faults: list[Faulty], expand: Expand) -> If:
    if owner.kind == IF:
        raise RewriteFault('"if" directive is not allowed here')
    condition = _compile_condition(list(directive.args))
    context = Context(IF, directive, owner)
    context.server = owner.server
    context.add(expand(directive.block or ()))
    faults.extend(Faulty(refused, message) for refused, message in refused_values(context))
    code = compile_code(context.sequence, context, faults, expand)
    return If(directive, condition, code, context if owner.kind != "server" else None)


def _compile_condition(words: list[str]) -> Condition:
    if not words or not words[0].startswith("("):
        raise RewriteFault(f'invalid condition "{words[0] if words else ""}"')
    words = words[1:] if words[0] == "(" else [words[0][1:], *words[1:]]
    if not words or not words[-1].endswith(")"):
        raise RewriteFault(f'invalid condition "{words[-1] if words else ""}"')
    words = words[:-1] if words[-1] == ")" else [*words[:-1], words[-1][:-1]]
    if not words:
        raise RewriteFault('invalid condition ""')
    first = words[0]
    if len(first) > 1 and first.startswith("$"):
        return _variable_condition(first[1:].lower(), words)
    if (len(first) == 2 and first[0] == "-") or (len(first) == 3 and first[:2] == "!-"):
        if first[-1] not in "fdex" or len(words) != 2:
            raise RewriteFault(f'invalid condition "{first}"')
        return Condition(first, "", checked_template(words[1]), None)
    raise RewriteFault(f'invalid condition "{first}"')


def _variable_condition(name: str, words: list[str]) -> Condition:
    if len(words) == 1:
        return Condition("", name, None, None)
    if len(words) != 3:
        raise RewriteFault(f'invalid condition "{words[0]}"')
    operator, value = words[1], words[2]
    if operator in ("=", "!="):
        return Condition(operator, name, checked_template(value), None)
    if operator in ("~", "~*", "!~", "!~*"):
        return Condition(operator, name, None, compile_regex(value, operator.endswith("*")))
    raise RewriteFault(f'unexpected "{operator}" in condition')
