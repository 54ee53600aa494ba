"""The most usual command lines, read without argparse: words, switches, and options that take one of a few words.

Importing argparse and building a parser costs a run of a small file a tenth of its time. The command declares its
arguments to this as it does to argparse, which reads every line that is not plain.
"""

from importlib import import_module
from types import SimpleNamespace
from typing import Any

COMMANDS = ("check",)
"""Those that are started for each file, and whose only argument without a name is a list."""


class Declared:
    """Takes what a command declares: what holds where no option is given, and the options that are read here."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.listed = ""
        self.switches: dict[str, str] = {}
        self.choices: dict[str, tuple[str, tuple[str, ...]]] = {}

    def add_argument(self, *names: str, **options: Any) -> None:
        """As argparse's own: the name in the result is that of the first long option."""
        name = next((name for name in names if name.startswith("--")), names[0]).lstrip("-").replace("-", "_")
        key = options.get("dest", name)
        action = options.get("action")
        self.values[key] = options.get("default", False if action == "store_true" else None)
        if not names[0].startswith("-"):
            self.listed = name
        elif action == "store_true":
            self.switches.update(dict.fromkeys(names, key))
        elif action is None and "choices" in options:
            self.choices.update(dict.fromkeys(names, (key, options["choices"])))


def plain(words: list[str]) -> tuple[str, SimpleNamespace] | None:
    """The command and its arguments where the line is plain, else None."""
    if not words or words[0] not in COMMANDS:
        return None
    command, *given = words
    declared = Declared()
    import_module(f"audit403.cli.{command}").add_arguments(declared)
    values = _read(given, declared)
    return None if values is None else (command, SimpleNamespace(command=command, **values))


def _read(words: list[str], declared: Declared) -> dict[str, Any] | None:
    values = dict(declared.values)
    listed: list[str] = []
    is_listed = False
    left = iter(words)
    for word in left:
        if not word.startswith("-") or word == "-":
            if is_listed:
                return None  # argparse takes them in one row only
            listed.append(word)
            continue
        is_listed = bool(listed)
        if word in declared.switches:
            values[declared.switches[word]] = True
        elif word in declared.choices:
            key, choices = declared.choices[word]
            values[key] = next(left, None)
            if values[key] not in choices:
                return None
        else:
            return None
    if listed:
        values[declared.listed] = listed
    return values
