"""Pieces of configuration as people write them, and how they are filled in.

A piece begins with `=== name | modules that it needs`. `[[a||b]]` is one of several texts, `? ` before a line (or
before each line of a block) makes it optional, `\\n` in a choice is a line break. `@ROOT@` and others are places.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from random import Random

_FOLDER = Path(__file__).parent
_CHOICE = re.compile(r"\[\[((?:(?!\[\[).)*?)\]\](?!\])", re.DOTALL)
_PLACE = re.compile(r"@([A-Z]+)@")
_OPENED = re.compile(r"<(Limit|LimitExcept|RequireAny|RequireAll)\b", re.IGNORECASE)
_OPTIONAL = "? "


class Snippet(NamedTuple):
    """One piece."""

    name: str
    needs: tuple[str, ...]
    text: str


def snippets(file: str) -> tuple[Snippet, ...]:
    """The pieces of a file."""
    found = []
    for part in (_FOLDER / file).read_text().split("\n=== ")[1:]:
        head, _, text = part.partition("\n")
        name, _, needs = head.partition("|")
        found.append(Snippet(name.strip(), tuple(needs.split()), text.strip("\n")))
    return tuple(found)


class Filler:
    """Fills pieces in. `places` gives what stands for a name such as ROOT, each time anew."""

    def __init__(self, rng: Random, modules: Collection[str], scripts: str) -> None:
        self.rng = rng
        self.modules = modules
        self.scripts = scripts

    def fill(self, snippet: Snippet, places: dict[str, Callable[[], str]]) -> str:
        """The piece with everything decided; inside `<IfModule>` where a module may be missing."""
        text = self._places(self._choices(self._optional(snippet.text)), places)
        text = _closed(text)
        for module in snippet.needs:
            name = self.scripts if module == "SCRIPTS" else module
            if name not in self.modules or self.rng.random() < 0.12:
                written = self.rng.choice((f"mod_{name}.c", f"{name}_module"))
                text = f"<IfModule {written}>\n{text}\n</IfModule>"
        return text

    def _optional(self, text: str) -> str:
        """The lines that are there; a section whose lines all have the mark stays or goes as one."""
        found: list[str] = []
        block: bool | None = None
        for line in text.splitlines():
            bare = line.lstrip()
            if not bare.startswith(_OPTIONAL):
                found.append(line)
                block = None
                continue
            said = bare.removeprefix(_OPTIONAL)
            opens, closes = said.startswith("<") and not said.startswith("</"), said.startswith("</")
            if block is None:
                keep = self.rng.random() < 0.4
                if opens:
                    block, depth = keep, 1
            else:
                keep = block
                depth += opens - closes
                if depth == 0:
                    block = None
            if keep:
                found.append(said)
        return "\n".join(found)

    def _choices(self, text: str) -> str:
        while found := _CHOICE.search(text):
            chosen = self.rng.choice(found[1].split("||")).replace("\\n", "\n")
            text = text[: found.start()] + chosen + text[found.end() :]
        return text

    def _places(self, text: str, places: dict[str, Callable[[], str]]) -> str:
        return _PLACE.sub(lambda found: places[found[1]](), text)


def _closed(text: str) -> str:
    """Closing tags whose names were chosen with the opening ones."""
    for mark, names in (("</LIMIT>", ("limit",)), ("</REQUIRE>", ("require",))):
        while mark in text:
            before, _, behind = text.partition(mark)
            opened = [found[1] for found in _OPENED.finditer(before) if found[1].lower().startswith(names)]
            text = f"{before}</{opened[-1]}>{behind}"
    return text
