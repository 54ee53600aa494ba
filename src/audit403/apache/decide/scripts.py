"""What the modules that run programs have in common: whether Options or an alias lets them, and how they refuse."""

from audit403.apache.decide.exchange import Exchange
from audit403.apache.model.options import EXEC_CGI
from audit403.core.place import Place

CGI_SCRIPT = "cgi-script"


def may_run(exchange: Exchange, forced: str = CGI_SCRIPT) -> bool:
    """Whether Options has ExecCGI here, or an alias for scripts (whose handler is `forced`) has led here."""
    if str(exchange.notes.get("alias-forced-type", "")).lower() == forced:
        exchange.step("handler", "a script of an alias for scripts")
        return True
    may = EXEC_CGI in exchange.core.options.opts
    exchange.step("handler", "scripts may be run here", options_place(exchange), may, "options", "contains", EXEC_CGI)
    return may


def options_place(exchange: Exchange) -> Place | None:
    """The Options in effect, otherwise what has set the handler."""
    directive = exchange.core.options_directive or exchange.core.handler_directive
    return None if directive is None else directive.span


def refused(
    exchange: Exchange, status: int, cause: str, log: str | None, words: str, where: Place | None, message: str
) -> int:
    """Answer with a status instead of running anything."""
    exchange.step("handler", f"{words}: {status}")
    exchange.decided(cause, where, message, log=log)
    return status
