"""Templates out of which configuration is made (Jinja, ERB, Go, Mustache, Twig): no server ever reads them as they are.

Their marks are known from the documentation of those languages; only what its server could not read is looked at.
"""

import re

MESSAGE = "this is a template and no configuration yet: audit what it is rendered to"

_MARKS = r"\{\{[ \w.$#/&!>^(-][^{}\n]{0,300}\}\}|\{%[^\n]{0,300}?%\}|<%[^\n]{0,300}?%>"


def is_template(text: str) -> bool:
    """Whether a text that is no valid configuration has a template language's marks in it; bytes may have any."""
    return "\0" not in text and re.search(_MARKS, text) is not None
