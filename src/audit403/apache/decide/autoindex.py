"""mod_autoindex: a listing for a directory without an index, if Options lets it.

Truth: handle_autoindex and index_directory in modules/generators/mod_autoindex.c.
"""

from audit403.apache.decide.conditional import conditional_page
from audit403.apache.decide.dir_index import DIRECTORY_TYPE
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.files import error_text
from audit403.apache.decide.outcome import DECLINED, FORBIDDEN, OK
from audit403.apache.model.options import INDEXES
from audit403.evidence.interface import DIRECTORY


def handle(exchange: Exchange) -> int:
    """The listing, or 403."""
    is_directory = exchange.found is not None and exchange.found.kind == DIRECTORY
    if exchange.handler not in (DIRECTORY_TYPE, "") or not is_directory or exchange.method != "GET":
        return DECLINED
    filename = exchange.filename or ""
    core = exchange.core
    where = None if core.options_directive is None else core.options_directive.span
    may = INDEXES in core.options.opts
    exchange.step("handler", "a listing of the directory", where, may, "options", "contains", INDEXES)
    if not may:
        names = exchange.notes.get("dir-index-names", "none")
        log = (
            f"AH01276: Cannot serve directory {filename}: No matching DirectoryIndex ({names}) found, and "
            "server-generated directory index forbidden by Options directive"
        )
        files = exchange.evaluator.served_files()
        place = where or files.place(files.stat(filename))
        exchange.decided("no-index", place, "without Indexes here a directory needs an index", log=log)
        return FORBIDDEN
    files = exchange.evaluator.served_files()
    seen = files.list(filename)
    place = files.place(seen)
    exchange.step("handler", filename, place, not seen.errno, f"file:{filename}", "listable")
    if seen.errno:
        log = f"{error_text(seen.errno)}AH01275: Can't open directory for index: {filename}"
        why = seen.why(f"{exchange.evaluator.who()} may not list this directory")
        exchange.decided("directory-unreadable", place, why, log=log)
        return FORBIDDEN
    if not exchange.is_head:
        conditional_page(exchange)
    return OK
