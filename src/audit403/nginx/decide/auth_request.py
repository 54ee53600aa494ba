"""auth_request: a subrequest decides.

Truth: src/http/modules/ngx_http_auth_request_module.c.
"""

from audit403.core.decision import REASON_PROGRAM, Missing
from audit403.core.open_question import Undecided
from audit403.core.place import Because
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.outcome import Closed
from audit403.nginx.decide.variables.lookup import expand
from audit403.nginx.model.template import compile_template


def auth_request(exchange: Exchange) -> int | Closed | None:
    """None without auth_request; 200, 401 or 403 as the subrequest says; 500 for any other status of it."""
    directive = exchange.context.last("auth_request")
    if directive is None or not directive.args or directive.args[0] in ("", "off"):
        return None
    uri = directive.args[0]
    span = directive.span
    exchange.step("access", f"auth_request asks {uri}", span)
    answer = exchange.evaluator.subrequest(exchange, uri)
    if answer.closed:
        exchange.decided("auth-request", span, f"the subrequest to {uri} closes the connection")
        return Closed()
    status = answer.status
    if status is None:
        name = f"the answer of {answer.program or uri} to auth_request {uri}"
        raise Undecided(Missing(REASON_PROGRAM, name))
    passed = 200 <= status < 300
    exchange.step("access", f"auth_request: {uri} answers {status}", span, passed)
    _set_variables(exchange, answer.exchange)
    if passed:
        return 200
    cause = answer.exchange.refusal if status == 403 and answer.exchange.refusal is not None else answer.cause
    inner, log = ((), None) if cause is None else (cause.because, cause.log)
    if status in (401, 403):
        exchange.decided("auth-request", span, f"the subrequest to {uri} answers {status}", also=inner, log=log)
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
    """`auth_request_set`, whatever the subrequest answered: an error page may use them."""
    for directive in exchange.context.effective("auth_request_set"):
        if len(directive.args) == 2 and directive.args[0].startswith("$"):
            value = expand(answered, compile_template(directive.args[1]))
            exchange.variables[directive.args[0][1:].lower()] = value
