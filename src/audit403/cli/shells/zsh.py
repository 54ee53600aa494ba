"""Completion for zsh 5: for a folder of $fpath, or to be sourced."""

from audit403.cli.shells.described import (
    CHOICES,
    FILES,
    FOLDERS,
    NOTHING,
    RULE,
    RULES,
    USERS,
    Argument,
    Command,
    Described,
)

_HEAD = """\
_audit403_rule() {
    local -a rules
    rules=(${(f)"$(_call_program rules audit403 rules --format names)"})
    compadd -a rules
}

_audit403_rule_list() {
    local -a rules
    rules=(${(f)"$(_call_program rules audit403 rules --format names)"})
    _sequence compadd - $rules
}

"""
_TAIL = """\
if [[ $funcstack[1] == _audit403 ]]; then
    _audit403 "$@"
else
    compdef _audit403 audit403
fi
"""


def script(line: Described) -> str:
    """The whole script; the first line of a file of $fpath has to be the tag."""
    functions = [_function(command) for command in line.commands]
    return f"#compdef audit403\n{_HEAD}{''.join(functions)}{_top(line)}\n{_TAIL}"


def _top(line: Described) -> str:
    commands = [f"        {_quoted(f'{_escaped(command.name)}:{command.help}')}" for command in line.commands]
    specs = [spec for argument in line.options for spec in _specs(argument)]
    arguments = " \\\n        ".join([*map(_quoted, specs), "'1: :->command'", "'*:: :->arguments'"])
    cases = [f"            {command.name}) _audit403_{command.name} ;;" for command in line.commands]
    return "\n".join(
        [
            "_audit403() {",
            "    local state line curcontext=$curcontext",
            "    local -a commands=(",
            *commands,
            "    )",
            f"    _arguments -C \\\n        {arguments} && return",
            "    case $state in",
            "    command) _describe command commands ;;",
            "    arguments)",
            "        case $line[1] in",
            *cases,
            "        esac",
            "        ;;",
            "    esac",
            "}",
        ]
    )


def _function(command: Command) -> str:
    specs = [spec for argument in command.arguments for spec in _specs(argument)]
    lines = " \\\n        ".join(map(_quoted, specs))
    return f"_audit403_{command.name}() {{\n    _arguments -s \\\n        {lines}\n}}\n\n"


def _specs(argument: Argument) -> list[str]:
    """The specification of each spelling, as _arguments(1) has them."""
    if not argument.flags:
        return [f"{'*' if argument.many else '1'}:{_escaped(argument.help)}:{_action(argument)}"]
    others = "" if argument.many else f"({' '.join(argument.flags)})"
    value = "" if argument.kind == NOTHING else f": :{_action(argument)}"
    specs = []
    for flag in argument.flags:
        end = "" if argument.kind == NOTHING else "=" if flag.startswith("--") else "+"
        specs.append(f"{others}{'*' if argument.many else ''}{flag}{end}[{_escaped(argument.help)}]{value}")
    return specs


def _action(argument: Argument) -> str:
    if argument.kind == CHOICES:
        return f"({' '.join(argument.choices)})"
    return {
        FILES: "_files", FOLDERS: "_files -/", USERS: "_users", RULES: "_audit403_rule_list",
        RULE: "_audit403_rule",
    }.get(argument.kind, " ")  # fmt: skip


def _escaped(text: str) -> str:
    for character in "\\[]:":
        text = text.replace(character, f"\\{character}")
    return text


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
