"""Command lines without options, the most usual ones, read without argparse.

Importing argparse and building a parser costs a run of a small file a twentieth of its time. The command declares its
arguments to this as it does to argparse, which reads every line that is not plain.
"""

from importlib import import_module
from types import SimpleNamespace
from typing import Any

COMMANDS = ("check",)
"""Those that are started for each file, and whose only argument without a name is a list."""


class Defaults:
    """Takes what a command declares, and keeps what holds where no option is given."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.listed = ""

    def add_argument(self, *names: str, **options: Any) -> None:
        """As argparse's own: the name in the result is that of the first long option."""
        name = next((name for name in names if name.startswith("--")), names[0]).lstrip("-").replace("-", "_")
        default = False if options.get("action") == "store_true" else None
        self.values[options.get("dest", name)] = options.get("default", default)
        if not names[0].startswith("-"):
            self.listed = name


def plain(words: list[str]) -> tuple[str, SimpleNamespace] | None:
    """The command and its arguments where nothing but words is given, else None."""
    if not words or words[0] not in COMMANDS or any(word.startswith("-") and word != "-" for word in words):
        return None
    command, *given = words
    defaults = Defaults()
    import_module(f"audit403.cli.{command}").add_arguments(defaults)
    if given:
        defaults.values[defaults.listed] = given
    return command, SimpleNamespace(command=command, **defaults.values)
