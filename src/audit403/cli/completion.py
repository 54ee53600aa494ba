"""`audit403 completion SHELL`: what makes a shell complete the command line, made from the parser itself."""

import sys
from argparse import ArgumentParser, Namespace
from importlib import import_module

SHELLS = ("bash", "zsh", "fish")


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("shell", choices=SHELLS, help="for which shell")


def run(args: Namespace) -> int:
    """Print the script; the exit code."""
    from audit403.cli.shells.described import described
    from audit403.report.terminal import write

    script: str = import_module(f"audit403.cli.shells.{args.shell}").script(described())
    write(sys.stdout, script)
    return 0
