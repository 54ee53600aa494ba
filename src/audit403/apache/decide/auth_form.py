"""Logins by a form: a name and a password out of the session, or out of the body of a POST.

Truth: modules/aaa/mod_auth_form.c. What stands in a body is not known here.
"""

from base64 import b64encode
from hashlib import md5

from audit403.apache.decide.authn_core import auth_name, auth_type, login_place, needs_name, realm_of
from audit403.apache.decide.authn_providers import ask_for_password
from audit403.apache.decide.authn_results import DENIED, FAILED, GRANTED
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.expression import text_or_failure
from audit403.apache.decide.outcome import DECLINED, OK, SERVER_ERROR
from audit403.apache.decide.session import load_session
from audit403.apache.decide.subrequests import look_up_uri
from audit403.apache.model.auth_form import AUTH_FORM, AuthFormConfig
from audit403.core.decision import REASON_STATE, Missing
from audit403.core.open_question import Undecided, Unknown

_NOTHING = AuthFormConfig()
_FORM = "application/x-www-form-urlencoded"
_LOGIN, _LOGOUT = "form-login-handler", "form-logout-handler"


def authenticate(exchange: Exchange) -> int:
    """OK with the user's name, 302 to the page with the form, or 401."""
    kind = auth_type(exchange)
    if kind is None or kind.lower() != "form":
        return DECLINED
    if exchange.proxied == "forward":
        exchange.decided("form-for-proxy", login_place(exchange), "", log="AH01809: form auth cannot be used for proxy")
        return SERVER_ERROR
    if auth_name(exchange) is None:
        return needs_name(exchange, "AH01810")
    config: AuthFormConfig = exchange.config(AUTH_FORM, _NOTHING)
    exchange.user_auth_type = kind
    status = _by_session(exchange, config)
    if status == OK:
        return OK
    if status == 401 and exchange.method == "POST" and exchange.main is None and exchange.prev is None:
        status = _by_body(exchange)
    if status == 401 and config.required is not None:
        return _elsewhere(exchange, config.required, "AH02340: Can't evaluate login required expression", 302)
    return status


def _by_session(exchange: Exchange, config: AuthFormConfig) -> int:
    """OK where the session has the name of a user and the right password."""
    realm = realm_of(exchange)
    if isinstance(realm, Unknown):
        raise Undecided(realm.missing)
    session = load_session(exchange) or {}
    user, password, sent = (session.get(f"{realm}-{what}".lower()) for what in ("user", "pw", "site"))
    if user is not None:
        exchange.user = user
    if user is None or password is None:
        exchange.step("authn", "nobody has logged in", None, False, "session", "logged-in")
        exchange.decided("login-needed", login_place(exchange), "this asks for a login by a form")
        return 401
    if sent is not None and config.passphrase is not None and sent == _hash(user, config.passphrase):
        return _accepted(exchange, config, user, password)
    return _checked(exchange, config, user, password)


def _by_body(exchange: Exchange) -> int:
    """What comes of a form in the body, for which httpd makes a subrequest first."""
    inner = look_up_uri(exchange, exchange.uri)
    exchange.user = inner.user
    if not _sends_form(exchange):
        exchange.decided("login-needed", login_place(exchange), "this asks for a login by a form")
        return 401
    if exchange.ask(Missing(REASON_STATE, "whether the body is a form with a name and the right password")):
        exchange.user = Unknown(Missing(REASON_STATE, "the name in the form"))
        return OK
    exchange.decided("login-failed", login_place(exchange), "this asks for a login by a form")
    return 401


def _sends_form(exchange: Exchange) -> bool:
    kind = exchange.header("Content-Type")
    return bool(exchange.request.body_length) and isinstance(kind, str) and kind.lower().startswith(_FORM)


def _checked(exchange: Exchange, config: AuthFormConfig, user: str, password: str) -> int:
    result = ask_for_password(exchange, config.providers or (), user, password, "AH01806")
    if result == GRANTED:
        return _accepted(exchange, config, user, password)
    if config.authoritative is False and result != DENIED:
        return DECLINED
    if result == FAILED:
        return SERVER_ERROR
    message = f"no user is called {user}"
    log = f"AH01808: user '{user}' not found: {exchange.uri}"
    if result == DENIED:
        message = f"the password of {user} is another one"
        log = f"AH01807: user '{user}': authentication failure for \"{exchange.uri}\": password Mismatch"
    exchange.decided("login-failed", login_place(exchange), message, log=log)
    return 401


def _accepted(exchange: Exchange, config: AuthFormConfig, user: str, password: str) -> int:
    exchange.step("authn", f"the session of {user}", None, True, "session", "logged-in")
    if config.fake_basic:
        login = b64encode(f"{user}:{password}".encode("utf-8", "surrogateescape")).decode()
        exchange.headers.set("Authorization", f"Basic {login}")
    return OK


def _hash(user: str, passphrase: str) -> str:
    return md5(f"{user}:{passphrase}".encode("utf-8", "surrogateescape"), usedforsecurity=False).hexdigest()


def _elsewhere(exchange: Exchange, text: str, failed: str, status: int) -> int:
    """A redirect to a URL with variables."""
    url = text_or_failure(exchange, text)
    if url is None:
        exchange.decided("authz-error", None, "", log=failed)
        return SERVER_ERROR
    exchange.step("authn", f"sent to {url if isinstance(url, str) else text}: {status}")
    return status


def handle_login(exchange: Exchange) -> int:
    """What a form is sent to."""
    if exchange.handler != _LOGIN:
        return DECLINED
    if exchange.method != "POST":
        log = f"AH01811: the form-login-handler only supports the POST method for {exchange.uri}"
        exchange.step("handler", "the handler for logins only takes POST: 405")
        exchange.decided("method-not-allowed", None, "", log=log)
        return 405
    if _sends_form(exchange):
        raise Undecided(Missing(REASON_STATE, "whether the body is a form with a name and a password"))
    config: AuthFormConfig = exchange.config(AUTH_FORM, _NOTHING)
    if config.required is not None:
        return _elsewhere(exchange, config.required, "AH02342: Can't evaluate login required expression", 302)
    exchange.decided("login-needed", None, "")
    return 401


def handle_logout(exchange: Exchange) -> int:
    """What ends a login."""
    if exchange.handler != _LOGOUT:
        return DECLINED
    config: AuthFormConfig = exchange.config(AUTH_FORM, _NOTHING)
    if config.logout is None:
        return 200
    return _elsewhere(exchange, config.logout, "AH02343: Can't evaluate logout expression", 307)
