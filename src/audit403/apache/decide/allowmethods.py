"""mod_allowmethods: any other method is answered with 405.

Truth: am_check_access in modules/aaa/mod_allowmethods.c.
"""

from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.outcome import DECLINED
from audit403.apache.model.allowmethods import ALLOWMETHODS, AllowMethodsConfig

_NOTHING = AllowMethodsConfig()
_NOT_ALLOWED = 405


def check_method(exchange: Exchange) -> int:
    """Whether the method is among those that are let in."""
    config: AllowMethodsConfig = exchange.config(ALLOWMETHODS, _NOTHING)
    if not config.names or config.directive is None:
        return DECLINED
    where = config.directive.span
    met = exchange.method in config.names
    names = " ".join(sorted(config.names))
    exchange.step("access", f"AllowMethods {names}", where, met, "method", "one-of", names)
    exchange.allowed = set(config.names)
    if met:
        return DECLINED
    log = f"AH01623: client method denied by server configuration: '{exchange.method_text}' to {exchange.subject()}"
    exchange.decided("allow-methods", where, f"{exchange.method_text} is not among these", log=log)
    return _NOT_ALLOWED
