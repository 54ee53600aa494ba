"""Logging in with a name and a password in the request.

Truth: authenticate_basic_user in modules/aaa/mod_auth_basic.c.
"""

from audit403.apache.decide.authn_anon import check_anonymous
from audit403.apache.decide.authn_core import auth_name, auth_type, realm_of
from audit403.apache.decide.authn_file import check_password, check_realm_hash
from audit403.apache.decide.authn_results import DENIED, FAILED, GRANTED, NOT_FOUND
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.outcome import DECLINED, OK, SERVER_ERROR
from audit403.apache.model.authn import AUTH_BASIC, AUTHN_CORE, AuthBasicConfig, AuthnServer
from audit403.core.decision import REASON_PROGRAM, Missing
from audit403.core.open_question import Undecided, Unknown
from audit403.http.base64 import decode_leniently

_NOTHING = AuthBasicConfig()
_NO_ALIASES = AuthnServer()


def authenticate(exchange: Exchange) -> int:
    """OK with the user's name, 401, or 500 where a file is missing."""
    kind = auth_type(exchange)
    if kind is None or kind.lower() != "basic":
        return DECLINED
    if auth_name(exchange) is None:
        exchange.step("authn", "AuthName is missing: 500")
        exchange.decided("no-auth-name", None, "", log=f"AH01615: need AuthName: {exchange.uri}")
        return SERVER_ERROR
    exchange.user_auth_type = kind
    header = exchange.header("Authorization" if exchange.proxied != "forward" else "Proxy-Authorization")
    if isinstance(header, Unknown):
        raise Undecided(header.missing)
    exchange.step("authn", "credentials", None, header is not None, "header:authorization", "exists")
    if header is None:
        exchange.decided("login-needed", None, "")
        return 401
    scheme, _, rest = header.partition(" ")
    if scheme.lower() != "basic":
        exchange.step("authn", f"credentials of another kind: {scheme}")
        log = f"AH01614: client used wrong authentication scheme: {exchange.uri}"
        exchange.decided("login-needed", None, "", log=log)
        return 401
    user, _, password = decode_leniently(rest.lstrip(" \t")).partition("\0")[0].partition(":")
    exchange.user = user
    return _ask_providers(exchange, user, password)


def _ask_providers(exchange: Exchange, user: str, password: str) -> int:
    config: AuthBasicConfig = exchange.config(AUTH_BASIC, _NOTHING)
    result = NOT_FOUND
    for provider in config.providers or ("file",):
        result = _ask(exchange, provider, user, password)
        if result != NOT_FOUND:
            break
    exchange.step("authn", f"{user}: {result}", None, result == GRANTED, "password", "accepted", user)
    if result == GRANTED:
        return OK
    if config.authoritative is False and result != DENIED:
        return DECLINED
    if result == FAILED:
        return SERVER_ERROR
    if result == DENIED:
        log = f'AH01617: user {user}: authentication failure for "{exchange.uri}": Password Mismatch'
    else:
        log = f"AH01618: user {user} not found: {exchange.uri}"
    exchange.decided("login-failed", None, "", log=log)
    return 401


def _ask(exchange: Exchange, provider: str, user: str, password: str) -> str:
    aliases: AuthnServer = exchange.server.slots.get(AUTHN_CORE, _NO_ALIASES)
    aliased = aliases.alias(provider)
    if aliased is None:
        return _answer(exchange, provider, user, password)
    before = exchange.per_dir
    exchange.per_dir = before.merged_anew(aliased.per_dir)
    result = _answer(exchange, aliased.provider, user, password)
    exchange.per_dir = before
    return result


def _answer(exchange: Exchange, provider: str, user: str, password: str) -> str:
    config: AuthBasicConfig = exchange.config(AUTH_BASIC, _NOTHING)
    if provider == "file":
        if not exchange.evaluator.has("authn_file"):
            exchange.decided("no-provider", None, "", log="AH01616: No Authn provider configured")
            return FAILED
        if config.digest:
            return _by_digest(exchange, user, password)
        return check_password(exchange, user, password)
    if provider == "anon":
        if config.digest:
            log = "AH02493: Authn provider does not support AuthBasicUseDigestAlgorithm"
            exchange.decided("no-provider", None, "", log=log)
            return FAILED
        return check_anonymous(exchange, user, password)
    raise Undecided(Missing(REASON_PROGRAM, f"AuthBasicProvider {provider}"))


def _by_digest(exchange: Exchange, user: str, password: str) -> str:
    """A password checked against a hash that has the realm in it."""
    from hashlib import md5

    realm = realm_of(exchange)
    if isinstance(realm, Unknown):
        raise Undecided(realm.missing)
    text = f"{user}:{realm}:{password}".encode("utf-8", "surrogateescape")
    return check_realm_hash(exchange, user, realm, md5(text, usedforsecurity=False).hexdigest())
