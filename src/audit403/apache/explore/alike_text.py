"""What a virtual host says that may have to do with access, with its own names and directory marked in it.

Of virtual hosts that are alike the marked text is the same: what is to be known of that is worked out once.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from audit403.apache.read.configuration import Configuration
from audit403.apache.read.lines import Line
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple

_NEVER_ASKED = frozenset(
    {"errorlog", "customlog", "transferlog", "loglevel", "logformat", "serveradmin", "serversignature"}
)
_NEVER_ASKED_EITHER = "sslcertificate"
"""Directives that have no say in access; of the last there are several."""
_TELLS_HOSTS_APART = re.compile(
    r"(?:HTTP_HOST|SERVER_NAME|SERVER_ADDR|_TLS_SNI|DOCUMENT_ROOT|_FILENAME|CONTEXT_|\bHost\b|"
    r"\bVirtual(?:Document|Script))",
    re.IGNORECASE,
)
"""What stands in lines whose outcome may hang on which virtual host it is."""
_PART_OF_THOSE = ("host", "server_", "_sni", "_root", "_filename", "context_", "virtual")
_INCLUDES_ITS_OWN = re.compile(r"^(?:Include|<If(?:File|Define))[^\n]*\0", re.IGNORECASE | re.MULTILINE)
_ASKS_FOR_A_NAME = re.compile(
    r"RewriteCond[ \t]+\"?%\{(?:HTTP_HOST|SERVER_NAME)\}\"?[ \t]+(?:\"!?([^\"\n]+)\"|!?(\S+))[ \t]*(?:\[[^\n]*\])?\s*",
    re.IGNORECASE,
)
_SAYS_THE_SAME = re.compile(
    r"RewriteCond[ \t]+\"?%\{(?:DOCUMENT_ROOT|(?:REQUEST|SCRIPT)_FILENAME)\}\S*[ \t]+\"?!?-[a-zA-Z]\b[^\n]*"
    r"|RewriteRule[ \t]+\S+[ \t]+\"?https?://[^\n]*",
    re.IGNORECASE,
)
"""Whether files are there, of which nothing is known; where clients are sent to."""

Outcomes = tuple[tuple[bool, ...], ...]


class Said(NamedTuple):
    """What a virtual host says, marked, and for each of its tests of names which of its own names meet it."""

    text: str
    outcomes: Outcomes


class Texts:
    """What the virtual hosts of one configuration say."""

    def __init__(self, configuration: Configuration) -> None:
        self._lines = {path: file.lines.lines for path, file in configuration.files.items()}
        self._starts = {path: [start for _, start, _, _ in lines] for path, lines in self._lines.items()}
        #: The patterns that names are compared with, by marked text; None where a line asks in another way.
        self._patterns: dict[str, list[str] | None] = {}

    def of(self, directive: Directive, names: list[str]) -> Said | None:
        """What a virtual host says, given its names and, as the last of them, its directory; None where it cannot be
        told that another says the same.
        """
        text = self._text(directive)
        if "${" in text or "\0" in text:
            return None
        marked = _marked(text, names)
        if marked not in self._patterns:
            own = _INCLUDES_ITS_OWN.search(marked) is not None
            self._patterns[marked] = None if own else _patterns_in(marked)
        patterns = self._patterns[marked]
        outcomes = None if patterns is None else _outcomes(patterns, names)
        return None if outcomes is None else Said(marked, outcomes)

    def tell_hosts_apart(self, directives: Iterable[Directive]) -> bool:
        """Whether the outcome of what stands there may hang on which virtual host it is."""
        return any(_TELLS_HOSTS_APART.search(self._text(one)) for one in directives)

    def _text(self, directive: Directive) -> str:
        """The lines of a directive as they are written, without indentation, comments and what is never asked."""
        source = directive.source
        lines, starts = self._lines[source.path], self._starts[source.path]
        first = max(0, bisect_right(starts, directive.start) - 1)
        within = lines[first : bisect_left(starts, directive.end)]
        text = source.text
        return "\n".join([text[line[1] : line[2]] for line in within if _counts(line)]).replace("\\\n", " ")


def _counts(line: Line) -> bool:
    name = line[0]
    return name not in _NEVER_ASKED and not name.startswith(_NEVER_ASKED_EITHER)


def _marked(text: str, names: list[str]) -> str:
    """A text with a mark for each of the names, also where they stand escaped in a pattern."""
    escapes = "\\" in text
    for index in sorted(range(len(names)), key=lambda index: -len(names[index])):
        name = names[index]
        text = text.replace(name, f"\0{index}\0")
        if escapes:
            text = text.replace(re.escape(name), f"\0\\{index}\0")
    return text


def _unmarked(text: str, names: list[str]) -> str:
    for index, name in enumerate(names if "\0" in text else ()):
        text = text.replace(f"\0{index}\0", name).replace(f"\0\\{index}\0", re.escape(name))
    return text


def _patterns_in(text: str) -> list[str] | None:
    """The patterns that names are compared with; None where a line asks in a way that is not followed here."""
    found: list[str] = []
    low = text.lower()
    there = [part for part in _PART_OF_THOSE if part in low]  # what is plainly not there need not be looked for by line
    lines = zip(text.split("\n"), low.split("\n"), strict=True)
    for line, in_lower in lines if there else ():
        if not any([part in in_lower for part in there]) or _TELLS_HOSTS_APART.search(line) is None:  # noqa: C419
            continue
        test = _ASKS_FOR_A_NAME.fullmatch(line)
        if test is not None:
            found.append(test[1] or test[2])
        elif _SAYS_THE_SAME.fullmatch(line) is None:
            return None
    return None if any(pattern[0] in "<>-=" for pattern in found) else found


def _outcomes(patterns: list[str], names: list[str]) -> Outcomes | None:
    """For each pattern which of the names, without the directory, it takes; None where one is no regular expression."""
    found = []
    for pattern in patterns:
        try:
            regex = re.compile(_unmarked(pattern, names), re.IGNORECASE)
        except re.error:
            return None
        found.append(tuple([regex.search(name) is not None for name in names[:-1]]))
    return tuple(found)
