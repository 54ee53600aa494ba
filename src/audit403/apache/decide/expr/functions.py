"""The functions of expressions.

Truth: the string_func providers of server/util_expr_eval.c, and SSL() of modules/ssl/ssl_engine_vars.c. A result ends
at its first null byte, as C's texts do.
"""

from base64 import b64encode
from collections.abc import Callable
from hashlib import md5, sha1

from audit403.apache.decide.environment import process_variable
from audit403.apache.decide.exchange import Exchange, Value
from audit403.apache.decide.normalise_uri import BadEscape, unescape_url
from audit403.apache.decide.subrequests import escape_path
from audit403.core.decision import REASON_FILE, Missing
from audit403.core.open_question import Undecided
from audit403.http.base64 import decode_leniently

_LONGEST_FILE = 10 * 1024 * 1024
_LDAP = frozenset('"()*+,;<>\\')


class FunctionFailed(Exception):
    """The expression cannot be evaluated; the message is httpd's own."""


def call(exchange: Exchange, name: str, argument: str) -> Value | None:
    """The value of a function by its name in lower case. Raises FunctionFailed."""
    plain = _PLAIN.get(name)
    if plain is not None:
        return plain(argument)
    return _OF_REQUEST[name](exchange, argument)


def _lower(text: str) -> str:
    return "".join(chr(ord(mark) + 32) if "A" <= mark <= "Z" else mark for mark in text)


def _upper(text: str) -> str:
    return "".join(chr(ord(mark) - 32) if "a" <= mark <= "z" else mark for mark in text)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _unescape(text: str) -> str:
    try:
        return unescape_url(text, keep_slashes=True)
    except BadEscape:
        return ""


def _ldap(text: str) -> str:
    r"""With `\xx` for what LDAP's names and filters do not take."""
    marks = _bytes(text).decode("latin-1")
    return "".join(f"\\{ord(mark):02x}" if mark in _LDAP or not 31 < ord(mark) < 127 else mark for mark in marks)


def _env(exchange: Exchange, name: str) -> Value | None:
    note = note_of(exchange, name)
    if note is not None:
        return note
    found = exchange.env.get(name)
    return process_variable(exchange, name) if found is None else found


def note_of(exchange: Exchange, name: str) -> Value | None:
    """A note of the request."""
    found = exchange.notes.get(name.lower())
    return found if isinstance(found, str) else None


def _sent(exchange: Exchange, name: str) -> Value | None:
    """A header of the answer, of those that are set before the handler."""
    table = exchange.extra.get("headers-out")
    return None if table is None else table.get(name)


def _file(exchange: Exchange, path: str) -> str:
    files = exchange.evaluator.files()
    seen = files.open(path) if path.startswith("/") else None
    if seen is None:
        raise Undecided(Missing(REASON_FILE, path))
    exchange.step("if", path, files.place(seen), not seen.errno, f"file:{path}", "readable")
    if seen.errno:
        raise FunctionFailed(f"Cannot open file {path}")
    if seen.is_directory:
        raise FunctionFailed(f"Cannot read from file {path}")
    data = exchange.evaluator.evidence.read(path)
    if not isinstance(data, bytes):
        raise Undecided(Missing(REASON_FILE, path))
    if len(data) > _LONGEST_FILE:
        raise FunctionFailed(f"File {path} too large")
    return data.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def _file_size(exchange: Exchange, path: str) -> str:
    if not path.startswith("/"):
        if not path:
            return "0"
        raise Undecided(Missing(REASON_FILE, path))
    seen = exchange.evaluator.files().stat(path)
    if seen.errno or seen.entry is None or not seen.is_file:
        return "0"
    return str(exchange.evaluator.files().size(seen))


def _ssl(exchange: Exchange, name: str) -> Value | None:
    from audit403.apache.decide.ssl_variables import looked_up

    return looked_up(exchange, name)


_PLAIN: dict[str, Callable[[str], str]] = {
    "tolower": _lower,
    "toupper": _upper,
    "escape": escape_path,
    "unescape": _unescape,
    "base64": lambda text: b64encode(_bytes(text)).decode(),
    "unbase64": lambda text: decode_leniently(text).partition("\0")[0],
    "sha1": lambda text: sha1(_bytes(text), usedforsecurity=False).hexdigest(),
    "md5": lambda text: md5(_bytes(text), usedforsecurity=False).hexdigest(),
    "ldap": _ldap,
}
_OF_REQUEST: dict[str, Callable[[Exchange, str], Value | None]] = {
    "osenv": process_variable,
    "env": _env,
    "resp": _sent,
    "req": lambda exchange, name: exchange.header(name),
    "http": lambda exchange, name: exchange.header(name),
    "req_novary": lambda exchange, name: exchange.header(name),
    "note": note_of,
    "reqenv": lambda exchange, name: exchange.env.get(name),
    "file": _file,
    "filesize": _file_size,
    "ssl": _ssl,
}
