"""`<Macro>`, `Use` and `UndefMacro`: the truth is modules/core/mod_macro.c.

A macro's contents are lines of text; Use puts its arguments in and has httpd read the lines as a file of their own,
whose name says where the macro is written and used. Nothing in it is understood before that.
"""

from audit403.apache.read.lines import Joined, Line, tag_name
from audit403.apache.read.process import Macro, MacroLine
from audit403.apache.read.tree import Piece
from audit403.apache.read.variables import pieces_between, replaced
from audit403.apache.read.words import SPACES, first_word
from audit403.core.named_tuple import NamedTuple

#: MAX_STRING_LEN: a line of a macro must fit in it, before and after its arguments are put in.
LONGEST_LINE = 8192
#: How many arguments are put into one line; more than that is one that goes on for ever.
MOST_ARGUMENTS = 500


class Expanded(NamedTuple):
    """The lines of one use of a macro; every one has its text and its pieces in `joined`, by its index as its start.

    A last line that ends with a backslash is `unfinished`: it goes on with the line behind the Use.
    """

    lines: list[Line]
    joined: dict[int, Joined]
    origins: list[MacroLine]
    unfinished: MacroLine | None


def check_arguments(macro: Macro) -> str | None:
    """What httpd has against the names of a macro's arguments."""
    for number, name in enumerate(macro.arguments):
        if not name:
            return f"macro '{macro.name}': the name of its argument {number + 1} is empty"
        if name in macro.arguments[:number]:
            return f"macro '{macro.name}' has two arguments with the name '{name}'"
    return None


def expand(macro: Macro, values: list[str]) -> Expanded | str:
    """The lines of a macro with these values for its arguments, or what httpd has against them."""
    expanded = Expanded([], {}, [], None)
    number = 0
    while number < len(macro.contents):
        line = macro.contents[number]
        text, pieces = _substituted(line, macro.arguments, values)
        if len(text) >= LONGEST_LINE - 1:
            return f"a line of the macro '{macro.name}' grows longer than {LONGEST_LINE:,} bytes"
        number += 1
        while text.endswith("\\") and number < len(macro.contents):
            more, more_pieces = _substituted(macro.contents[number], macro.arguments, values)
            number += 1
            pieces = pieces_between(pieces, 0, len(text) - 1, 0)
            pieces += pieces_between(more_pieces, 0, len(more), len(text) - 1)
            text = text[:-1] + more
        if text.endswith("\\"):
            unfinished = MacroLine(text[:-1], line.source, pieces_between(pieces, 0, len(text) - 1, 0))
            return expanded._replace(unfinished=unfinished)
        add_line(expanded, MacroLine(text, line.source, pieces), number)
    return expanded


def add_line(expanded: Expanded, line: MacroLine, number: int) -> None:
    """Add a line, which httpd counts as this one, unless it is blank or a comment."""
    stripped = line.text.strip(SPACES)
    word, args_at = first_word(stripped)
    if not word or stripped[0] == "#":
        return
    before = line.text.index(stripped)
    pieces = pieces_between(line.pieces, before, before + len(stripped), 0)
    index = len(expanded.lines)
    expanded.lines.append((tag_name(word).lower(), index, index, args_at))
    expanded.joined[index] = Joined(stripped, pieces, number)
    expanded.origins.append(line)


def _substituted(line: MacroLine, names: list[str], values: list[str]) -> tuple[str, list[Piece]]:
    """A line with the arguments put in; of several names at one place the longest counts, as in httpd."""
    text, pieces = line.text, line.pieces
    position = 0
    for _ in range(MOST_ARGUMENTS):
        at, chosen = -1, -1
        for number, name in enumerate(names):
            found = text.find(name, position)
            if found >= 0 and (at < 0 or found < at or (found == at and len(name) > len(names[chosen]))):
                at, chosen = found, number
        if at < 0 or len(text) >= LONGEST_LINE:
            return text, pieces
        name, value = names[chosen], values[chosen]
        if name != value:
            put = _quoted(value) if name.startswith("@") else value
            end = at + len(name)
            tail = pieces_between(pieces, end, len(text), at + len(put))
            middle = [replaced(pieces, at, end, at)] if put else []
            pieces = [*pieces_between(pieces, 0, at, 0), *middle, *tail]
            text = text[:at] + put + text[end:]
        # Quotes and escapes that were added are not skipped: httpd looks at the last characters once more.
        position = at + len(value)
    return " " * LONGEST_LINE, []


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
