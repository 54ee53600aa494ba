"""The commands and their arguments; a run builds the parser of its own command alone."""

import os
import sys
from argparse import ArgumentParser, HelpFormatter, Namespace
from importlib import import_module
from typing import Any

from audit403 import __version__
from audit403.core.errors import BadUsage

PROGRAM = "audit403"
COMMANDS = {
    "check": "lint configuration files and folders, and find every 403 in them",
    "host": "audit live servers: what runs there, with its files, owners and modes as they are",
    "s3": "audit an account's buckets of S3, live",
    "explain": "show the whole way of one request, each step with its line",
    "reach": "show why a user can or cannot get at a path",
    "rules": "list the rules, or print one's page",
    "completion": "print what makes a shell complete the command line",
}


class Formatter(HelpFormatter):
    """As wide as the terminal; argparse's own way to find that imports shutil in every run."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_width() - 2)


class Parser(ArgumentParser):
    """argparse's own keeps silent when its help cannot be written, and fails where it cannot be encoded."""

    def _print_message(self, message: str, file: Any = None) -> None:
        from audit403.report.terminal import write

        write(file or sys.stderr, message)


def parsed(words: list[str]) -> tuple[str | None, Namespace]:
    """The command (None: none was given) and its arguments. Raises BadUsage, or SystemExit as argparse does."""
    command = next((word for word in words if not word.startswith("-")), None)
    if command is not None and command not in COMMANDS:
        raise BadUsage(_no_such_command(command))
    parser = top_parser(command)
    found, unknown = parser.parse_known_args(words)
    if unknown:
        from audit403.engine.settings import did_you_mean

        known = [] if command is None else [flag for flag in options_of(command) if flag.startswith("--")]
        word = unknown[0].partition("=")[0]
        nearest = did_you_mean(word, known) if word.startswith("--") else ""
        raise BadUsage(f"{command or PROGRAM} takes no argument {unknown[0]}{nearest}.")
    return command, found


def top_parser(command: str | None = None) -> ArgumentParser:
    """The whole parser; of the commands only the one named knows its arguments (None: they are listed by name)."""
    parser = Parser(
        prog=PROGRAM,
        description="Finds every HTTP 403 before a visitor does.",
        epilog=f"`{PROGRAM} COMMAND --help` lists what a command takes." if command is None else None,
        allow_abbrev=False,
        formatter_class=Formatter,
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    # Without prog argparse would format a usage for it, with shutil and the compression modules.
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", prog=PROGRAM)
    for name, description in COMMANDS.items():
        if command is None or name == command:
            subparser = subparsers.add_parser(
                name, help=description, description=description, allow_abbrev=False, formatter_class=Formatter
            )
            if name == command:
                import_module(f"audit403.cli.{name}").add_arguments(subparser)
    return parser


def command_parser(name: str) -> ArgumentParser:
    """The arguments of one command."""
    parser = Parser(prog=f"{PROGRAM} {name}", description=COMMANDS[name], allow_abbrev=False)
    import_module(f"audit403.cli.{name}").add_arguments(parser)
    return parser


def options_of(command: str) -> list[str]:
    """Every spelling of every option of a command."""
    return [flag for action in command_parser(command)._actions for flag in action.option_strings]


def _no_such_command(word: str) -> str:
    from audit403.engine.settings import did_you_mean

    if os.path.exists(word):
        return f'There is no command "{word}"; to lint that: {PROGRAM} check {word}.'
    return f'There is no command "{word}"{did_you_mean(word, list(COMMANDS))}.'


def _width() -> int:
    columns = os.environ.get("COLUMNS", "")
    if columns.isdigit() and int(columns):
        return int(columns)
    try:
        return os.get_terminal_size().columns or 80
    except OSError:
        return 80
