"""limit_req and limit_conn: what a client gets that is over its limit.

Truth: src/http/modules/ngx_http_limit_req_module.c and ngx_http_limit_conn_module.c. Whether a client is over its
limit is the server's state; a request says so itself (`over_limits`), and an ordinary one is within them.
"""

from audit403.core.open_question import Unknown
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.outcome import Outcome, Status
from audit403.nginx.decide.variables.lookup import expand
from audit403.nginx.model.context import Context
from audit403.nginx.model.template import compile_template
from audit403.nginx.read.tree import Directive

_DEFAULT_STATUS = "503"
_LONGEST_KEY = {"limit_req": 65535, "limit_conn": 255}
_QUIETER_THAN_ERROR = frozenset(("info", "notice", "warn"))


def limits(exchange: Exchange) -> Outcome | None:
    """The PREACCESS phase after real_ip; None when the request is within its limits."""
    return _limits(exchange, "limit_req") or _limits(exchange, "limit_conn")


def _limits(exchange: Exchange, kind: str) -> Outcome | None:
    # A request is counted once, by the first location with a limit that it comes to, whatever redirects follow.
    if kind in exchange.counted:
        return None
    for directive in exchange.context.effective(kind):
        zone = zone_name(kind, directive)
        if _has_key(exchange, kind, zone):
            exchange.counted.add(kind)
            outcome = _limit(exchange, kind, directive, zone)
            if outcome is not None:
                return outcome
    return None


def _limit(exchange: Exchange, kind: str, directive: Directive, zone: str) -> Outcome | None:
    status = int(exchange.context.argument(f"{kind}_status", _DEFAULT_STATUS))
    over = exchange.request.over_limits and not exchange.context.flag(f"{kind}_dry_run")
    exchange.step(
        "preaccess",
        f"{kind} zone {zone}: the client is {'over' if over else 'within'} its limit (over it the answer is {status})",
        directive.span,
        over,
        "over_limits",
        kind,
        str(status),
    )
    if not over:
        return None
    # How much over, nginx logs too; that is the server's state.
    what = "requests, excess: 1.000" if kind == "limit_req" else "connections"
    quiet = exchange.context.argument(f"{kind}_log_level", "error") in _QUIETER_THAN_ERROR
    log = None if quiet else f'limiting {what} by zone "{zone}"'
    exchange.decided(kind, directive.span, f"answers {status} over the limit", log=log)
    return Status(status)


def zone_name(kind: str, directive: Directive) -> str:
    """The zone that a limit_req or limit_conn names."""
    if kind == "limit_conn":
        return directive.args[0] if directive.args else ""
    return next((word[5:] for word in directive.args if word.startswith("zone=")), "")


def _has_key(exchange: Exchange, kind: str, zone: str) -> bool:
    """A request whose key is empty, or longer than nginx takes, is not counted."""
    http: Context = exchange.evaluator.model.http
    for directive in http.own.get(f"{kind}_zone", ()):
        names = [word[5:].partition(":")[0] for word in directive.args if word.startswith("zone=")]
        if zone in names:
            keys = [word for word in directive.args if not word.startswith(("zone=", "rate=", "sync"))]
            value = expand(exchange, compile_template(keys[0])) if keys else ""
            if isinstance(value, Unknown):
                return True
            return 0 < len(value.encode("utf-8", "surrogateescape")) <= _LONGEST_KEY[kind]
    return True
