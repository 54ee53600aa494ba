"""What a rule module declares, told from its source: most rules of a run judge nothing, and need not be imported.

Only declarations that say everything in plain words are understood – `@check(ERROR, "access-rule")` above a function
of the module – and a module with any other is imported.
"""

from audit403.core.named_tuple import NamedTuple

_IMPORTED = "from audit403.core.registry import check\n"
_CALLED = "check("
_DECLARED = "\n@check("


class Declared(NamedTuple):
    """A function that judges, and the facts' causes or kinds that it wants to see (none: all)."""

    function: str
    causes: frozenset[str]


def declared_in(source: str) -> tuple[Declared, ...] | None:
    """The checks of a module, or None where its source does not say plainly which they are."""
    first, *parts = source.split(_DECLARED)
    if _IMPORTED not in source or not parts or _calls(first):
        return None
    found = []
    for part in parts:
        written, closed, rest = part.partition(")\n")
        named, opened, _ = rest.partition("(")
        causes = _plain_words(written)
        if not closed or not opened or not named.startswith("def ") or causes is None or _calls(rest):
            return None
        found.append(Declared(named[4:], causes))
    return tuple(found)


def _calls(text: str) -> bool:
    """Whether `check(…)` is called, alone or as a member of something."""
    before = text.split(_CALLED)[:-1]
    return any(not (words[-1:].isalnum() or words.endswith("_")) for words in before)


def _plain_words(written: str) -> frozenset[str] | None:
    """The causes behind the severity, where each is a plain string."""
    words = [word.strip() for word in written.rstrip(", \n").split(",")[1:]]
    if any(len(word) < 3 or word[0] != '"' or word[-1] != '"' or "\\" in word or '"' in word[1:-1] for word in words):
        return None
    return frozenset(word[1:-1] for word in words)
