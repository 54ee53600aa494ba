"""Completion for fish 3."""

from audit403.cli.shells.described import (
    CHOICES,
    FILES,
    FOLDERS,
    NOTHING,
    RULE,
    RULES,
    USERS,
    Argument,
    Described,
)

_HEAD = """\
function __audit403_rules
    audit403 rules --format names 2>/dev/null
end

complete -c audit403 -f
"""
_NO_COMMAND = "__fish_use_subcommand"


def script(line: Described) -> str:
    """The whole script."""
    lines = [_line(_NO_COMMAND, argument) for argument in line.options]
    lines += [
        f"complete -c audit403 -n {_NO_COMMAND} -a {command.name} -d {_quoted(command.help)}"
        for command in line.commands
    ]
    for command in line.commands:
        condition = f"__fish_seen_subcommand_from {command.name}"
        lines += [_line(condition, argument) for argument in command.arguments]
    return _HEAD + "\n".join(lines) + "\n"


def _line(condition: str, argument: Argument) -> str:
    parts = ["complete -c audit403", f"-n {_quoted(condition)}"]
    parts += [f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}" for flag in argument.flags]
    parts += _value(argument)
    if argument.flags:
        parts.append(f"-d {_quoted(argument.help)}")
    return " ".join(parts)


def _value(argument: Argument) -> list[str]:
    """Whether something follows, and what completes it; without -F nothing is a file name (`-f` above)."""
    follows = argument.kind != NOTHING and argument.flags
    if argument.kind == FILES:
        return ["-r", "-F"] if follows else ["-F"]
    needed = ["-x"] if follows else []
    words = {
        CHOICES: " ".join(argument.choices), FOLDERS: "(__fish_complete_directories)", USERS: "(__fish_complete_users)",
        RULES: "(__fish_append , (__audit403_rules))", RULE: "(__audit403_rules)",
    }.get(argument.kind)  # fmt: skip
    return needed if words is None else [*needed, f"-a {_quoted(words)}"]


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
