"""mod_speling: a redirect to the file whose name is nearly the one that is asked for, or a choice of several.

Truth: check_speling and spdist in modules/mappers/mod_speling.c.
"""

from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.outcome import DECLINED, OK
from audit403.apache.model.speling import SPELING, SpelingConfig
from audit403.core.decision import REASON_FILE, Missing
from audit403.core.open_question import Undecided

_NOTHING = SpelingConfig()
_CASE, _TRANSPOSED, _MISSING, _EXTRA, _TYPO, _DIFFERENT = range(1, 7)
_MOVED, _CHOICES = 301, 300
_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def correct(exchange: Exchange) -> int:
    """Look for a name that is nearly this one."""
    config: SpelingConfig = exchange.config(SPELING, _NOTHING)
    filename, uri = exchange.filename, exchange.uri
    if not config.enabled or exchange.method != "GET" or exchange.found is not None or exchange.proxied:
        return DECLINED
    if filename is None or exchange.main is not None or "/" not in filename or uri == "/":
        return DECLINED
    directory, _, bad = filename.rpartition("/")
    if not uri.endswith(bad + exchange.path_info):
        return DECLINED
    names = _names(exchange, directory)
    if names is None:
        return DECLINED
    if bad in names:
        return OK
    qualities = sorted(quality for name in names if (quality := _quality(config, bad, name)))
    where = None if config.directive is None else config.directive.span
    if not qualities:
        exchange.step("fixup", f"no name in {directory}/ is nearly {bad}", where)
        return OK
    if qualities[0] != _DIFFERENT and (len(qualities) == 1 or qualities[0] != qualities[1]):
        exchange.step("fixup", f"one name in {directory}/ is nearly {bad}: 301", where)
        return _MOVED
    exchange.step("fixup", f"{len(qualities)} names in {directory}/ are nearly {bad}: 300", where)
    return _CHOICES


def _names(exchange: Exchange, directory: str) -> tuple[str, ...] | None:
    """All names in a directory, None where it cannot be listed."""
    files = exchange.evaluator.files()
    seen = files.list(directory or "/")
    if seen.errno:
        return None
    found = exchange.evaluator.evidence.names(seen.path)
    if not isinstance(found, tuple):
        raise Undecided(Missing(REASON_FILE, directory))
    return (".", "..", *found)


def _quality(config: SpelingConfig, bad: str, name: str) -> int:
    """How near a name is, 0 for not at all."""
    asked, there = bad.translate(_LOWER), name.translate(_LOWER)
    if asked == there:
        return _CASE
    if not config.case_only:
        found = _distance(asked, there)
        if found != _DIFFERENT:
            return found
    if config.base_names and asked.partition(".")[0] == there.partition(".")[0]:
        return _DIFFERENT
    return 0


def _distance(asked: str, there: str) -> int:
    at = 0
    while asked[at : at + 1] == there[at : at + 1]:
        at += 1
    asked, there = asked[at:], there[at:]
    if asked and there:
        if asked[1:2] and asked[:2] == there[1:2] + there[:1] and asked[2:] == there[2:]:
            return _TRANSPOSED
        if asked[1:] == there[1:]:
            return _TYPO
    if asked and asked[1:] == there:
        return _EXTRA
    if there and asked == there[1:]:
        return _MISSING
    return _DIFFERENT
