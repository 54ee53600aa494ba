"""What a client takes: the lists of the Accept headers, and media types with parameters, as mod_negotiation reads them.

Truth: get_entry, do_header_line, do_languages_line and atoq in modules/mappers/mod_negotiation.c, ap_get_token in
server/util.c. The numbers are C's floats, whose ties decide.
"""

import re
from struct import pack, unpack

from audit403.apache.read.words import SPACES
from audit403.core.named_tuple import NamedTuple

SERVER_PARSED, SERVER_PARSED_3 = "text/x-server-parsed-html", "text/x-server-parsed-html3"
_LEVELS = {"text/html": 2.0, SERVER_PARSED: 2.0, SERVER_PARSED_3: 3.0}
_QUALITY = re.compile(rf"[{SPACES}]*+0?(?:(\.)([0-9]?)([0-9]?)([0-9]?))?")
_NUMBER = re.compile(rf"[{SPACES}]*+([+-]?[0-9]+)")
_LARGEST_INT = (1 << 31) - 1


class Accepted(NamedTuple):
    """One entry of a list: a name in lower case, and what its parameters say."""

    name: str
    quality: float = 1.0
    level: float = 0.0
    charset: str = ""


def single(number: float) -> float:
    """The nearest C float."""
    rounded: float = unpack("f", pack("f", number))[0]
    return rounded


def lower(text: str) -> str:
    """In lower case, as far as the letters are those of ASCII."""
    return text.lower() if text.isascii() else "".join(mark.lower() if mark.isascii() else mark for mark in text)


def entries_of(line: str) -> list[Accepted]:
    """All entries of a header."""
    found = []
    while line:
        entry, line = entry_of(line)
        found.append(entry)
    return found


def entry_of(line: str) -> tuple[Accepted, str]:
    """The first entry, and what is left behind it."""
    name, line = token_of(line)
    name = lower(name)
    quality, level, charset = 1.0, _LEVELS.get(name, 0.0), ""
    while line.startswith(";"):
        parameter, line = token_of(line[1:], with_spaces=True)
        key, value = _parameter(parameter)
        if value is None:
            continue
        if key in ("q", "qs"):
            quality = quality_of(value)
        elif key == "level":
            level = _integer(value)
        elif key == "charset":
            charset = value
    return Accepted(name, quality, level, charset), line.removeprefix(",")


def list_items(line: str) -> list[str]:
    """The items of a list in lower case; commas in quotes and in comments part nothing (ap_get_list_item)."""
    found: list[str] = []
    item = ""
    is_quoted, depth, is_escaped = False, 0, False
    for mark in line + ",":
        if is_escaped:
            is_escaped = False
        elif mark == "\\":
            is_escaped = True
        elif mark == '"' and not depth:
            is_quoted = not is_quoted
        elif mark == "(" and not is_quoted:
            depth += 1
        elif mark == ")" and depth:
            depth -= 1
        elif mark == "," and not is_quoted and not depth:
            found += [lower(item.strip(SPACES))] if item.strip(SPACES) else []
            item = ""
            continue
        item += mark
    return found


def token_of(line: str, *, with_spaces: bool = False) -> tuple[str, str]:
    """The text up to a comma or semicolon outside quotes, or to a space, and what is left behind it."""
    line = line.lstrip(SPACES)
    at = 0
    while at < len(line) and line[at] not in ";," and (with_spaces or line[at] not in SPACES):
        at += 1
        if line[at - 1] == '"':
            closing = line.find('"', at)
            at = len(line) if closing < 0 else closing + 1
    return line[:at], line[at:].lstrip(SPACES)


def languages_of(line: str) -> list[str]:
    """The languages of a type map's line."""
    found = []
    while line:
        language, line = token_of(line)
        found.append(lower(language))
        if line[:1] in (",", ";"):
            line = line[1:]
    return found


def quality_of(text: str) -> float:
    """A quality; what is none counts as 1."""
    found = _QUALITY.match(text)
    if not text or found is None or not found[0].lstrip(SPACES):
        return 1.0
    # Digits count up to the first that is missing.
    return single(int(f"{found[2] or ''}{found[3] or ''}{found[4] or ''}".ljust(3, "0")) / 1000) if found[1] else 0.0


def _parameter(text: str) -> tuple[str, str | None]:
    """The name and the value; None where there is no `=`, nor a space."""
    end = next((at for at, mark in enumerate(text) if mark in SPACES or mark == "="), None)
    if end is None:
        return lower(text), None
    value = text[end + 1 :].lstrip(SPACES + "=")
    value = re.split('[\n\r"]', value[1:], maxsplit=1)[0] if value.startswith('"') else _bare(value)
    return lower(text[:end]), lower(value)


def _bare(value: str) -> str:
    return re.split(f"[{SPACES}]", value, maxsplit=1)[0]


def _integer(text: str) -> float:
    found = _NUMBER.match(text)
    number = 0 if found is None else int(found[1])
    return single(max(-_LARGEST_INT - 1, min(number, _LARGEST_INT)))
