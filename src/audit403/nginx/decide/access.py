"""The access phase: allow/deny, auth_basic and auth_request under `satisfy`.

Truth: ngx_http_core_access_phase, ngx_http_core_post_access_phase and src/http/modules/ngx_http_access_module.c.
"""

from audit403.core.place import Because
from audit403.nginx.decide.auth_basic import auth_basic
from audit403.nginx.decide.auth_request import auth_request
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.other_programs import Handler, access_handlers
from audit403.nginx.decide.outcome import Closed, Outcome, Status
from audit403.nginx.model.address import IPV4
from audit403.nginx.model.context import AccessRule

FORBIDDEN_BY_RULE = "access forbidden by rule"
_PASSED = 200


def access_phase(exchange: Exchange) -> Outcome | None:
    """Run the handlers in nginx's order. None means go on."""
    if exchange.is_subrequest:
        return None
    any_suffices = exchange.context.argument("satisfy", "all") == "any"
    handlers: list[Handler] = [address_rules, auth_basic, auth_request]
    if exchange.evaluator.other_programs(exchange.context):
        handlers = access_handlers(exchange, handlers)
    remembered: int | None = None
    remembered_cause = None
    for handler in handlers:
        verdict = handler(exchange)
        if verdict is None:
            continue
        if isinstance(verdict, Closed):
            return verdict
        if not any_suffices:
            if verdict == _PASSED:
                continue
            return Status(verdict)
        if verdict == _PASSED:
            _note_satisfy(exchange, "one of the conditions is met")
            return None
        if verdict not in (401, 403):
            return Status(verdict)
        if remembered != 401:
            remembered, remembered_cause = verdict, exchange.cause
    if remembered is None:
        return None
    _note_satisfy(exchange, "none of the conditions is met")
    if remembered_cause is not None:
        log = FORBIDDEN_BY_RULE if remembered == 403 else remembered_cause.log
        exchange.cause = remembered_cause._replace(log=log)
    return Status(remembered)


def address_rules(exchange: Exchange) -> int | None:
    """The effective allow/deny list: the first rule that matches the client decides."""
    rules = exchange.context.access_rules()
    if not rules:
        return None
    client = exchange.client
    shown = client.text()
    # A list without any IPv4 rule takes an IPv4 client of an IPv6 socket for the IPv6 client that it looks like.
    plain = client.unmapped() if any(_speaks_of(rule, IPV4) for rule in rules) else client
    relevant = [rule for rule in rules if _speaks_of(rule, plain.family)]
    if not relevant:
        exchange.step("access", f"no allow or deny speaks of {plain.family} addresses: {shown} is let through")
        return None
    for rule in relevant:
        met = rule.all or (rule.network is not None and rule.network.contains(plain))
        argument = rule.directive.args[0]
        exchange.step(
            "access",
            f"{rule.directive.name} {argument} {'matches' if met else 'does not match'} {shown}",
            rule.directive.span,
            met,
            "client",
            "in-network",
            argument,
        )
        if met:
            return _PASSED if rule.permits else _refused(exchange, rule, relevant, shown)
    exchange.step("access", f"no rule matches {shown}: the list lets it through")
    return None


def _speaks_of(rule: AccessRule, family: str) -> bool:
    return rule.all or (rule.network is not None and rule.network.family == family)


def _refused(exchange: Exchange, rule: AccessRule, rules: list[AccessRule], shown: str) -> int | None:
    earlier = tuple(
        Because(other.directive.span, f"does not match {shown}")
        for other in rules[: rules.index(rule)]
        if other.permits
    )
    name = exchange.context.kind
    exchange.decided(
        "limit-except" if name == "limit_except" else "access-rule",
        rule.directive.span,
        f"refuses {shown}",
        log=FORBIDDEN_BY_RULE,
        also=earlier[:3],
    )
    return 403


def _note_satisfy(exchange: Exchange, text: str) -> None:
    directive = exchange.context.last("satisfy")
    exchange.step("access", f"satisfy any: {text}", None if directive is None else directive.span)
