"""Requests about what an edit writes or takes away: a name, an address, a word that other places test requests for.

A name that is added to a server is also one that its `valid_referers server_names` accepts, and a line of a table
counts wherever the table is looked up. So whatever an edit changes is put to every other refusal that tests for such.
"""

import re
from collections.abc import Iterable, Iterator

from audit403.core.decision import Decision
from audit403.core.edit import Edit, TextEdit
from audit403.core.request import Request
from audit403.engine.variants import with_header

MOST_WORDS = 8
_NAMES = frozenset(("header:referer", "header:origin"))
_WORD = re.compile(r"[^\s;{}\"']+")
_HOST = re.compile(r"(?:\*?\.)?((?:[\w-]+\.)+[\w-]*[A-Za-z-][\w-]*)(?:\.\*)?")


def touched_words(edits: Iterable[Edit], source: dict[str, bytes]) -> tuple[str, ...]:
    """The words that edits of text bring or take away, without those that stand there before and after."""
    before: dict[str, None] = {}
    after: dict[str, None] = {}
    for edit in edits:
        if isinstance(edit, TextEdit):
            replaced = source.get(edit.file, b"")[edit.start : edit.end].decode("utf-8", "surrogateescape")
            before |= dict.fromkeys(_WORD.findall(replaced))
            after |= dict.fromkeys(_WORD.findall(edit.text))
    changed = [word for word in (*after, *before) if (word in before) != (word in after)]
    # An address in an `if` that becomes one in a list is touched, too.
    bare = dict.fromkeys(word.strip("()") for word in changed)
    return tuple(word for word in bare if _host(word) or _address(word))[:MOST_WORDS]


def touching(request: Request, decision: Decision, words: tuple[str, ...]) -> Iterator[Request]:
    """The request with the words in whatever the decision on it looked at."""
    tested = {step.field for step in decision.trace}
    for word in words:
        address, host = _address(word), _host(word)
        if address is not None and "client" in tested:
            same = (":" in address) == (":" in request.client)
            yield request._replace(client=address, to=request.to if same else None)
        elif host is not None:
            if "header:referer" in tested:
                yield with_header(request, "Referer", f"{request.scheme}://{host}/")
            if "header:origin" in tested:
                yield with_header(request, "Origin", f"{request.scheme}://{host}")


def tests_a_name(decision: Decision) -> bool:
    """Whether the decision looked at a name that the client gives; those of any server may be meant."""
    return any(step.field in _NAMES for step in decision.trace)


def _host(word: str) -> str | None:
    found = _HOST.fullmatch(word)
    if found is None:
        return None
    return f"www.{found[1]}" if word.startswith("*") else found[1]


def _address(word: str) -> str | None:
    """An address, or one of a network."""
    if not (word[:1].isdigit() or ":" in word):
        return None
    from ipaddress import ip_network

    try:
        network = ip_network(word, strict=False)
    except ValueError:
        return None
    return str(network[1] if network.num_addresses > 2 else network[0])
