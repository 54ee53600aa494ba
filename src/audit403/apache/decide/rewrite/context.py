"""What one run over a list of rules carries along: the request, the URI that rules match, and what patterns captured.

Truth: rewrite_ctx in modules/mappers/mod_rewrite.c.
"""

from audit403.apache.decide.exchange import Exchange
from audit403.apache.model.rewrite import REWRITE, RewriteConfig, RewriteServer
from audit403.core.open_question import Unknown
from audit403.http.regex import Captured

NOTHING, NO_SERVER = RewriteConfig(), RewriteServer()


class Context:
    """One run; `directory` is None for a server's rules. `exchange` is another request while one is looked ahead to."""

    __slots__ = ("by_condition", "by_rule", "directory", "exchange", "phase", "subject", "uri")

    def __init__(self, exchange: Exchange, directory: str | None) -> None:
        self.exchange = exchange
        self.directory = directory
        self.phase = "translate" if directory is None else "fixup"
        self.uri = ""
        self.by_rule: Captured | None = None
        self.by_condition: Captured | Unknown | None = None
        #: What the condition before has looked at, and its value.
        self.subject: tuple[str, str | Unknown] | None = None

    @property
    def looks_ahead(self) -> bool:
        """Whether a look ahead does not lead in circles (subreq_ok)."""
        main = self.exchange.main
        return main is None or main.uri != self.exchange.uri


def config_of(exchange: Exchange) -> RewriteConfig:
    """What mod_rewrite is told where the request is now."""
    found: RewriteConfig = exchange.config(REWRITE, NOTHING)
    return found


def server_of(exchange: Exchange) -> RewriteServer:
    """What mod_rewrite is told for the server."""
    found: RewriteServer = exchange.server.slots.get(REWRITE, NO_SERVER)
    return found


def ended(exchange: Exchange) -> bool:
    """Whether [END] has ended all rewriting, of this request and of what it was redirected from."""
    at: Exchange | None = exchange
    while at is not None:
        if at.extra.get(REWRITE) == "END":
            return True
        at = at.prev
    return False
