"""AuthType and AuthName, and what happens where no module knows the type.

Truth: modules/aaa/mod_authn_core.c.
"""

import re

from audit403.apache.decide import foreign
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.expression import text_or_failure
from audit403.apache.decide.outcome import OK, SERVER_ERROR
from audit403.apache.model.authn import AUTHN_CORE, AuthnCoreConfig
from audit403.core.decision import REASON_PROGRAM, Missing
from audit403.core.open_question import Undecided, Unknown
from audit403.core.place import Span

_NOTHING = AuthnCoreConfig()
#: What ap_escape_quotes looks at: what is escaped already stays, a bare quote is escaped.
_QUOTE = re.compile(r'\\.|"', re.DOTALL)


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
    """The text of the realm as a header has it, its quotes escaped."""
    config: AuthnCoreConfig = exchange.config(AUTHN_CORE, _NOTHING)
    value = None if config.auth_name is None else text_or_failure(exchange, config.auth_name)
    if value is None or isinstance(value, Unknown):
        return "" if value is None else value
    return _QUOTE.sub(lambda found: found[0] if len(found[0]) > 1 else '\\"', value)


def needs_name(exchange: Exchange, number: str) -> int:
    """500: a login without a realm."""
    exchange.step("authn", "AuthName is missing: 500", login_place(exchange))
    log = f"{number}: need AuthName: {exchange.uri}"
    exchange.decided("no-auth-name", login_place(exchange), "this needs an AuthName beside it", log=log)
    return SERVER_ERROR


def login_place(exchange: Exchange) -> Span | None:
    """Where AuthType stands that is in effect."""
    config: AuthnCoreConfig = exchange.config(AUTHN_CORE, _NOTHING)
    return None if config.auth_type_directive is None else config.auth_type_directive.span


def authenticate_no_user(exchange: Exchange) -> int:
    """Whoever has come here has been asked by nobody."""
    kind = auth_type(exchange)
    if kind is None:
        return OK
    where = login_place(exchange)
    if foreign.may_log_in(exchange):
        missing = Missing(REASON_PROGRAM, f"what the module for AuthType {kind} says")
        exchange.step("authn", f"{missing.name}: it is none of httpd's own", where)
        exchange.decided("foreign-login", where, "another module answers for this")
        raise Undecided(missing)
    exchange.step("authn", f"no module knows AuthType {kind}: 500", where)
    log = f"AH01796: AuthType {kind} configured without corresponding module"
    exchange.decided("unknown-auth-type", where, "no module that is loaded knows this", log=log)
    return SERVER_ERROR
