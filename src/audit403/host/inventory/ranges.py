"""Names of hosts with ranges, `web[01:20].example` and `db-[a:f]`, as Ansible's inventories have them.

Truth: ansible's parsing/utils/addresses.py and plugins/inventory/__init__.py (expand_hostname_range).
"""

import ipaddress
import re
import string

from audit403.core.errors import BadUsage

MOST_HOSTS = 100_000
_LONGEST_NUMBER = 18
_RANGE = r"\[(?:[a-z]:[a-z]|[0-9]+:[0-9]+)(?::[0-9]+)?\]"
_LABEL = rf"(?:\w|{_RANGE})(?:[\w-]|{_RANGE})*(?<![_-])"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*", re.IGNORECASE)
_SIX_RANGE = re.compile(r"(?:(?<=:)|^)\[[0-9a-f]+:[0-9a-f]+(?::[0-9]+)?\](?=:|$)", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"\[(.+)\]:([0-9]+)")
_WITH_PORT = re.compile(r"((?:[^:\[\]]|\[[^\]]*\])*):([0-9]+)")


def names_and_port(text: str) -> tuple[list[str], int | None]:
    """The hosts that a first word of a line names, and the port behind it. Raises BadUsage."""
    pattern, port = _split(text)
    if port is None and text.endswith(":"):
        raise BadUsage("a name ends in a colon, and no port follows")
    if port is not None and len(port) > _LONGEST_NUMBER:
        raise BadUsage("a port is a number up to 65535")
    return expanded(pattern), None if port is None else int(port)


def is_address(text: str) -> bool:
    """Whether it is the name or the address of a host, with ranges and a port perhaps."""
    pattern, port = _split(text)
    return port is not None or _is_name(pattern)


def expanded(pattern: str, most: int = MOST_HOSTS) -> list[str]:
    """All names of a pattern. Raises BadUsage, also where they are more than any inventory has."""
    names = [pattern]
    while any("[" in name for name in names):
        following: list[str] = []
        for name in names:
            following += _first_range(name, most - len(following)) if "[" in name else [name]
        names = following
    return names


def _split(text: str) -> tuple[str, str | None]:
    """Name and port; a text that is no name with a port is left as it is."""
    found = _IN_BRACKETS.fullmatch(text) or _WITH_PORT.fullmatch(text)
    if found is None or not _is_name(found[1]):
        return text, None
    return found[1], found[2]


def _is_name(text: str) -> bool:
    if _NAME.fullmatch(text):
        return True
    try:
        ipaddress.IPv6Address(_SIX_RANGE.sub("1", text))
    except ValueError:
        return False
    return "%" not in text


def _first_range(name: str, most: int) -> list[str]:
    """The names that the first range of a name makes of it."""
    head, _, rest = name.partition("[")
    inside, closing, tail = rest.partition("]")
    bounds = inside.split(":")
    if not closing or len(bounds) not in (2, 3) or not bounds[1]:
        raise BadUsage(f"a range is [first:last] or [first:last:step], and {name!r} has another one")
    first, last, step = bounds[0] or "0", bounds[1], bounds[2] if len(bounds) == 3 else "1"
    width = len(first) if first[0] == "0" and len(first) > 1 else 0
    if width and width != len(last):
        raise BadUsage(f"first and last of the range in {name!r} have to be of one length")
    try:
        middle = _values(first, last, step)
    except ValueError:
        raise BadUsage(f"the range in {name!r} has no beginning and end that belong together") from None
    if len(middle) > most:
        raise BadUsage(f"{name!r} stands for more than {MOST_HOSTS:,} hosts")
    return [f"{head}{str(value).zfill(width)}{tail}" for value in middle]


def _values(first: str, last: str, step: str) -> range | str:
    """The numbers or letters of a range; raises ValueError."""
    if max(len(first), len(last), len(step)) > _LONGEST_NUMBER:
        raise ValueError
    letters = string.ascii_letters
    if len(first) == len(last) == 1 and first in letters and last in letters:
        begin, end = letters.index(first), letters.index(last)
        if begin > end:
            raise ValueError
        return letters[begin : end + 1 : int(step)]
    return range(int(first), int(last) + 1, int(step))
