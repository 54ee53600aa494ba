"""ModSecurity: where it is on and has rules, whether it refuses is its own word.

Truth: hook_request_late in apache2/mod_security2.c, which runs before all other fixups.
"""

from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.outcome import DECLINED, FORBIDDEN
from audit403.apache.model.security2 import SECURITY2, SecurityConfig
from audit403.core.decision import REASON_PROGRAM, Missing

_NOTHING = SecurityConfig()


def refuse(exchange: Exchange) -> int:
    """Leave open what its rules come to."""
    config: SecurityConfig = exchange.config(SECURITY2, _NOTHING)
    if exchange.main is not None or config.engine != "on" or config.directive is None or config.rules is None:
        return DECLINED
    where = config.directive.span
    refuses = exchange.ask(Missing(REASON_PROGRAM, "what the rules of ModSecurity say"))
    exchange.step("fixup", "ModSecurity refuses the request", where, refuses)
    if not refuses:
        return DECLINED
    exchange.decided("modsecurity", where, "a rule of ModSecurity refuses this", log="ModSecurity: Access denied")
    return FORBIDDEN
