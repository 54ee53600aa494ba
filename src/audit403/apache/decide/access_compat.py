"""Order, Allow and Deny as mod_access_compat still understands them.

Truth: check_dir_access and find_allowdeny in modules/aaa/mod_access_compat.c.
"""

from audit403.apache.decide.authz_reasons import ACCESS
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.hosts import client_host, in_domain, may_be_domain
from audit403.apache.decide.outcome import FORBIDDEN, OK
from audit403.apache.model.access_compat import (
    ACCESS_COMPAT,
    ALLOW_DENY,
    DENY_ALLOW,
    FROM_ALL,
    FROM_ENV,
    FROM_HOST,
    FROM_NETWORK,
    FROM_NO_ENV,
    MUTUAL_FAILURE,
    AccessCompatConfig,
    ForMethods,
    From,
)
from audit403.apache.model.methods import ALL
from audit403.apache.model.subnet import contains
from audit403.core.open_question import Unknown
from audit403.core.place import Because, Span

_MANY = 16
_ORDERS = {
    ALLOW_DENY: "a Deny wins over an Allow, and whom none names is refused",
    DENY_ALLOW: "an Allow wins over a Deny, and whom none names is let in",
    MUTUAL_FAILURE: "a Deny wins over an Allow, and whom none names is refused",
}
_REQUIRE_TOO = "and Require must let it in too"


def check_dir_access(exchange: Exchange) -> int:
    """OK or 403."""
    config: AccessCompatConfig | None = exchange.per_dir.get(ACCESS_COMPAT)
    if config is None:
        return OK
    method = exchange.method
    for said in reversed(config.orders):
        if _is_for(exchange, said):
            break
    order, directive = config.order(method)
    allowed: From | None = None
    denied: From | None = None
    if order == ALLOW_DENY:
        allowed = _found(exchange, config.allows)
        denied = _found(exchange, config.denies)
        passes = allowed is not None and denied is None
    elif order == DENY_ALLOW:
        denied = _found(exchange, config.denies)
        allowed = _found(exchange, config.allows)
        passes = denied is None or allowed is not None
    else:
        allowed = _found(exchange, config.allows)
        if allowed is not None:
            denied = _found(exchange, config.denies)
        passes = allowed is not None and denied is None
    order_place = None if directive is None else directive.span
    if passes:
        if allowed is not None:
            _note(exchange, allowed.directive.span, f"this lets the client in by its address, {_REQUIRE_TOO}")
        elif order_place is not None:
            _note(exchange, order_place, f"this lets the client in, whom no Deny names, {_REQUIRE_TOO}")
        return OK
    where: Span | None
    if denied is not None:
        where = denied.directive.span
        message = f"this denies {exchange.client.text()}"
    else:
        where = order_place or _any_place(config)
        message = "no Allow matches the client, and with this Order whoever is not allowed is denied"
    also = () if order_place in (None, where) else (Because(order_place, _ORDERS[order]),)
    if denied is not None and allowed is not None:
        also = (*also, Because(allowed.directive.span, "this allows it, and the Deny wins"))
    log = f"AH01797: client denied by server configuration: {exchange.subject()}"
    exchange.step("access", f"Order {order}: denied", order_place)
    exchange.decided("access-compat", where, message, log=log, also=also)
    if where is not None:
        _note(exchange, where, f"{message}; with Satisfy Any this or Require would have to let it in")
    return FORBIDDEN


def _note(exchange: Exchange, where: Span, message: str) -> None:
    """What belongs to a refusal by Require, for people who look at these lines first."""
    exchange.notes[ACCESS] = Because(where, message)


def _any_place(config: AccessCompatConfig) -> Span | None:
    said = config.satisfies or config.allows or config.denies
    return said[0].directive.span if said else None


def _found(exchange: Exchange, places: tuple[From, ...]) -> From | None:
    """The first that matches the client, of those for its method."""
    if len(places) > _MANY and places[0].directive.span not in exchange.evaluator.alike:
        alike = ((place.directive.span, (id(places), place.kind)) for place in places)
        exchange.evaluator.alike.update(alike)
    for place in places:
        if _is_for(exchange, place) and _matches(exchange, place):
            return place
    return None


def _is_for(exchange: Exchange, said: From | ForMethods) -> bool:
    """Whether a line is about the request's method."""
    met = said.methods.include(exchange.method)
    if said.methods != ALL:
        names = " ".join(sorted(said.methods.names))
        value = f"not {names}" if said.methods.inverted else names
        text = f"{said.directive.written} for {value}"
        exchange.step("access", text, said.directive.span, met, "method", "one-of", value)
    return met


def _matches(exchange: Exchange, place: From) -> bool:
    where = place.directive.span
    label = f"{place.directive.written} from {place.directive.args[place.word]}"
    if place.kind == FROM_ALL:
        exchange.step("access", label, where)
        return True
    if place.kind == FROM_NETWORK:
        assert place.network is not None
        met = contains(place.network, exchange.client)
        exchange.step("access", label, where, met, "client", "in-network", place.network.text())
        return met
    if place.kind in (FROM_ENV, FROM_NO_ENV):
        value = exchange.env.get(place.value)
        is_set = exchange.ask(value.missing) if isinstance(value, Unknown) else value is not None
        met = is_set == (place.kind == FROM_ENV)
        exchange.step("access", label, where, met, f"env:{place.value}", "exists")
        return met
    assert place.kind == FROM_HOST
    host = client_host(exchange) if may_be_domain(place.value) else None
    met = exchange.ask(host.missing) if isinstance(host, Unknown) else host is not None and in_domain(place.value, host)
    exchange.step("access", label, where, met, "client-host", "in-domain", place.value)
    return met
