"""The entry of the command line: finds the command and imports only what it needs."""

import gc
import os
import sys
from argparse import ArgumentParser, HelpFormatter
from importlib import import_module

from audit403 import __version__
from audit403.core.errors import Audit403Error

COMMANDS = {
    "check": "lint configuration files and folders, and find every 403 in them",
    "explain": "show the whole way of one request, each step with its line",
    "reach": "show why a user can or cannot get at a path",
    "rules": "list the rules, or print one's page",
}
CRASHED = 2
OBJECTS_BETWEEN_COLLECTIONS = 100_000
"""A small run makes fewer, and looking through them for cycles again and again would cost it a tenth of its time."""


class Formatter(HelpFormatter):
    """As wide as the terminal; argparse's own way to find that imports shutil in every run."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_width() - 2)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code."""
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, 10, 10)
    words = sys.argv[1:] if arguments is None else arguments
    parser, command = _parser(words)
    parsed = parser.parse_args(words)
    if command is None:
        parser.print_help()
        return CRASHED
    try:
        return int(import_module(f"audit403.cli.{command}").run(parsed))
    except Audit403Error as error:
        print(f"audit403: {error}", file=sys.stderr)
        return CRASHED
    except BrokenPipeError:
        sys.stderr.close()
        return CRASHED
    except KeyboardInterrupt:
        return 130


def _parser(words: list[str]) -> tuple[ArgumentParser, str | None]:
    parser = ArgumentParser(
        prog="audit403",
        description="Finds every HTTP 403 before a visitor does.",
        allow_abbrev=False,
        formatter_class=Formatter,
    )
    parser.add_argument("--version", action="version", version=f"audit403 {__version__}")
    command = next((word for word in words if not word.startswith("-")), None)
    # Without prog argparse would format a usage for it, with shutil and the compression modules.
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", prog="audit403")
    for name, description in COMMANDS.items():
        if command is not None and command in COMMANDS and name != command:
            continue
        subparser = subparsers.add_parser(
            name, help=description, description=description, allow_abbrev=False, formatter_class=Formatter
        )
        if name == command:
            import_module(f"audit403.cli.{name}").add_arguments(subparser)
    return parser, command if command in COMMANDS else None


def _width() -> int:
    columns = os.environ.get("COLUMNS", "")
    if columns.isdigit() and int(columns):
        return int(columns)
    try:
        return os.get_terminal_size().columns or 80
    except OSError:
        return 80
