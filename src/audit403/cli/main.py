"""The entry of the command line: finds the command and imports only what it needs."""

import sys
from argparse import ArgumentParser
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


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code."""
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
        prog="audit403", description="Finds every HTTP 403 before a visitor does.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"audit403 {__version__}")
    command = next((word for word in words if not word.startswith("-")), None)
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, description in COMMANDS.items():
        if command is not None and command in COMMANDS and name != command:
            continue
        subparser = subparsers.add_parser(name, help=description, description=description, allow_abbrev=False)
        if name == command:
            import_module(f"audit403.cli.{name}").add_arguments(subparser)
    return parser, command if command in COMMANDS else None
