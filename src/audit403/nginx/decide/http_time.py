"""Dates in headers, in the three forms that HTTP has had.

Truth: ngx_parse_http_time in src/core/ngx_parse_time.c, which is laxer than any RFC: weekdays and zones do not count.
"""

import re
from calendar import monthrange
from datetime import date

NOT_A_TIME = -1

_RFC822 = re.compile(r"(\d\d) (...) (\d{4}) (\d\d):(\d\d):(\d\d)", re.ASCII | re.DOTALL)
_RFC850 = re.compile(r"(\d\d)-(...)-(\d\d) (\d\d):(\d\d):(\d\d)", re.ASCII | re.DOTALL)
_ASCTIME = re.compile(r"(...). ?(\d\d?) (\d\d):(\d\d):(\d\d) (\d{4})", re.ASCII | re.DOTALL)
_SHORTEST = 18
_EPOCH = date(1970, 1, 1).toordinal()


def parse_http_time(value: str) -> int:
    """Seconds since the epoch, or NOT_A_TIME."""
    comma, space = value.find(","), value.find(" ")
    is_asctime = space >= 0 and not 0 <= comma < space
    cut = space if is_asctime else comma
    rest = value[cut + 1 :].lstrip(" ") if cut >= 0 else ""
    if len(rest) < _SHORTEST:
        return NOT_A_TIME
    if is_asctime:
        found = _ASCTIME.match(rest)
        if found is None:
            return NOT_A_TIME
        name, day, hour, minute, second, year = found.groups()
    else:
        found = _RFC822.match(rest) if len(rest) >= _SHORTEST + 2 else None
        found = found or _RFC850.match(rest)
        if found is None:
            return NOT_A_TIME
        day, name, year, hour, minute, second = found.groups()
    month = _month(name)
    if month is None:
        return NOT_A_TIME
    whole_year = int(year) if len(year) == 4 else int(year) + (2000 if int(year) < 70 else 1900)
    return _seconds(whole_year, month, int(day), int(hour), int(minute), int(second))


def _month(name: str) -> int | None:
    """The month as nginx tells it: by as few letters as it needs."""
    first, second, third = tuple(name)
    if first == "J":
        return 1 if second == "a" else 6 if third == "n" else 7
    if first == "M":
        return 3 if third == "r" else 5
    if first == "A":
        return 4 if second == "p" else 8
    return {"F": 2, "S": 9, "O": 10, "N": 11, "D": 12}.get(first)


def _seconds(year: int, month: int, day: int, hour: int, minute: int, second: int) -> int:
    if hour > 23 or minute > 59 or second > 59 or year < 1:
        return NOT_A_TIME
    last = monthrange(year, month)[1]
    if day > last:
        return NOT_A_TIME
    # Day 0 is the last of the month before.
    days = date(year, month, 1).toordinal() + day - 1 - _EPOCH
    return days * 86400 + hour * 3600 + minute * 60 + second
