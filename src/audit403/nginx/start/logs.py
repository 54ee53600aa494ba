"""Logs: formats, files, buffers, levels, syslog.

Truth: src/http/modules/ngx_http_log_module.c and its like in stream, src/core/ngx_log.c, src/core/ngx_syslog.c.
"""

import re

from audit403.nginx.model.numbers import parse_number, parse_size, parse_time
from audit403.nginx.read.tree import Directive
from audit403.nginx.start.check import Start
from audit403.nginx.start.level import STREAM, STREAM_SERVER, Level
from audit403.nginx.start.own_values import url_fault

_LEVELS = ("emerg", "alert", "crit", "error", "warn", "notice", "info", "debug")
_DEBUG = ("debug_core", "debug_alloc", "debug_mutex", "debug_event", "debug_http", "debug_mail", "debug_stream")
_ESCAPES = ("default", "json", "none")
_FACILITIES = frozenset(
    (
        "kern", "user", "mail", "daemon", "auth", "intern", "lpr", "news", "uucp", "clock", "authpriv", "ftp", "ntp",
        "audit", "alert", "cron", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
    )
)  # fmt: skip
_LONGEST_TAG = 32
_LEAST_MEMORY = 2099
_GZIP_BUFFER = 64 * 1024
_SEVERITIES = ("emerg", "alert", "crit", "error", "warn", "notice", "info", "debug")
_TAG = re.compile(r"[0-9A-Za-z_]*\Z")
_VARIABLE = re.compile(r"\$(\{)?([A-Za-z0-9_]*)(\})?")


def log_format(start: Start, level: Level, directive: Directive) -> None:
    """`log_format name [escape=] text…`."""
    name = directive.args[0]
    alike = start.space.formats.setdefault(name.lower(), set())
    if name in alike:
        start.refuse(directive, f'duplicate "log_format" name "{name}"', 0)
        return
    alike.add(name)
    for word, text in enumerate(directive.args[1:], 1):
        if word == 1 and text.startswith("escape="):
            if text[7:] not in _ESCAPES:
                start.refuse(directive, f'unknown log format escaping "{text[7:]}"', word, dropped=False)
                return
            continue
        for match in _VARIABLE.finditer(text):
            bracket, variable, closed = match.groups()
            if (bracket and text[match.end() - 1 :] == "{") or (not variable and (closed or not bracket)):
                start.refuse(directive, f'invalid parameter "{text[match.start() :]}"', word, dropped=False)
                return
            if bracket and not closed:
                message = f'the closing bracket in "{variable}" variable is missing'
                start.refuse(directive, message, word, dropped=False)
                return
            start.space.variables.use(variable.lower(), directive, word)


def access_log(start: Start, level: Level, directive: Directive) -> None:
    """`access_log path [format [buffer=] [gzip] [flush=] [if=]]`."""
    args = directive.args
    path = args[0]
    if path == "off":
        if len(args) > 1:
            start.refuse(directive, f'invalid parameter "{args[1]}"', 1)
        return
    syslog = path.startswith("syslog:")
    if syslog:
        if not _syslog(start, directive):
            return
    elif not start.text(directive, 0):
        return
    stream = level.kind in (STREAM, STREAM_SERVER)
    if stream and len(args) < 2:
        start.refuse(directive, "log format is not specified")
        return
    name = args[1] if len(args) > 1 else "combined"
    if start.complete and name.lower() not in start.space.formats:
        start.refuse(directive, f'unknown log format "{name}"', 1)
        return
    _buffer(start, directive, syslog)


def _buffer(start: Start, directive: Directive, syslog: bool) -> None:
    args, path = directive.args, directive.args[0]
    size, flush, gzip = 0, 0, 0
    for word, text in enumerate(args[2:], 2):
        said = ""
        if text.startswith("buffer="):
            size = parse_size(text[7:]) or 0
            said = "" if size else f'invalid buffer size "{text[7:]}"'
        elif text.startswith("flush="):
            flush = parse_time(text[6:], seconds=False) or 0
            said = "" if flush else f'invalid flush time "{text[6:]}"'
        elif text == "gzip" or text.startswith("gzip="):
            size = size or _GZIP_BUFFER
            gzip = parse_number(text[5:]) or 0 if text != "gzip" else 1
            said = "" if 1 <= gzip <= 9 else f'invalid compression level "{text[5:]}"'
        elif text.startswith("if="):
            if not start.text(directive, word, text[3:]):
                return
        else:
            said = f'invalid parameter "{text}"'
        if said:
            start.refuse(directive, said, word)
            return
    if flush and not size:
        start.refuse(directive, f'no buffer is defined for access_log "{path}"')
    elif size and "$" in path:
        start.refuse(directive, "buffered logs cannot have variables in name", 0)
    elif size and syslog:
        start.refuse(directive, "logs to syslog cannot be buffered", 0)
    elif size and start.space.buffers.setdefault(path, (size, flush, gzip)) != (size, flush, gzip):
        start.refuse(directive, f'access_log "{path}" already defined with conflicting parameters')


def error_log(start: Start, level: Level, directive: Directive) -> None:
    """`error_log path [level…]`."""
    args = directive.args
    path = args[0]
    if path.startswith("memory:"):
        size = parse_size(path[7:])
        if size is None or size < _LEAST_MEMORY + len(directive.source.path):
            start.refuse(directive, f'invalid buffer size "{path[7:]}"', 0)
            return
    elif path.startswith("syslog:") and not _syslog(start, directive):
        return
    main = debug = False
    for word, text in enumerate(args[1:], 1):
        if text in _LEVELS and (main or debug):
            start.refuse(directive, f'duplicate log level "{text}"', word)
            return
        if text not in _LEVELS and (text not in _DEBUG or main):
            start.refuse(directive, f'invalid log level "{text}"', word)
            return
        main, debug = main or text in _LEVELS, debug or text in _DEBUG


def _syslog(start: Start, directive: Directive) -> bool:
    server = False
    given: set[str] = set()
    for part in directive.args[0][7:].split(","):
        key, equals, value = part.partition("=")
        said = ""
        if part == "nohostname":
            continue
        if not equals or key not in ("server", "facility", "severity", "tag"):
            said = f'unknown syslog parameter "{part}"'
        elif key in given and key != "tag":
            said = f'duplicate syslog "{key}"'
        elif key == "server":
            server = True
            fault = url_fault(value, 514)
            said = f'{fault} in syslog server "{value}"' if fault else ""
        elif key == "facility" and value not in _FACILITIES:
            said = f'unknown syslog facility "{value}"'
        elif key == "severity" and value not in _SEVERITIES:
            said = f'unknown syslog severity "{value}"'
        elif key == "tag":
            said = _tag(value, key in given)
        if said:
            start.refuse(directive, said, 0)
            return False
        given.add(key)
    if not server:
        start.refuse(directive, "no syslog server specified", 0)
    return server


def _tag(value: str, again: bool) -> str:
    if again:
        return 'duplicate syslog "tag"'
    if len(value.encode("utf-8", "surrogateescape")) > _LONGEST_TAG:
        return "syslog tag length exceeds 32"
    return "" if _TAG.match(value) else 'syslog "tag" only allows alphanumeric characters and underscore'
