"""mod_actions: another URL answers for a handler, a type or a method, and that URL is asked for as any other is.

Truth: action_handler in modules/mappers/mod_actions.c, ap_internal_redirect_handler in modules/http/http_request.c.
"""

from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.internal_redirect import redirect_internally
from audit403.apache.decide.outcome import DECLINED, OK
from audit403.apache.decide.subrequests import escape_path
from audit403.apache.model.actions import ACTIONS, ActionsConfig

_NOTHING = ActionsConfig()


def handle(exchange: Exchange) -> int:
    """Have the request answered by a script."""
    config: ActionsConfig = exchange.config(ACTIONS, _NOTHING)
    if not config.actions and not config.scripts:
        return DECLINED
    chosen = None
    if exchange.method != "GET" or exchange.args is not None:
        chosen = config.scripts.get(exchange.method)
        if chosen is not None and exchange.prev is not None and exchange.prev.prev is not None:
            return DECLINED
    action = config.actions.get((exchange.handler or "").lower())
    if action is not None:
        where = action.directive.span
        if not action.virtual and exchange.found is None:
            exchange.step("handler", f"{action.directive.written} wants a file, and there is none: 404", where)
            exchange.decided("not-found", where, "", log=f"AH00652: File does not exist: {exchange.filename}")
            return 404
        chosen = action
        exchange.env.set("HANDLER", exchange.handler or "")
    if chosen is None:
        return DECLINED
    written = chosen.directive
    exchange.step("handler", f"{written.written} {' '.join(written.args)}", written.span)
    query = "" if exchange.args is None else f"?{exchange.args}"
    redirect_internally(exchange, chosen.script + escape_path(exchange.uri) + query, keeps_type=True)
    return OK
