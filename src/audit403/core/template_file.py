"""Templates out of which configuration is made (Jinja, ERB, Go, Twig, autoconf, panels): no server reads them so.

Their marks are known from the documentation of those languages; only what its server could not read is looked at.
"""

import re

MESSAGE = "this is a template and no configuration yet: audit what it is rendered to"

_MARKS = (
    r"\{\{[ \w.$#/&!>^(-][^{}\n]{0,300}\}\}|\{%[^\n]{0,300}?%\}|<%[^\n]{0,300}?%>"
    # `@prefix@` of autoconf, `@@Port@@` of httpd's own build, `%domain%` of panels for hosting; no e-mail address.
    r"|(?<![\w.@%])(?:@[A-Za-z]\w{2,40}@|@@[A-Za-z]\w{1,40}@@|%[A-Za-z]{2}[a-z_]{0,40}%)(?![\w.@-]{0,64}\.[a-z])"
)


def is_template(text: str) -> bool:
    """Whether a text that is no valid configuration has a template language's marks in it; bytes may have any."""
    return "\0" not in text and re.search(_MARKS, text) is not None
