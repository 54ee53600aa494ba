"""Which files are plainly none of nginx's: told by their beginnings, without reading them as nginx does."""

import re

from audit403.evidence.interface import Evidence
from audit403.evidence.links import join, parent_of

NOT_RECOGNISED = "it was not recognised as nginx configuration"
MOST_PARENTS = 4
#: The first word is a section of an INI file or a tag, as php-fpm's and Apache's files begin.
_ANOTHER_LANGUAGE = re.compile(rb"(?:\s|[#;][^\n]*\n)*+(?:\[[\w .:-]+\]\s|</?[A-Za-z!?])")
#: A section as Apache has them, on a line of its own.
_SECTION = re.compile(
    rb"^[ \t]*</?(?:VirtualHost|(?:Directory|Location|Files|Proxy)(?:Match)?|If(?:Module|Define|Version)?"
    rb"|Limit(?:Except)?|Require(?:All|Any|None)|Macro)\b[^\n]*>[ \t\r]*$",
    re.IGNORECASE | re.MULTILINE,
)
_BEGINNING = 1 << 14
#: One by one, for `re` finds a beginning that is plain text many times as fast.
_MAIN_BLOCKS = (rb"http[ \t\r\n]*\{", rb"events[ \t\r\n]*\{", rb"stream[ \t\r\n]*\{", rb"mail[ \t\r\n]*\{")


def is_of_another_program(path: str, evidence: Evidence) -> bool:
    """Whether a lone file plainly is none of nginx's, and no main file near it may include it: it need not be read."""
    data = evidence.read(path)
    return (
        isinstance(data, bytes)
        and is_in_another_language(data)
        and not may_have_main_block(data)
        and not any(isinstance(evidence.read(main), bytes) for main in mains_around(path))
    )


def is_in_another_language(data: bytes) -> bool:
    """Whether a file begins as INI files, markup and Apache's configuration do."""
    return _ANOTHER_LANGUAGE.match(data) is not None or _SECTION.search(data, 0, _BEGINNING) is not None


def may_have_main_block(data: bytes) -> bool:
    """Whether what only a main file has may be in a file."""
    return any(re.search(block, data) for block in _MAIN_BLOCKS)


def mains_around(path: str) -> list[str]:
    """Where the main file may lie that a file belongs to."""
    found = []
    directory = parent_of(path)
    for _ in range(MOST_PARENTS):
        found.append(join(directory, "nginx.conf"))
        if directory == "/":
            break
        directory = parent_of(directory)
    return found
