"""AuthType and AuthName, and what happens where no module knows the type.

Truth: modules/aaa/mod_authn_core.c.
"""

from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.expression import text_or_failure
from audit403.apache.decide.outcome import OK, SERVER_ERROR
from audit403.apache.model.authn import AUTHN_CORE, AuthnCoreConfig
from audit403.core.open_question import Undecided, Unknown

_NOTHING = AuthnCoreConfig()


def auth_type(exchange: Exchange) -> str | None:
    """The way of logging in, None where there is none."""
    config: AuthnCoreConfig = exchange.config(AUTHN_CORE, _NOTHING)
    if config.auth_type is None:
        return None
    value = text_or_failure(exchange, config.auth_type)
    if isinstance(value, Unknown):
        raise Undecided(value.missing)
    return None if value is None or value.lower() == "none" else value


def auth_name(exchange: Exchange) -> str | None:
    """The realm; one of which the text is not known is there all the same."""
    config: AuthnCoreConfig = exchange.config(AUTHN_CORE, _NOTHING)
    if config.auth_name is None:
        return None
    value = text_or_failure(exchange, config.auth_name)
    return config.auth_name if isinstance(value, Unknown) else value


def realm_of(exchange: Exchange) -> str | Unknown:
    """The text of the realm."""
    name = auth_name(exchange)
    value = None if name is None else text_or_failure(exchange, name)
    return "" if value is None else value


def authenticate_no_user(exchange: Exchange) -> int:
    """Whoever has come here has been asked by nobody."""
    kind = auth_type(exchange)
    if kind is None:
        return OK
    config: AuthnCoreConfig = exchange.config(AUTHN_CORE, _NOTHING)
    where = None if config.auth_type_directive is None else config.auth_type_directive.span
    exchange.step("authn", f"no module knows AuthType {kind}: 500", where)
    log = f"AH01796: AuthType {kind} configured without corresponding module"
    exchange.decided("unknown-auth-type", where, "no module that is loaded knows this", log=log)
    return SERVER_ERROR
