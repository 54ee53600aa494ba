"""limit_req and limit_conn: what a client gets that is over its limit.

Truth: src/http/modules/ngx_http_limit_req_module.c and ngx_http_limit_conn_module.c. Whether a client is over its
limit is the server's state; a request says so itself (`over_limits`), and an ordinary one is within them.
"""

from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.outcome import Outcome, Status, Unknown
from audit403.nginx.decide.variables.lookup import expand
from audit403.nginx.model.context import Context
from audit403.nginx.model.template import compile_template
from audit403.nginx.read.tree import Directive

_DEFAULT_STATUS = "503"


def limits(exchange: Exchange) -> Outcome | None:
    """The PREACCESS phase after real_ip; None when the request is within its limits."""
    for kind in ("limit_req", "limit_conn"):
        for directive in exchange.context.effective(kind):
            outcome = _limit(exchange, kind, directive)
            if outcome is not None:
                return outcome
    return None


def _limit(exchange: Exchange, kind: str, directive: Directive) -> Outcome | None:
    zone = zone_name(kind, directive)
    status = int(exchange.context.argument(f"{kind}_status", _DEFAULT_STATUS))
    over = exchange.request.over_limits and _has_key(exchange, kind, zone)
    if exchange.context.flag(f"{kind}_dry_run"):
        over = False
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
    what = "requests" if kind == "limit_req" else "connections"
    exchange.decided(kind, directive.span, f"answers {status} over the limit", log=f'limiting {what} by zone "{zone}"')
    return Status(status)


def zone_name(kind: str, directive: Directive) -> str:
    """The zone that a limit_req or limit_conn names."""
    if kind == "limit_conn":
        return directive.args[0] if directive.args else ""
    return next((word[5:] for word in directive.args if word.startswith("zone=")), "")


def _has_key(exchange: Exchange, kind: str, zone: str) -> bool:
    """A request whose key is empty is not counted."""
    http: Context = exchange.evaluator.model.http
    for directive in http.own.get(f"{kind}_zone", ()):
        names = [word[5:].partition(":")[0] for word in directive.args if word.startswith("zone=")]
        if zone in names:
            keys = [word for word in directive.args if not word.startswith(("zone=", "rate=", "sync"))]
            value = expand(exchange, compile_template(keys[0])) if keys else ""
            return isinstance(value, Unknown) or bool(value)
    return True
