"""auth_request: a subrequest decides.

Truth: src/http/modules/ngx_http_auth_request_module.c.
"""

from audit403.core.decision import REASON_PROGRAM, Missing
from audit403.core.place import Because
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.outcome import Undecided

_DEEPEST = 50


def auth_request(exchange: Exchange) -> int | None:
    """None without auth_request; 200, 401 or 403 as the subrequest says; 500 for any other status of it."""
    directive = exchange.context.last("auth_request")
    if directive is None or not directive.args or directive.args[0] == "off":
        return None
    uri = directive.args[0]
    span = directive.span
    if exchange.depth >= _DEEPEST:
        exchange.decided("auth-request-cycle", span, "the subrequests go round in a circle")
        return 500
    exchange.step("access", f"auth_request asks {uri}", span)
    answer = exchange.evaluator.subrequest(exchange, uri)
    if answer.program is not None:
        name = f"the answer of {answer.program} to auth_request {uri}"
        raise Undecided(Missing(REASON_PROGRAM, name))
    status = answer.status
    exchange.step("access", f"auth_request: {uri} answers {status}", span, status is not None and 200 <= status < 300)
    if status is not None and 200 <= status < 300:
        _set_variables(exchange, answer.exchange)
        return 200
    inner = () if answer.cause is None else answer.cause.because
    exchange.decided("auth-request", span, f"the subrequest to {uri} answers {status}", also=inner)
    if status in (401, 403):
        return status
    exchange.decided(
        "auth-request",
        span,
        f"the subrequest to {uri} answers {status}, which is neither 2xx, 401 nor 403",
        also=(*inner, *_here(exchange)),
        log=f"auth request unexpected status: {status}",
    )
    return 500


def _here(exchange: Exchange) -> tuple[Because, ...]:
    span = exchange.context.span()
    return () if span is None else (Because(span, "this location asks"),)


def _set_variables(exchange: Exchange, answered: Exchange) -> None:
    from audit403.nginx.decide.variables.lookup import expand
    from audit403.nginx.model.template import compile_template

    for directive in exchange.context.effective("auth_request_set"):
        if len(directive.args) == 2 and directive.args[0].startswith("$"):
            value = expand(answered, compile_template(directive.args[1]))
            name = directive.args[0][1:].lower()
            exchange.variables[name] = value
