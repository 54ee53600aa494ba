"""The handler `type-map`: the variant that wins is answered in the place of the map.

Truth: handle_map_file in modules/mappers/mod_negotiation.c.
"""

from audit403.apache.decide.conditional import conditional
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.internal_redirect import redirect_internally
from audit403.apache.decide.negotiation.choose import TYPE_MAP, Negotiation
from audit403.apache.decide.negotiation.type_map import read_type_map
from audit403.apache.decide.negotiation.variant import Variant
from audit403.apache.decide.outcome import DECLINED, OK
from audit403.apache.decide.subrequests import escape_path
from audit403.apache.paths import without_path_info

MAP_TYPE = "application/x-type-map"


def handle(exchange: Exchange) -> int:
    """Choose among the variants of a map."""
    if exchange.handler not in (MAP_TYPE, TYPE_MAP):
        return DECLINED
    negotiation = Negotiation(exchange, None)
    status = read_type_map(negotiation, exchange)
    if status != OK:
        return status
    status, best = negotiation.negotiate(prefers_scripts=False)
    if status != OK or best is None:
        return status
    return _own_body(exchange, best) if best.body else _redirected(exchange, negotiation, best)


def _own_body(exchange: Exchange, best: Variant) -> int:
    """A variant whose content stands in the map."""
    if exchange.method not in ("GET", "POST"):
        exchange.step("handler", f"a text in a type map takes no {exchange.method}: 405", best.where)
        exchange.decided("method-not-allowed", best.where, "")
        return 405
    if exchange.found is not None:
        conditional(exchange, exchange.found._replace(size=best.size))
    return OK


def _redirected(exchange: Exchange, negotiation: Negotiation, best: Variant) -> int:
    exchange.uri = without_path_info(exchange.uri, exchange.path_info)
    args = "" if exchange.args is None else f"?{exchange.args}"
    directory = escape_path(exchange.uri.rpartition("/")[0] + "/")
    redirect_internally(exchange, f"{directory}{best.name}{exchange.path_info}{args}")
    answered = exchange.answered_by
    if answered is not None and answered.cause is not None and answered.status >= 400:
        answered.cause = answered.cause._replace(because=answered.cause.because + negotiation.because(best))
    return OK
