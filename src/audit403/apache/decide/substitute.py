r"""Captures put into a text: `$1`, and `\` before what is meant as it stands.

Truth: regsub_core in server/util.c (ap_pregsub).
"""

from audit403.http.regex import Captured

LONGEST = 1_000_000
"""What is longer than this is not put together: texts that double themselves fill any memory, httpd's as well."""


def substitute(text: str, captured: Captured) -> str:
    """The text with what a pattern has captured put in."""
    out: list[str] = []
    position = 0
    groups = captured.groups
    while position < len(text):
        mark = text[position]
        position += 1
        following = text[position : position + 1]
        if mark == "$" and following.isascii() and following.isdigit():
            number = int(following)
            position += 1
            if number < len(groups):
                out.append(groups[number])
        elif mark == "\\" and following:
            out.append(following)
            position += 1
        else:
            out.append(mark)
    return "".join(out)
