"""The session of a client, as far as it stands in a cookie that anybody can read.

Truth: ap_session_load and session_identity_decode in modules/session/mod_session.c, mod_session_cookie.c,
ap_cookie_read in server/util_cookies.c. What mod_session_crypto has encrypted, or mod_session_dbd keeps, is left open.
"""

from urllib.parse import unquote_to_bytes

from audit403.apache.decide.exchange import Exchange
from audit403.apache.model.auth_form import SESSION, SESSION_COOKIE, CookieConfig, SessionConfig
from audit403.core.decision import REASON_STATE, Missing
from audit403.core.open_question import Undecided, Unknown

_NO_SESSION = SessionConfig()
_NO_COOKIE = CookieConfig()
_EXPIRY = "\0expiry"
_SPACES = " \t\n\v\f\r"


def load_session(exchange: Exchange) -> dict[str, str] | None:
    """What the session holds, an empty one where there is none yet; None where there are no sessions here."""
    config: SessionConfig = exchange.config(SESSION, _NO_SESSION)
    if not config.enabled or not exchange.evaluator.has("session") or not _is_included(exchange, config):
        return None
    cookies: CookieConfig = exchange.config(SESSION_COOKIE, _NO_COOKIE)
    name = cookies.name2 or cookies.name if exchange.evaluator.has("session_cookie") else None
    header = exchange.header("Cookie")
    if isinstance(header, Unknown):
        raise Undecided(header.missing)
    if name is None:
        if exchange.evaluator.has("session_dbd") and header is not None:
            raise Undecided(Missing(REASON_STATE, "the client's session in the database"))
        return None
    value = cookie_value(header or "", name)
    exchange.step("authn", f"the session in the cookie {name}", None, value is not None, f"cookie:{name}", "exists")
    if value is None:
        return {}
    if exchange.evaluator.has("session_crypto"):
        raise Undecided(Missing(REASON_STATE, f"what stands in the cookie {name}, which may be encrypted"))
    return _unexpired(exchange, decoded(value))


def _is_included(exchange: Exchange, config: SessionConfig) -> bool:
    if config.includes and not exchange.uri.startswith(config.includes):
        return False
    return not (config.excludes and exchange.uri.startswith(config.excludes))


def cookie_value(header: str, name: str) -> str | None:
    """The value of a cookie, None where it is not there or has several; commas part cookies as `;` does."""
    found: set[str] = set()
    for part in header.replace(",", ";").split(";"):
        text = part.lstrip(_SPACES)
        if text.startswith(name + "="):
            found.add(text[len(name) + 1 :])
    return found.pop() if len(found) == 1 else None


def decoded(text: str) -> dict[str, str]:
    """The values of a session as a form has them; broken ones do not count."""
    found: dict[str, str] = {}
    for pair in text.split("&"):
        key, _, value = pair.lstrip("=").partition("=")
        if not key:
            continue
        name = _unescaped(key)
        value = value.lstrip("=")
        if not value:
            found.pop(key.lower(), None)
            continue
        content = _unescaped(value)
        if name is not None and content is not None:
            found[_EXPIRY if name == "expiry" else name.lower()] = content
    return found


def _unescaped(text: str) -> str | None:
    """A text without its escapes; None where it has a broken one."""
    parts = text.replace("+", " ").split("%")
    if any(len(part) < 2 or not all(mark in "0123456789abcdefABCDEF" for mark in part[:2]) for part in parts[1:]):
        return None
    data = unquote_to_bytes(text.replace("+", " "))
    return None if b"\0" in data else data.decode("utf-8", "surrogateescape")


def _unexpired(exchange: Exchange, values: dict[str, str]) -> dict[str, str]:
    text = values.pop(_EXPIRY, "0")
    digits = text if text.isascii() and text.isdigit() else "0"
    expiry = int(digits) / 1_000_000
    if expiry and expiry < exchange.evaluator.now():
        exchange.step("authn", "the session has expired")
        return {}
    return values
