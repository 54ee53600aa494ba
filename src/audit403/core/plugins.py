"""Finds plug-ins by their entry points, read straight from the installed distributions.

importlib.metadata costs some 30 ms; the files are a few lines of INI each (PyPA entry points specification).
"""

import os
import sys
from functools import cache
from importlib import import_module
from typing import Any

CHECKS = "audit403.checks"
FAMILIES = "audit403.families"


def entry_points(group: str) -> dict[str, str]:
    """Name to `module:attribute` of every plug-in in a group, by name."""
    return dict(sorted(_every_entry_point().get(group, {}).items()))


@cache
def _every_entry_point() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for directory in sys.path:
        _read_directory(directory or ".", found)
    return found


def load(value: str) -> Any:
    """Import what an entry point names. Raises ImportError or AttributeError when it is not there."""
    module, _, attribute = value.partition(":")
    loaded: Any = import_module(module.strip())
    for name in attribute.split("."):
        if name.strip():
            loaded = getattr(loaded, name.strip())
    return loaded


def _read_directory(directory: str, found: dict[str, dict[str, str]]) -> None:
    try:
        names = os.listdir(directory)
    except OSError:
        return
    for name in names:
        if name.endswith((".dist-info", ".egg-info")):
            _read_file(os.path.join(directory, name, "entry_points.txt"), found)


def _read_file(path: str, found: dict[str, dict[str, str]]) -> None:
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError):
        return
    if "audit403." not in text:
        return
    group = ""
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("["):
            group = line.strip("[]")
        elif "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.setdefault(group, {}).setdefault(name.strip(), value.strip())
