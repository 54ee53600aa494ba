"""Logging in with a name and a password in the request.

Truth: authenticate_basic_user and authenticate_basic_fake in modules/aaa/mod_auth_basic.c.
"""

from base64 import b64encode

from audit403.apache.decide.authn_core import auth_name, auth_type, login_place, needs_name, realm_of
from audit403.apache.decide.authn_providers import ask_for_hash, ask_for_password
from audit403.apache.decide.authn_results import DENIED, FAILED, FOUND, GRANTED
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.expression import text_or_failure
from audit403.apache.decide.outcome import DECLINED, OK, SERVER_ERROR
from audit403.apache.model.authn import AUTH_BASIC, AuthBasicConfig
from audit403.core.open_question import Undecided, Unknown
from audit403.core.withheld import require_known
from audit403.http.base64 import decode_leniently

_NOTHING = AuthBasicConfig()


def authenticate(exchange: Exchange) -> int:
    """OK with the user's name, 401, or 500 where a file is missing."""
    kind = auth_type(exchange)
    if kind is None or kind.lower() != "basic":
        return DECLINED
    if auth_name(exchange) is None:
        return needs_name(exchange, "AH01615")
    exchange.user_auth_type = kind
    header = exchange.header("Authorization" if exchange.proxied != "forward" else "Proxy-Authorization")
    if isinstance(header, Unknown):
        raise Undecided(header.missing)
    exchange.step("authn", "credentials", None, header is not None, "header:authorization", "exists")
    if header is None:
        exchange.decided("login-needed", login_place(exchange), "this asks for a name and a password")
        return 401
    scheme, _, rest = header.partition(" ")
    if scheme.lower() != "basic":
        exchange.step("authn", f"credentials of another kind: {scheme}")
        log = f"AH01614: client used wrong authentication scheme: {exchange.uri}"
        exchange.decided("login-needed", login_place(exchange), "this asks for Basic credentials", log=log)
        return 401
    require_known(header)
    user, _, password = decode_leniently(rest.lstrip(" \t")).partition("\0")[0].partition(":")
    exchange.user = user
    return _ask_providers(exchange, user, password)


def _ask_providers(exchange: Exchange, user: str, password: str) -> int:
    config: AuthBasicConfig = exchange.config(AUTH_BASIC, _NOTHING)
    if config.digest:
        result = _by_hash(exchange, config, user, password)
    else:
        result = ask_for_password(exchange, config.providers, user, password, "AH01616")
    if result == GRANTED:
        return OK
    if config.authoritative is False and result != DENIED:
        return DECLINED
    if result == FAILED:
        return SERVER_ERROR
    message = f"no user is called {user}"
    if result == DENIED:
        message = f"the password of {user} is another one"
        log = f'AH01617: user {user}: authentication failure for "{exchange.uri}": Password Mismatch'
    else:
        log = f"AH01618: user {user} not found: {exchange.uri}"
    exchange.decided("login-failed", login_place(exchange), message, log=log)
    return 401


def _by_hash(exchange: Exchange, config: AuthBasicConfig, user: str, password: str) -> str:
    """A password checked against a hash that has the realm in it."""
    from hashlib import md5

    realm = realm_of(exchange)
    if isinstance(realm, Unknown):
        raise Undecided(realm.missing)
    found = ask_for_hash(exchange, config.providers, user, realm, "AH01616")
    if found.result != FOUND:
        return found.result
    text = f"{user}:{realm}:{password}".encode("utf-8", "surrogateescape")
    digest = md5(text, usedforsecurity=False).hexdigest()
    met = exchange.ask(found.value.missing) if isinstance(found.value, Unknown) else found.value == digest
    exchange.step("authn", f"{user}: {GRANTED if met else DENIED}", None, met, "password", "accepted", user)
    return GRANTED if met else DENIED


def fake(exchange: Exchange) -> int:
    """Send a login of AuthBasicFake on to the application, in the place of the client's."""
    config: AuthBasicConfig = exchange.config(AUTH_BASIC, _NOTHING)
    if config.fake is None or not config.fake.user:
        return DECLINED
    texts: list[str] = []
    for text in config.fake:
        value = text_or_failure(exchange, text)
        if isinstance(value, Unknown):
            exchange.headers.set("Authorization", value)
            return OK
        if value is None:
            log = f"AH02455: AuthBasicFake: could not evaluate user expression for URI '{exchange.uri}'"
            exchange.decided("authz-error", None, "", log=log)
            return SERVER_ERROR
        if not value:
            exchange.headers.unset("Authorization")
            return DECLINED
        texts.append(value)
    login = b64encode(":".join(texts).encode("utf-8", "surrogateescape")).decode()
    exchange.headers.set("Authorization", f"Basic {login}")
    return OK
