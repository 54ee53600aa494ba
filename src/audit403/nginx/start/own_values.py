"""Values that only one or two directives take: networks, error codes, names of browsers.

Truth: the set handlers of the modules in src/http and src/core. As in `values`.
"""

from collections.abc import Callable

from audit403.nginx.model.address import parse_address
from audit403.nginx.model.numbers import parse_number, parse_time
from audit403.nginx.model.url import InvalidUrl, is_no_host, parse_url
from audit403.nginx.start.values import Check, Said, is_network

_BROWSERS = frozenset(("gecko", "konqueror", "msie", "netscape4", "opera", "safari"))
_EVENT_METHODS = frozenset(("epoll", "kqueue", "select", "poll", "/dev/poll", "eventport", "iocp"))
_DAY = 24 * 60 * 60
_MOST_CPUS = 1024
_LAST_PORT = 65535
_RESOLVER_FLAGS = ("ipv4=", "ipv6=")


def own_check_of(name: str, words: list[str]) -> Check:
    """The check of this name."""
    make = _WITH_WORDS.get(name)
    return _CHECKS[name] if make is None else make(words)


def _added_header(name: str, args: list[str]) -> Said:
    return (2, f'invalid parameter "{args[2]}"') if len(args) > 2 and args[2] != "always" else None


def _bind(name: str, args: list[str]) -> Said:
    if args != ["off"] and "$" not in args[0] and not _is_address_with_port(args[0]):
        return 0, f'invalid address "{args[0]}"'
    return (1, f'invalid parameter "{args[1]}"') if len(args) > 1 and args[1] != "transparent" else None


def _is_address_with_port(text: str) -> bool:
    """ngx_parse_addr_port: the port may be left out, and then the brackets too."""
    if _is_inet(text):
        return True
    host, colon, port = text.rpartition(":") if text.startswith("[") else text.partition(":")
    number = parse_number(port)
    if not colon or number is None or not 1 <= number <= _LAST_PORT:
        return False
    return _is_inet(host[1:-1]) if host.startswith("[") and host.endswith("]") else _is_inet(host)


def _is_inet(text: str) -> bool:
    return not text.startswith("unix:") and parse_address(text) is not None


def _disable_symlinks(name: str, args: list[str]) -> Said:
    mode, start = "", False
    for index, word in enumerate(args):
        if word in ("off", "if_not_owner", "on"):
            mode = word
        elif _is_start(word):
            start = True
        else:
            return index, f'invalid parameter "{word}"'
    if not mode:
        return 0, f'"{name}" must have "off", "on" or "if_not_owner" parameter'
    if len(args) == 1:
        return None
    if not start:
        return 1, f'duplicate parameters "{args[0]} {args[1]}"'
    if mode != "off":
        return None
    return args.index(next(filter(_is_start, args))), '"from=" cannot be used with "off" parameter'


def _is_start(word: str) -> bool:
    return word.startswith("from=")


def _error_page(name: str, args: list[str]) -> Said:
    before = len(args) - 2
    word = args[before]
    codes = len(args) - 1
    if word.startswith("="):
        if before == 0 or (len(word) > 1 and parse_number(word[1:]) is None):
            return before, f'invalid value "{word}"'
        codes -= 1
    for index, word in enumerate(args[:codes]):
        status = parse_number(word)
        if status is None or status == 499:
            return index, f'invalid value "{word}"'
        if not 300 <= status <= 599:
            return index, f'value "{word}" must be between 300 and 599'
    return None


def _expires(name: str, args: list[str]) -> Said:
    modified = len(args) == 2
    if modified and args[0] != "modified":
        return 0, f'"{name}" directive invalid value'
    last = len(args) - 1
    text = args[last]
    if "$" in text or (not modified and text in ("epoch", "max", "off")):
        return None
    daily = text.startswith("@")
    if daily and modified:
        return last, f'"{name}" directive daily time cannot be used with "modified" parameter'
    time = parse_time(text[1:] if text[:1] in ("@", "+", "-") and text else text, seconds=True)
    if time is None:
        return last, f'"{name}" directive invalid value'
    if daily and time > _DAY:
        return last, f'"{name}" directive daily time value must be less than 24 hours'
    return None


def _modern_browser(name: str, args: list[str]) -> Said:
    if len(args) == 1:
        return None if args[0] == "unlisted" else (0, f'unknown browser name "{args[0]}"')
    if args[0].lower() not in _BROWSERS:
        return 0, f'unknown browser name "{args[0]}"'
    if args[1].strip("0123456789."):
        return 1, f'invalid browser version "{args[1]}"'
    return None


def _network_or_host(name: str, args: list[str]) -> Said:
    text = args[0]
    if text == "unix:" or is_network(text) or not is_no_host(text):
        return None
    return 0, f'host not found in {name} "{text}"'


def _number_said(name: str, args: list[str]) -> Said:
    return (0, f'invalid number "{args[0]}"') if parse_number(args[0]) is None else None


def _open_file_cache(known: list[str]) -> Check:
    numbers = ("max", "min_uses")

    def check(name: str, args: list[str]) -> Said:
        most = 0
        for index, word in enumerate(args):
            key, equals, text = word.partition("=")
            value = parse_number(text) if key in numbers else parse_time(text, seconds=True)
            if equals and key in known and value is not None and (value or key != "max" or "valid" in known):
                most = value if key == "max" else most
            elif word != "off":
                return index, f'invalid "{name}" parameter "{word}"'
        if most or "off" in args:
            return None
        return 0, f'"{name}" must have {"the " if name == "open_file_cache" else ""}"max" parameter'

    return check


def _resolver(name: str, args: list[str]) -> Said:
    servers = 0
    for index, word in enumerate(args):
        if word.startswith("valid="):
            if parse_time(word[6:], seconds=True) is None:
                return index, f"invalid parameter: {word}"
        elif word.startswith(_RESOLVER_FLAGS):
            if word[5:] not in ("on", "off"):
                return index, f"invalid parameter: {word}"
        elif not word.startswith("status_zone="):
            servers += 1
            said = url_fault(word, 53)
            if said:
                return index, f'{said} in resolver "{word}"'
    return None if servers else (0, "no name servers defined")


def url_fault(text: str, default_port: int) -> str:
    """What nginx says about an address that it looks up at its start; empty where there is nothing to say."""
    try:
        url = parse_url(text, default_port)
    except InvalidUrl as error:
        return str(error)
    return "host not found" if url.address is None and is_no_host(url.host) else ""


def _sub_filter(name: str, args: list[str]) -> Said:
    return None if args[0] else (0, "empty search pattern")


def _userid_expires(name: str, args: list[str]) -> Said:
    if args[0] in ("max", "off") or parse_time(args[0], seconds=True) is not None:
        return None
    return 0, f'"{name}" directive invalid value'


def _userid_mark(name: str, args: list[str]) -> Said:
    mark = args[0]
    if mark == "off" or (len(mark) == 1 and mark.isascii() and (mark.isalnum() or mark == "=")):
        return None
    return 0, f'"{name}" directive value must be "off" or a single letter, digit or "="'


def _event_method(name: str, args: list[str]) -> Said:
    return None if args[0] in _EVENT_METHODS else (0, f'invalid event type "{args[0]}"')


def _worker_processes(name: str, args: list[str]) -> Said:
    if args[0] == "auto" or parse_number(args[0]) is not None:
        return None
    return 0, f'"{name}" directive invalid value'


def _cpu_affinity(name: str, args: list[str]) -> Said:
    automatic = args[0] == "auto"
    if automatic and len(args) > 2:
        return 2, f'invalid number of arguments in "{name}" directive'
    for index, word in enumerate(args):
        if automatic and index == 0:
            continue
        if len(word) > _MOST_CPUS:
            return index, f'"{name}" supports up to {_MOST_CPUS} CPUs only'
        wrong = word.rstrip("01 ")
        if wrong:
            return index, f'invalid character "{wrong[-1]}" in "{name}"'
    return None


_CHECKS: dict[str, Check] = {
    "added_header": _added_header,
    "bind": _bind,
    "cpu_affinity": _cpu_affinity,
    "disable_symlinks": _disable_symlinks,
    "error_page": _error_page,
    "event_method": _event_method,
    "expires": _expires,
    "modern_browser": _modern_browser,
    "network_or_host": _network_or_host,
    "number_said": _number_said,
    "resolver": _resolver,
    "sub_filter": _sub_filter,
    "userid_expires": _userid_expires,
    "userid_mark": _userid_mark,
    "worker_processes": _worker_processes,
}
_WITH_WORDS: dict[str, Callable[[list[str]], Check]] = {"open_file_cache": _open_file_cache}
