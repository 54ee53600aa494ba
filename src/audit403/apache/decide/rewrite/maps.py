"""RewriteMap: what a map says about a key.

Truth: lookup_map and its helpers in modules/mappers/mod_rewrite.c.
"""

import re

from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.rewrite.context import server_of
from audit403.apache.decide.subrequests import escape_path
from audit403.apache.model.rewrite import DBM_MAP, INTERNAL_MAP, RANDOM_MAP, TEXT_MAP, RewriteMap
from audit403.core.decision import REASON_FILE, REASON_PROGRAM, REASON_STATE, Missing
from audit403.core.open_question import Undecided, Unknown

_LONGEST_LINE = 1024
_ENTRY = re.compile(rb"([^ \t\n\v\f\r#][^ \t\n\v\f\r]*)[ \t\n\v\f\r]+([^ \t\n\v\f\r]+)")
_ESCAPE = re.compile(rb"%([0-9a-fA-F]{2})")
_LINE = re.compile(rb"[^\n]*\n|[^\n]+")
_ASCII_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_ASCII_UPPER = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}
_KEPT = "rewrite-maps"


def look_up(exchange: Exchange, name: str, key: str | Unknown) -> str | Unknown | None:
    """The value of a key, None where the map has none."""
    found = dict(server_of(exchange).maps).get(name)
    if found is None:
        return None
    if isinstance(key, Unknown):
        return key
    value = _value(exchange, name, found, key)
    shown = value.missing.name if isinstance(value, Unknown) else value
    exchange.step("translate", f"RewriteMap {name}: {key} is {shown or 'not there'}", found.directive.span)
    return value


def _value(exchange: Exchange, name: str, found: RewriteMap, key: str) -> str | Unknown | None:
    if found.kind == INTERNAL_MAP:
        return _internal(found.source, key)
    if found.kind not in (TEXT_MAP, RANDOM_MAP):
        reason = REASON_FILE if found.kind == DBM_MAP else REASON_PROGRAM
        return Unknown(Missing(reason, f"the RewriteMap {name} ({found.kind})"))
    value = _text_map(exchange, found.source).get(key)
    if value is not None and found.kind == RANDOM_MAP:
        return _one_of(exchange, name, list(dict.fromkeys(value.split("|"))))
    return value or None


def _one_of(exchange: Exchange, name: str, values: list[str]) -> str | None:
    """Any of the values, each of which is tried."""
    for value in values[:-1]:
        if exchange.ask(Missing(REASON_STATE, f"that the RewriteMap {name} picks {value}")):
            return value or None
    return values[-1] or None


def _internal(function: str, key: str) -> str | None:
    if function == "tolower":
        return key.translate(_ASCII_LOWER)
    if function == "toupper":
        return key.translate(_ASCII_UPPER)
    if function == "escape":
        return escape_path(key)
    decoded = _ESCAPE.sub(lambda found: bytes((int(found[1], 16),)), key.encode("utf-8", "surrogateescape"))
    return decoded.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def _text_map(exchange: Exchange, path: str) -> dict[str, str]:
    """The entries of a text map; an empty map where the children cannot read it."""
    kept: dict[str, dict[str, str]] = exchange.evaluator.kept.setdefault(_KEPT, {})
    known = kept.get(path)
    if known is not None:
        return known
    entries: dict[str, str] = {}
    if not exchange.evaluator.files().open(path).errno:
        data = exchange.evaluator.evidence.read(path)
        if not isinstance(data, bytes):
            raise Undecided(Missing(REASON_FILE, path))
        for line in _lines(data):
            entry = _ENTRY.match(line)
            if entry is not None:
                key, value = (each.decode("utf-8", "surrogateescape") for each in entry.groups())
                entries.setdefault(key, value)
    kept[path] = entries
    return entries


def _lines(data: bytes) -> list[bytes]:
    """Lines as httpd's buffer of 1024 bytes takes them: a longer one is several."""
    found = []
    for line in _LINE.findall(data):
        found += [line[at : at + _LONGEST_LINE] for at in range(0, len(line), _LONGEST_LINE)]
    return found
