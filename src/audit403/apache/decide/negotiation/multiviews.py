"""Options MultiViews: the files that stand for a name that is not there.

Truth: handle_multi, read_types_multi and fix_encoding in modules/mappers/mod_negotiation.c. Each file is looked up by a
subrequest with all checks; one that is refused is no variant, and where none is left the answer is 404.
"""

from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.files import Seen, error_text
from audit403.apache.decide.mime import STRANGERS
from audit403.apache.decide.negotiation.accept import entries_of, entry_of
from audit403.apache.decide.negotiation.choose import CGI_TYPE, TYPE_MAP, Negotiation
from audit403.apache.decide.negotiation.map_handler import MAP_TYPE
from audit403.apache.decide.negotiation.type_map import read_type_map
from audit403.apache.decide.negotiation.variant import Variant
from audit403.apache.decide.outcome import DECLINED, FORBIDDEN, OK
from audit403.apache.decide.subrequests import look_up_entry, look_up_file, take_over
from audit403.apache.model.options import MULTI_VIEWS
from audit403.core.decision import REASON_FILE, REASON_STATE, Missing
from audit403.core.open_question import Undecided, Unknown
from audit403.core.place import Because
from audit403.evidence.interface import DIRECTORY, FILE, Absent, Entry, NotCollected, Unreadable


def handle_multi(exchange: Exchange) -> int:
    """Take over the variant that wins."""
    if exchange.found is not None or MULTI_VIEWS not in exchange.core.options.opts:
        return DECLINED
    if exchange.proxied or exchange.filename is None or not exchange.filename.startswith("/"):
        return DECLINED
    directive = exchange.core.options_directive
    negotiation = Negotiation(exchange, None if directive is None else directive.span)
    status = _read_directory(exchange, negotiation)
    if status != OK:
        return status
    if not negotiation.variants:
        return DECLINED
    scripts = exchange.method != "GET" or bool(exchange.args is not None or exchange.path_info)
    status, best = negotiation.negotiate(prefers_scripts=scripts)
    if status != OK or best is None:
        return status
    inner = best.inner
    if inner is None:
        inner = look_up_file(exchange, best.name)
        if inner.status != 200:
            return negotiation.refused(inner, best)
    if inner.args is None:
        inner.args = exchange.args
    take_over(exchange, inner)
    return OK


def _read_directory(exchange: Exchange, negotiation: Negotiation) -> int:
    """The files that begin with the name and a dot; OK or a status (read_types_multi)."""
    path = exchange.filename or ""
    directory, _, name = path.rpartition("/")
    directory += "/"
    where = negotiation.where
    files = exchange.evaluator.served_files()
    seen = files.list(directory)
    place = files.place(seen)
    exchange.step("type", f"MultiViews looks for {path}.*", where, True, "options", "contains", MULTI_VIEWS)
    exchange.step("type", directory, place, not seen.errno, f"file:{directory}", "listable")
    if seen.errno:
        log = f"{error_text(seen.errno)}AH00686: cannot read directory for multi: {directory}"
        also = () if where is None else (Because(where, "MultiViews looks for variants of a name that is not there"),)
        exchange.decided("directory-unreadable", place, "httpd may not list this directory", log=log, also=also)
        return FORBIDDEN
    matching = _matching(exchange, seen, f"{name}.")
    refused: list[Because] = []
    maps: list[Exchange] = []
    for entry in matching:
        inner = look_up_entry(exchange, entry)
        if inner.cause is not None and inner.status >= 400:
            refused.append(_refusal(exchange, inner, entry))
        reason = _unfit(inner, name)
        if reason is not None:
            exchange.step("type", f"{entry} is no variant: {reason}")
            continue
        if inner.content_type == MAP_TYPE or inner.handler == TYPE_MAP:
            maps.append(inner)
            continue
        negotiation.variants.append(_variant(inner, entry))
    if maps:
        negotiation.variants.clear()
        return read_type_map(negotiation, _first_listed(exchange, maps))
    if matching and not negotiation.variants:
        exchange.step("type", f"none of {', '.join(matching)} can stand for {path}: 404", where)
        log = f"AH00687: Negotiation: discovered file(s) matching request: {path} (None could be negotiated)."
        exchange.decided(
            "no-variant", where, f"no file that begins with {name}. can be served", log=log, also=(*refused,)
        )
        return 404
    return OK


def _refusal(exchange: Exchange, inner: Exchange, name: str) -> Because:
    """Why a file is no variant: what refuses it, or the file where nothing is written of it."""
    message = f"{name} would be answered with {inner.status}"
    because = () if inner.cause is None else inner.cause.because
    if because:
        return Because(because[0].where, f"{message}: {because[0].message}")
    files = exchange.evaluator.served_files()
    return Because(files.place(files.stat(inner.filename or "/")), message)


def _matching(exchange: Exchange, directory: Seen, prefix: str) -> list[str]:
    """The names with the prefix that no directory itself has."""
    evidence = exchange.evaluator.served
    names = evidence.names(directory.path)
    if isinstance(names, Absent | NotCollected | Unreadable):
        if evidence is not exchange.evaluator.evidence or isinstance(names, Absent):
            return []
        raise Undecided(Missing(REASON_FILE, directory.path))
    found = [name for name in names if name.startswith(prefix)]
    entries = evidence.entries(directory.path, found)
    pairs = zip(found, entries, strict=True)
    return [name for name, entry in pairs if not isinstance(entry, Entry) or entry.kind != DIRECTORY]


def _unfit(inner: Exchange, asked: str) -> str | None:
    """Why a file does not count; None where it can be served and nothing of its name is left unexplained."""
    if inner.found is None or inner.found.kind != FILE:
        return "it is no file that can be reached"
    if inner.handler is not None and inner.content_type is None:
        inner.set_type(CGI_TYPE, trusted=True)
    strangers = inner.notes.get(STRANGERS)
    if inner.status != 200:
        return f"it would be answered with {inner.status}"
    if strangers is None:
        return "no part of its name stands for a type, a language, an encoding or a charset"
    left = _left_over(asked, list(strangers))
    if left:
        return f"nothing says what .{left[0]} in its name stands for"
    return "its type is not known" if inner.content_type is None else None


def _left_over(asked: str, strangers: list[str]) -> list[str]:
    """The parts of the file's name that mean nothing and are none of what was asked for, in its order."""
    while asked and strangers:
        segment, dot, asked = asked.partition(".")
        if segment == strangers[0]:
            del strangers[0]
        if not dot:
            break
    return strangers


def _variant(inner: Exchange, name: str) -> Variant:
    found = Variant(name, inner, None)
    found.encoding = inner.content_encoding
    found.languages = inner.content_languages
    found.set_type(entry_of(inner.content_type or "")[0])
    return found


def _first_listed(exchange: Exchange, maps: list[Exchange]) -> Exchange:
    """The map that the directory lists first, which only its file system knows."""
    for candidate in maps[:-1]:
        if exchange.ask(Missing(REASON_STATE, f"whether {candidate.filename} is listed before other type maps")):
            return candidate
    return maps[-1]


def fix_encoding(exchange: Exchange) -> int:
    """Call the encoding what the client calls it: `gzip` or `x-gzip`."""
    encoding = exchange.content_encoding
    accepted = exchange.header("Accept-Encoding")
    if not encoding or accepted is None:
        return DECLINED
    if isinstance(accepted, Unknown):
        return DECLINED
    bare = encoding.removeprefix("x-")
    names = [entry.name for entry in entries_of(accepted)]
    if bare in names:
        exchange.content_encoding = bare
    elif f"x-{bare}" in names:
        exchange.content_encoding = f"x-{bare}"
    return DECLINED
