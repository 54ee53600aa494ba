"""mod_env: its variables are set in the last phase before the handler, too late for any access check.

Truth: fixup_env_module in modules/metadata/mod_env.c.
"""

from audit403.apache.decide.environment import process_variable
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.outcome import DECLINED, OK
from audit403.apache.model.env import ENV, EnvConfig

_NOTHING = EnvConfig()


def fixup(exchange: Exchange) -> int:
    """Set the variables."""
    config: EnvConfig = exchange.config(ENV, _NOTHING)
    if not config.values:
        return DECLINED
    for name, value, directive in config.values:
        passed = process_variable(exchange, name) if value is None else value
        if passed is not None:
            exchange.env.set(name, passed)
            exchange.step("fixup", f"{directive.written} {name}", directive.span)
    return OK
