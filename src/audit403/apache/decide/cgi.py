"""mod_cgi and mod_cgid: whether a script is run; what it answers is its own word.

Truth: cgi_handler in modules/generators/mod_cgi.c, cgid_handler in mod_cgid.c. Whether the script is allowed to run is
asked before whether it is there.
"""

from errno import EACCES, ENOENT, ENOTDIR
from typing import TYPE_CHECKING

from audit403.apache.decide.default_handler import body_is_too_large
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.outcome import DECLINED, OK, SERVER_ERROR
from audit403.apache.decide.scripts import CGI_SCRIPT, may_run, options_place, refused
from audit403.apache.decide.userdir import USERDIR_NOTE
from audit403.core.open_question import Undecided
from audit403.core.place import Because, Place
from audit403.evidence.interface import DIRECTORY

if TYPE_CHECKING:
    from audit403.apache.decide.suexec import Refused, Target

SUEXEC_REFUSES = "suexec-refuses"

_MAGIC_TYPE = "application/x-httpd-cgi"
_NOT_ALLOWED = "Options ExecCGI is off in this directory"


class _Numbers:
    """The numbers of one module's messages."""

    def __init__(self, not_allowed: str, included: str, missing: str, directory: str, path_info: str) -> None:
        self.not_allowed, self.included = not_allowed, included
        self.missing, self.directory, self.path_info = missing, directory, path_info


_CGI = _Numbers("AH02809", "AH02810", "AH02811", "AH02812", "AH02813")
_CGID = _Numbers("AH01262", "AH01263", "AH01264", "AH01265", "AH01266")


def handle(exchange: Exchange) -> int:
    """mod_cgi."""
    return _run(exchange, _CGI)


def handle_by_daemon(exchange: Exchange) -> int:
    """mod_cgid."""
    return _run(exchange, _CGID)


def _run(exchange: Exchange, numbers: _Numbers) -> int:
    if exchange.handler not in (_MAGIC_TYPE, CGI_SCRIPT):
        return DECLINED
    filename = exchange.filename or ""
    name = filename.rpartition("/")[2]
    if not may_run(exchange):
        where = options_place(exchange)
        message = "scripts are run only where Options has ExecCGI, or below a ScriptAlias"
        return _stderr(exchange, 403, "exec-cgi-off", numbers.not_allowed, _NOT_ALLOWED, where, message)
    if name.startswith("nph-") and exchange.protocol == "INCLUDED":
        return _stderr(exchange, 403, "nph-included", numbers.included, "attempt to include NPH CGI script")
    if exchange.found is None:
        return _stderr(exchange, 404, "not-found", numbers.missing, "script not found or unable to stat")
    files = exchange.evaluator.files()
    if exchange.found.kind == DIRECTORY:
        place = files.place(files.stat(filename))
        words = "attempt to invoke directory as script"
        return _stderr(exchange, 403, "directory-as-script", numbers.directory, words, place, "this is a directory")
    if exchange.used_path_info == "off" and exchange.path_info:
        words = "AcceptPathInfo off disallows user's path"
        return _stderr(exchange, 404, "path-info", numbers.path_info, words)
    target, refused_there = _by_suexec(exchange)
    if refused_there is not None:
        return _not_run(exchange, refused_there, target)
    if target is None:
        seen = files.execute(filename)
        place = files.place(seen)
        exchange.step("handler", filename, place, not seen.errno, f"file:{filename}", "executable")
        if seen.errno in (EACCES, ENOENT, ENOTDIR):
            exchange.decided("not-executable", place, f"{exchange.evaluator.who()} may not run this file")
            return SERVER_ERROR
    if body_is_too_large(exchange):
        return 413
    exchange.step("handler", f"the script {filename} answers")
    exchange.handed_to = f"the script {filename}"
    exchange.status_known = False
    return OK


def _by_suexec(exchange: Exchange) -> tuple["Target | bool | None", "Refused | None"]:
    """As whom suEXEC runs the script, and why it does not; True where the evidence does not show enough to know."""
    if not exchange.evaluator.has("suexec") and USERDIR_NOTE not in exchange.notes:
        return None, None
    from audit403.apache.decide.suexec import refusal, target_of

    try:
        target = target_of(exchange)
        return target, None if target is None else refusal(exchange, target)
    except Undecided:
        # What the script answers is its own word anyway.
        return True, None


def _not_run(exchange: Exchange, refused_there: "Refused", target: "Target | bool | None") -> int:
    where = getattr(target, "where", None)
    told = () if where is None else (Because(where, "suEXEC runs scripts as this user and group"),)
    name = (exchange.filename or "").rpartition("/")[2]
    exchange.step("handler", f"suEXEC does not run {name}: {refused_there.words}", where)
    log = f"End of script output before headers: {name}"
    exchange.decided(SUEXEC_REFUSES, refused_there.place or where, refused_there.message, log=log, also=told)
    return SERVER_ERROR


def _stderr(
    exchange: Exchange, status: int, cause: str, number: str, words: str, where: Place | None = None, message: str = ""
) -> int:
    log = f"{number}: stderr from {exchange.filename}: {words}"
    return refused(exchange, status, cause, log, words, where, message)
