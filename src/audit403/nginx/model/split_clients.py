"""`split_clients "value" $name { … }`.

Truth: src/http/modules/ngx_http_split_clients_module.c and src/core/ngx_murmurhash.c.
"""

from collections.abc import Iterable

from audit403.core.named_tuple import NamedTuple
from audit403.nginx.model.template import Template, checked_template
from audit403.nginx.read.tree import Directive

_MASK = 0xFFFFFFFF
_MULTIPLIER = 0x5BD1E995


class SplitClients(NamedTuple):
    """Parts in order: the hash below `limit` takes `value`; a limit of 0 takes the rest."""

    directive: Directive
    source: Template
    parts: tuple[tuple[int, str, Directive], ...]


def compile_split_clients(directive: Directive, entries: Iterable[Directive]) -> SplitClients:
    """Compile one split_clients block; a line with an invalid percentage is left out."""
    parts: list[tuple[int, str, Directive]] = []
    last = 0
    for line in entries:
        if not line.args:
            continue
        hundredths = 0 if line.name == "*" else percentage(line.name)
        if hundredths is None:
            continue
        if hundredths:
            last = (last + hundredths * _MASK // 10000) & _MASK
        parts.append((last if hundredths else 0, line.args[0], line))
    return SplitClients(directive, checked_template(directive.args[0] if directive.args else ""), tuple(parts))


def part_of(split: SplitClients, text: str) -> tuple[str, Directive] | None:
    """The value that a text falls to, and its line."""
    number = murmur_hash2(text.encode("utf-8", "surrogateescape"))
    return next(((value, line) for limit, value, line in split.parts if limit == 0 or number < limit), None)


def percentage(text: str) -> int | None:
    """`12.5%` in hundredths of a percent, or None when nginx rejects it."""
    whole, _dot, fraction = text.removesuffix("%").partition(".")
    digits = whole + fraction
    if not text.endswith("%") or not digits.isdigit() or not digits.isascii() or len(fraction) > 2:
        return None
    return int(whole or "0") * 100 + int((fraction + "00")[:2]) or None


def murmur_hash2(data: bytes) -> int:
    """MurmurHash2 with nginx's seed, the length."""
    length = len(data)
    value = length & _MASK
    position = 0
    while length - position >= 4:
        word = int.from_bytes(data[position : position + 4], "little")
        word = word * _MULTIPLIER & _MASK
        word ^= word >> 24
        word = word * _MULTIPLIER & _MASK
        value = (value * _MULTIPLIER & _MASK) ^ word
        position += 4
    rest = data[position:]
    if rest:
        value ^= int.from_bytes(rest, "little")
        value = value * _MULTIPLIER & _MASK
    value ^= value >> 13
    value = value * _MULTIPLIER & _MASK
    return value ^ value >> 15
