"""Completion for bash 4 and newer; it needs no library, and knows that bash cuts words at `=` and `:`."""

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
_audit403_words() {
    COMPREPLY=($(compgen -W "$1" -- "$current"))
}

_audit403_paths() {
    compopt -o filenames 2>/dev/null
    local IFS=$'\\n'
    COMPREPLY=($(compgen "$1" -- "$current"))
}

_audit403_users() {
    COMPREPLY=($(compgen -u -- "$current"))
}

_audit403_rule_names() {
    local rules rule before=
    rules=$("${COMP_WORDS[0]}" rules --format names 2>/dev/null)
    if [[ $1 == many && $current == *,* ]]; then before=${current%,*},; fi
    COMPREPLY=()
    for rule in $rules; do
        if [[ $before$rule == "$current"* ]]; then COMPREPLY+=("$before$rule"); fi
    done
    if [[ $1 == many ]]; then compopt -o nospace 2>/dev/null; fi
}

_audit403() {
    local current=${COMP_WORDS[COMP_CWORD]} previous= command= index
    if ((COMP_CWORD > 0)); then previous=${COMP_WORDS[COMP_CWORD-1]}; fi
    if [[ $current == = ]]; then
        current=
    elif [[ $previous == = ]] && ((COMP_CWORD > 1)); then
        previous=${COMP_WORDS[COMP_CWORD-2]}
    fi
    for ((index = 1; index < COMP_CWORD; index++)); do
        if [[ ${COMP_WORDS[index]} != -* ]]; then command=${COMP_WORDS[index]}; break; fi
    done
    COMPREPLY=()
"""
_TAIL = """\
}

complete -F _audit403 audit403
"""


def script(line: Described) -> str:
    """The whole script."""
    options = " ".join(flag for argument in line.options for flag in argument.flags)
    commands = " ".join(command.name for command in line.commands)
    lines = ["    case $command in", "    '')", f"        _audit403_words '{options} {commands}'", "        ;;"]
    for command in line.commands:
        lines += [f"    {command.name})", *_command(command), "        ;;"]
    return _HEAD + "\n".join([*lines, "    esac"]) + "\n" + _TAIL


def _command(command: Command) -> list[str]:
    flags = " ".join(flag for argument in command.options for flag in argument.flags)
    valued = [argument for argument in command.options if argument.kind != NOTHING]
    lines = ["        case $previous in"]
    lines += [f"        {'|'.join(argument.flags)}) {_value(argument)}; return ;;" for argument in valued]
    lines += ["        esac", f"        if [[ $current == -* ]]; then _audit403_words '{flags}'; return; fi"]
    lines += [f"        {_value(argument)}" for argument in command.positionals]
    return lines


def _value(argument: Argument) -> str:
    """The shell command that completes a value."""
    if argument.kind == CHOICES:
        return f"_audit403_words '{' '.join(argument.choices)}'"
    return {
        FILES: "_audit403_paths -f", FOLDERS: "_audit403_paths -d", USERS: "_audit403_users",
        RULES: "_audit403_rule_names many", RULE: "_audit403_rule_names one",
    }.get(argument.kind, ":")  # fmt: skip
