"""Logging in as anybody, with an address for a password.

Truth: check_anonymous in modules/aaa/mod_authn_anon.c.
"""

from audit403.apache.decide.authn_results import DENIED, GRANTED, NOT_FOUND
from audit403.apache.decide.exchange import Exchange
from audit403.apache.model.authn_anon import AUTHN_ANON, AnonConfig

_NOTHING = AnonConfig()


def check_anonymous(exchange: Exchange, user: str, password: str) -> str:
    """What Anonymous says about a user and a password."""
    config: AnonConfig = exchange.config(AUTHN_ANON, _NOTHING)
    if not config.users and not config.any_user:
        return NOT_FOUND
    known = config.no_user if not user else config.any_user or user.lower() in config.users
    if not known:
        return NOT_FOUND
    is_address = "@" in password and "." in password
    return GRANTED if (password or not config.must_email) and (is_address or not config.verify_email) else DENIED
