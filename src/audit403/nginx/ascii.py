"""Lower case as nginx has it: A to Z only."""

_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def lower(text: str) -> str:
    """The text with A–Z in lower case and everything else as it is."""
    return text.lower() if text.isascii() else text.translate(_LOWER)
