"""The command line as completion needs it: each option with its spellings, its help and what it takes."""

from argparse import SUPPRESS, Action, ArgumentParser

from audit403.cli.parser import COMMANDS, command_parser, top_parser
from audit403.core.named_tuple import NamedTuple

NOTHING, CHOICES, FILES, FOLDERS, USERS, RULES, RULE, TEXT = (
    "nothing", "choices", "files", "folders", "users", "rules", "rule", "text",
)  # fmt: skip

#: What stands for a value in the help, and what completes it. `RULES` may be several, with commas.
KINDS = {
    "PATH": FILES, "FILE": FILES, "FILE|-": FILES, "MAIN": FILES, "DIR": FOLDERS, "USER[:GROUP]": USERS,
    "MANIFEST": FILES, "RULES": RULES, "ID": RULE,
    "URL": TEXT, "METHOD": TEXT, "NAME: VALUE": TEXT, "ADDRESS": TEXT, "BYTES": TEXT, "UID": TEXT,
    "GID": TEXT, "GID,…": TEXT, "TARGET": TEXT, "CONFIG": TEXT, "SECONDS": TEXT, "PATTERN": TEXT,
    "COUNT": TEXT, "NAME": TEXT, "PRINCIPAL": TEXT, "KEY=VALUE": TEXT, "BUCKET": TEXT, "REGION": TEXT,
    "ARN": TEXT, "KEY": TEXT, "MOMENT": TEXT,
}  # fmt: skip


class Argument(NamedTuple):
    """One option, or with no spellings a positional argument; `choices` are the words of the kind CHOICES."""

    flags: tuple[str, ...]
    help: str
    kind: str
    choices: tuple[str, ...] = ()
    many: bool = False


class Command(NamedTuple):
    """One command with its arguments."""

    name: str
    help: str
    arguments: tuple[Argument, ...]

    @property
    def options(self) -> tuple[Argument, ...]:
        """The arguments that have a name."""
        return tuple(argument for argument in self.arguments if argument.flags)

    @property
    def positionals(self) -> tuple[Argument, ...]:
        """The arguments that have none."""
        return tuple(argument for argument in self.arguments if not argument.flags)


class Described(NamedTuple):
    """The whole command line."""

    options: tuple[Argument, ...]
    commands: tuple[Command, ...]


def described() -> Described:
    """The command line of this version."""
    commands = tuple(Command(name, COMMANDS[name], _arguments(command_parser(name))) for name in COMMANDS)
    return Described(tuple(argument for argument in _arguments(top_parser()) if argument.flags), commands)


def _arguments(parser: ArgumentParser) -> tuple[Argument, ...]:
    return tuple(_argument(action) for action in parser._actions if action.help != SUPPRESS)


def _argument(action: Action) -> Argument:
    flags, words = tuple(action.option_strings), action.help or ""
    many = action.nargs in ("*", "+") or type(action).__name__ == "_AppendAction"
    if action.nargs == 0:
        return Argument(flags, words, NOTHING)
    if action.choices is not None:
        return Argument(flags, words, CHOICES, tuple(map(str, action.choices)), many)
    metavar = action.metavar or action.dest.upper()
    return Argument(flags, words, KINDS.get(str(metavar), TEXT), (), many)
