"""Content handlers of other modules, as far as a configuration tells their answers: echo, purging, Passenger.

Truth: the modules' sources, and what Debian's packages of them answered.
"""

from collections.abc import Iterable

from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.map_path import map_uri_to_path
from audit403.nginx.decide.outcome import HandedOn, Named, Outcome, Redirect, Sent, Status
from audit403.nginx.decide.variables.lookup import expand_known
from audit403.nginx.model.address import parse_network
from audit403.nginx.model.context import Context, is_echo, purges_here
from audit403.nginx.model.template import compile_template
from audit403.nginx.read.tree import Directive


def echo(exchange: Exchange) -> Outcome:
    """What `echo` and its kin send: always with `echo_status`, which no error_page takes over."""
    first = next(iter(_echoes(exchange.context)))
    if first.name == "echo_exec" and first.args:
        target = expand_known(exchange, compile_template(first.args[0]))
        if target.startswith("@"):
            return Named(target)
        path, _, args = target.partition("?")
        given = expand_known(exchange, compile_template(first.args[1])) if len(first.args) > 1 else args
        return Redirect(path, given)
    status = exchange.context.last("echo_status")
    code = int(status.args[0]) if status is not None and status.args and status.args[0].isdigit() else 200
    span = first.span if status is None else status.span
    exchange.step("content", f"{first.name} answers {code}", span)
    exchange.decided("echo", span, f"the answer is sent with {code}")
    return Sent(code)


def _echoes(context: Context) -> Iterable[Directive]:
    level: Context | None = context
    while level is not None:
        found = [directive for directive in level.sequence if is_echo(directive)]
        if found:
            return found
        level = level.parent
    return ()


def purge(exchange: Exchange, kind: str) -> Outcome | None:
    """`proxy_cache_purge METHOD from …` beside a `proxy_pass`; None for a request with another method."""
    directive = exchange.context.last(f"{kind}_cache_purge")
    assert directive is not None
    if not purges_here(directive) or directive.args[0] == "off":
        return None
    method = "PURGE" if directive.args[0] == "on" else directive.args[0]
    if exchange.method != method:
        return None
    words = directive.args[directive.args.index("from") + 1 :] if "from" in directive.args else ["all"]
    client = exchange.client.unmapped()
    networks = [network for network in map(parse_network, words) if network is not None]
    met = "all" in words or any(network.contains(client) for network in networks)
    exchange.step("content", f"{directive.name}: {client.text()} may {'' if met else 'not '}purge", directive.span, met,
                  "client", "in-network", " ".join(words))  # fmt: skip
    if met:
        return Sent(None)
    exchange.decided("purge-refused", directive.span, f"does not let {client.text()} purge")
    return Status(403)


def passenger(exchange: Exchange) -> Outcome | None:
    """Passenger's application answers for all that is no file."""
    mapped = map_uri_to_path(exchange)
    if mapped is not None and exchange.evaluator.files().stat(exchange, mapped.path).is_file:
        return None
    exchange.step("content", "passenger_enabled: the application answers")
    return HandedOn("passenger")
