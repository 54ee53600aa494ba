"""What stands in a record for a secret that was left out of it: text that is known, and equal to nothing that is.

A filler is made of letters and a digit, so that a pattern with one in it is still a pattern. Whatever is compared with
it cannot be decided, but for the empty text, which no secret is.
"""

from audit403.core.decision import REASON_FILE, Missing
from audit403.core.open_question import Undecided

_FILLER = "W1thHeld"
_MARK = _FILLER[:4]
SHORTEST = len(_MARK)
WITHHELD = Missing(REASON_FILE, "a credential that is left out of the record")


def filler(length: int) -> bytes:
    """So many bytes in place of a secret; secrets shorter than the mark are not left out."""
    return (_FILLER * (length // len(_FILLER) + 1))[:length].encode()


def is_filled(text: str) -> bool:
    """Whether a part of a text was left out."""
    return _MARK in text


def require_known(*texts: str) -> None:
    """Raise Undecided where texts that are compared are not known; the empty one is always told from a secret."""
    if any(_MARK in text for text in texts) and all(texts):
        raise Undecided(WITHHELD)
