"""Passwords and groups in an LDAP directory, which answers for itself; what httpd says without asking it.

Truth: modules/aaa/mod_authnz_ldap.c. The directory is taken to be there.
"""

from audit403.apache.decide.authn_results import DENIED, FAILED, GRANTED, NOT_FOUND, missing_password
from audit403.apache.decide.exchange import Exchange
from audit403.apache.model.ldap import AUTHNZ_LDAP, LdapConfig
from audit403.core.decision import REASON_PROGRAM, Missing
from audit403.core.open_question import Unknown

_NOTHING = LdapConfig()


def check_password(exchange: Exchange, user: str, password: str) -> str:
    """Whether the directory is asked at all; what it says is left open."""
    config: LdapConfig = exchange.config(AUTHNZ_LDAP, _NOTHING)
    if config.url is None:
        exchange.step("authn", "no AuthLDAPURL is set: 500")
        exchange.decided("no-ldap-url", None, "", log="AH02558: no AuthLDAPURL")
        return FAILED
    if not password:
        exchange.step("authn", "an empty password is right in no directory (AH10263)")
        return DENIED
    exchange.step("authn", f"{config.url} is asked", None if config.directive is None else config.directive.span)
    if not exchange.ask(Missing(REASON_PROGRAM, f"whether {user} is in {config.url}")):
        return NOT_FOUND
    if not exchange.ask(missing_password(REASON_PROGRAM, user, config.url)):
        return DENIED
    if config.user_is_dn or config.user_attribute:
        exchange.user = Unknown(Missing(REASON_PROGRAM, f"the name of {user} in {config.url}"))
    return GRANTED


def is_authorized(exchange: Exchange, user: str, text: str) -> bool:
    """Whether the directory says what `Require ldap-…` asks for."""
    config: LdapConfig = exchange.config(AUTHNZ_LDAP, _NOTHING)
    if config.url is None:
        exchange.step("authz", "no AuthLDAPURL is set")
        return False
    exchange.step("authz", f"{config.url} is asked", None if config.directive is None else config.directive.span)
    return exchange.ask(Missing(REASON_PROGRAM, f"{text} for {user} in {config.url}"))
