"""Numbers, sizes and times as nginx reads them; None is what it refuses.

Truth: ngx_atoi in src/core/ngx_string.c, src/core/ngx_parse.c.
"""

import re

MOST = 2**63 - 1
_LONGEST = 4000  # nginx takes no longer word, and Python no number of many more digits

_SIZES = {"k": 10, "m": 20}
_OFFSETS = _SIZES | {"g": 30}
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
#: The units in their order, each with its seconds; nginx's months have 30 days and its years 365.
_UNITS = {"y": 365 * _DAY, "M": 30 * _DAY, "w": 7 * _DAY, "d": _DAY, "h": _HOUR, "m": _MINUTE, "s": 1, "ms": 0, " ": 1}
_ORDER = {unit: place for place, unit in enumerate(("y", "M", "w", "d", "h", "m", "s", "ms", " "), 1)}
_PART = re.compile(r"([0-9]*)(ms|[yMwdhms ]) *")
_SECOND, _MILLISECOND = _ORDER["s"], _ORDER["ms"]


def parse_number(text: str) -> int | None:
    """A whole number without a sign."""
    if not (text.isascii() and text.isdigit()) or len(text) > _LONGEST:
        return None
    value = int(text)
    return None if value > MOST else value


def parse_size(text: str) -> int | None:
    """Bytes, with `k` or `m` behind them."""
    return _scaled(text, _SIZES)


def parse_offset(text: str) -> int | None:
    """Bytes, with `k`, `m` or `g` behind them."""
    return _scaled(text, _OFFSETS)


def _scaled(text: str, units: dict[str, int]) -> int | None:
    shift = units.get(text[-1:].lower(), 0)
    value = parse_number(text[:-1] if shift else text)
    return None if value is None or value > MOST >> shift else value << shift


def parse_time(text: str, *, seconds: bool) -> int | None:
    """`1d 12h`, `90s`, `90`: in seconds, or in milliseconds, where `500ms` goes and years and months do not."""
    if len(text) > _LONGEST:
        return None
    total, position, step = 0, 0, 0 if seconds else _ORDER["M"]
    scale = 1 if seconds else 1000
    valid = False
    while match := _PART.match(text, position):
        digits, unit = match.groups()
        place = _ORDER[unit]
        # A space stands for seconds and may follow minutes, but nothing may follow it.
        if step >= (_SECOND if unit == " " else place) or (unit == "ms" and seconds):
            return None
        valid = valid or bool(digits)
        step = place
        total += int(digits or "0") * (1 if unit == "ms" else _UNITS[unit] * scale)
        position = match.end()
    rest = text[position:]
    if not (valid or rest) or not ((rest.isascii() and rest.isdigit()) or not rest):
        return None
    total += int(rest or "0") * scale
    return None if total > MOST else total
