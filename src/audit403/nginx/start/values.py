"""The kinds of values that many configurations have: numbers, sizes, times, networks, words out of a list.

Truth: the ngx_conf_set_*_slot functions in src/core/ngx_conf_file.c and ngx_file.c, with their post handlers. A check
gets the directive's name and its arguments; it gives the argument at fault with nginx's words, or None.
"""

from collections.abc import Callable

from audit403.nginx.model.address import parse_network
from audit403.nginx.model.numbers import parse_number, parse_offset, parse_size, parse_time

Said = tuple[int, str] | None
Check = Callable[[str, list[str]], Said]

_LEAST_POOL = 112
_POOL_ALIGNMENT = 16
_HTTP2_WINDOW = 2**31 - 1
_HTTP2_STATE = 2 * 16
_LONGEST_LEVELS = 10


def check_of(kind: str) -> Check | None:
    """The check that a kind's name in the table stands for; None where every value goes."""
    name, *words = kind.split()
    if name == "any":
        return None
    make = _WITH_WORDS.get(name)
    if make is not None:
        return make(words)
    check = _CHECKS.get(name)
    if check is None:
        from audit403.nginx.start.own_values import own_check_of

        return own_check_of(name, words)
    return check


def _is_time(text: str, seconds: bool) -> bool:
    return parse_time(text, seconds=seconds) is not None


def _invalid(name: str) -> str:
    return f'"{name}" directive invalid value'


def _msec(name: str, args: list[str]) -> Said:
    return None if _is_time(args[0], False) else (0, _invalid(name))


def _sec(name: str, args: list[str]) -> Said:
    return None if _is_time(args[0], True) else (0, _invalid(name))


def _size(name: str, args: list[str]) -> Said:
    return None if parse_size(args[0]) is not None else (0, _invalid(name))


def _offset(name: str, args: list[str]) -> Said:
    return None if parse_offset(args[0]) is not None else (0, _invalid(name))


def _offset_or_off(name: str, args: list[str]) -> Said:
    return None if args[0] == "off" else _offset(name, args)


def _size_or_variable(name: str, args: list[str]) -> Said:
    return None if "$" in args[0] else _size(name, args)


def _pool(name: str, args: list[str]) -> Said:
    size = parse_size(args[0])
    if size is None:
        return 0, _invalid(name)
    if size < _LEAST_POOL:
        return 0, f"the pool size must be no less than {_LEAST_POOL}"
    return (0, f"the pool size must be a multiple of {_POOL_ALIGNMENT}") if size % _POOL_ALIGNMENT else None


def _http2_chunk(name: str, args: list[str]) -> Said:
    size = parse_size(args[0])
    return _size(name, args) if size != 0 else (0, "the http2 chunk size cannot be zero")


def _http2_preread(name: str, args: list[str]) -> Said:
    size = parse_size(args[0])
    if size is not None and size > _HTTP2_WINDOW:
        return 0, f"the maximum body preread buffer size is {_HTTP2_WINDOW}"
    return _size(name, args)


def _http2_buffer(name: str, args: list[str]) -> Said:
    size = parse_size(args[0])
    return (
        (0, f'"{name}" directive value is too small')
        if size is not None and size <= _HTTP2_STATE
        else _size(name, args)
    )


def _power_of_two(name: str, args: list[str]) -> Said:
    number = parse_number(args[0])
    if number is None:
        return 0, f'"{name}" directive invalid number'
    return (0, f'"{name}" directive must be a power of two') if number == 0 or number & (number - 1) else None


def _buffers(name: str, args: list[str]) -> Said:
    if not parse_number(args[0]):
        return 0, _invalid(name)
    return None if parse_size(args[1]) else (1, _invalid(name))


def _access(name: str, args: list[str]) -> Said:
    for index, word in enumerate(args):
        who, colon, right = word.partition(":")
        if who not in ("user", "group", "all") or not colon or right not in ("rw", "r"):
            return index, f'invalid value "{word}"'
    return None


def check_path(name: str, args: list[str]) -> Said:
    """A folder with its levels."""
    length = 0
    for index, word in enumerate(args[1:], 1):
        level = parse_number(word)
        if not level:
            return index, _invalid(name)
        length += level + 1
    return (1, _invalid(name)) if length > _LONGEST_LEVELS + len(args) - 1 else None


def _cache_valid(name: str, args: list[str]) -> Said:
    last = len(args) - 1
    if not _is_time(args[last], True):
        return last, f'invalid time value "{args[last]}"'
    for index, word in enumerate(args[:-1]):
        status = parse_number(word)
        if word != "any" and (status is None or not 100 <= status <= 599):
            return index, f'invalid status "{word}"'
    return None


def _keepalive_timeout(name: str, args: list[str]) -> Said:
    if not _is_time(args[0], False):
        return 0, _invalid(name)
    return (1, _invalid(name)) if len(args) > 1 and not _is_time(args[1], True) else None


def _number(bounds: list[str]) -> Check:
    def check(name: str, args: list[str]) -> Said:
        number = parse_number(args[0])
        if number is None:
            return 0, f'"{name}" directive invalid number'
        if bounds and not int(bounds[0]) <= number <= int(bounds[1]):
            return 0, f"value must be between {bounds[0]} and {bounds[1]}"
        return None

    return check


def _words(known: list[str]) -> Check:
    wanted = frozenset(word.lower() for word in known)

    def check(name: str, args: list[str]) -> Said:
        for index, word in enumerate(args):
            if word.lower() not in wanted:
                return index, f'invalid value "{word}"'
        return None

    return check


def _step(known: list[str]) -> Check:
    wanted = frozenset(parse_size(word) for word in known)
    listed = f"{', '.join(known[:-1])}, or {known[-1]}"

    def check(name: str, args: list[str]) -> Said:
        size = parse_size(args[0])
        if size is None:
            return 0, _invalid(name)
        return None if size in wanted else (0, f'"{name}" directive must be {listed}')

    return check


def _index(name: str, args: list[str]) -> Said:
    for index, word in enumerate(args):
        if not word:
            return index, f'index "{args[0]}" in "index" directive is invalid'
    return None


def _try_files(name: str, args: list[str]) -> Said:
    last = len(args) - 1
    word = args[last]
    if not word.startswith("=") or "$" in word:
        return None
    code = parse_number(word[1:])
    return (last, f'invalid code "{word}"') if code is None or code > 999 else None


def _network(words: list[str]) -> Check:
    def check(name: str, args: list[str]) -> Said:
        if args[0] in words or is_network(args[0]):
            return None
        return 0, f'invalid parameter "{args[0]}"'

    return check


def is_network(text: str) -> bool:
    """An address or a network."""
    return text != "unix:" and parse_network(text) is not None


_CHECKS: dict[str, Check] = {
    "access": _access,
    "buffers": _buffers,
    "cache_valid": _cache_valid,
    "http2_buffer": _http2_buffer,
    "http2_chunk": _http2_chunk,
    "http2_preread": _http2_preread,
    "index": _index,
    "keepalive_timeout": _keepalive_timeout,
    "msec": _msec,
    "offset": _offset,
    "offset_or_off": _offset_or_off,
    "pool": _pool,
    "power_of_two": _power_of_two,
    "sec": _sec,
    "size": _size,
    "size_or_variable": _size_or_variable,
    "try_files": _try_files,
}
_WITH_WORDS: dict[str, Callable[[list[str]], Check]] = {
    "network": _network,
    "number": _number,
    "step": _step,
    "words": _words,
}
