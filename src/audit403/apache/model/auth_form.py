"""Logins by a form on a page: AuthForm… and the sessions that remember them.

Truth: modules/aaa/mod_auth_form.c, modules/session/mod_session.c and mod_session_cookie.c.
"""

import re
from collections.abc import Callable

from audit403.apache.model.authn import AUTHN_CORE, AuthnServer
from audit403.apache.model.builder import Builder, Handler, flag, only_word
from audit403.apache.model.config_error import ConfigError
from audit403.apache.model.per_dir import overlaid
from audit403.apache.model.providers import check_authn
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple

AUTH_FORM, SESSION, SESSION_COOKIE = "auth_form", "session", "session_cookie"
_SIZE = re.compile(r"[ \t\n\v\f\r]*[+]?[0-9]+\Z")
_NO_ALIASES = AuthnServer()


class AuthFormConfig(NamedTuple):
    """Who is asked for passwords, and where who has logged in, or has not, is sent."""

    providers: tuple[str, ...] | None = None
    authoritative: bool | None = None
    required: str | None = None
    logout: str | None = None
    location: str | None = None
    passphrase: str | None = None
    fake_basic: bool | None = None
    directive: Directive | None = None

    def merged(self, new: "AuthFormConfig") -> "AuthFormConfig":
        """This with a later section's laid over it."""
        return overlaid(self, new)


class SessionConfig(NamedTuple):
    """Whether there are sessions, and for which paths."""

    enabled: bool | None = None
    includes: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()

    def merged(self, new: "SessionConfig") -> "SessionConfig":
        """This with a later section's laid over it; paths add up."""
        enabled = self.enabled if new.enabled is None else new.enabled
        return SessionConfig(enabled, self.includes + new.includes, self.excludes + new.excludes)


class CookieConfig(NamedTuple):
    """The cookies that carry the session: that of RFC 2965 counts before that of RFC 2109."""

    name: str | None = None
    name2: str | None = None

    def merged(self, new: "CookieConfig") -> "CookieConfig":
        """This with a later section's laid over it."""
        return overlaid(self, new)


def _form(builder: Builder) -> AuthFormConfig:
    found: AuthFormConfig = builder.slot(AUTH_FORM, AuthFormConfig())
    return found


def _providers(builder: Builder, directive: Directive) -> None:
    aliases: AuthnServer = builder.main_slot(AUTHN_CORE, _NO_ALIASES)
    for word in directive.args:
        if aliases.alias(word) is None:
            check_authn(builder, word)
    config = _form(builder)
    providers = (config.providers or ()) + tuple(directive.args)
    builder.slots[AUTH_FORM] = config._replace(providers=providers, directive=directive)


def _checked(directive: Directive, word: str) -> str:
    if not word or "=" in word or "&" in word:
        raise ConfigError(f"{directive.written} cannot be empty, or contain '=' or '&'.")
    return word


def _field(builder: Builder, directive: Directive) -> None:
    # What the fields of the form are called; the form comes in a body, which is not known.
    _checked(directive, directive.args[0] if directive.args else "")
    builder.slots[AUTH_FORM] = _form(builder)


def _location(builder: Builder, directive: Directive) -> None:
    word = _checked(directive, directive.args[0] if directive.args else "")
    builder.slots[AUTH_FORM] = _form(builder)._replace(location=word)


def _size(builder: Builder, directive: Directive) -> None:
    if _SIZE.match(only_word(directive)) is None:
        raise ConfigError("AuthCookieFormSize must be a size in bytes, or zero.")
    builder.slots[AUTH_FORM] = _form(builder)


def _expression(what: str, change: Callable[[AuthFormConfig, str], AuthFormConfig]) -> Handler:
    def handler(builder: Builder, directive: Directive) -> None:
        word = only_word(directive)
        builder.check_string(word, f"Could not parse {what} expression '{word}': ")
        builder.slots[AUTH_FORM] = change(_form(builder), word)

    return handler


def _flag(change: Callable[[AuthFormConfig, bool], AuthFormConfig]) -> Handler:
    def handler(builder: Builder, directive: Directive) -> None:
        builder.slots[AUTH_FORM] = change(_form(builder), flag(directive))

    return handler


def _passphrase(builder: Builder, directive: Directive) -> None:
    builder.slots[AUTH_FORM] = _form(builder)._replace(passphrase=only_word(directive))


def _session(builder: Builder, directive: Directive) -> None:
    config: SessionConfig = builder.slot(SESSION, SessionConfig())
    builder.slots[SESSION] = config._replace(enabled=flag(directive))


def _include(builder: Builder, directive: Directive) -> None:
    config: SessionConfig = builder.slot(SESSION, SessionConfig())
    builder.slots[SESSION] = config._replace(includes=(*config.includes, only_word(directive)))


def _exclude(builder: Builder, directive: Directive) -> None:
    config: SessionConfig = builder.slot(SESSION, SessionConfig())
    builder.slots[SESSION] = config._replace(excludes=(*config.excludes, only_word(directive)))


def _cookie(change: Callable[[CookieConfig, str], CookieConfig]) -> Handler:
    def handler(builder: Builder, directive: Directive) -> None:
        name = _checked(directive, next(iter(directive.raw.split()), ""))
        builder.slots[SESSION_COOKIE] = change(builder.slot(SESSION_COOKIE, CookieConfig()), name)

    return handler


DIRECTIVES: dict[str, Handler] = {
    "authformprovider": _providers,
    "authformusername": _field,
    "authformpassword": _field,
    "authformmethod": _field,
    "authformmimetype": _field,
    "authformbody": _field,
    "authformlocation": _location,
    "authformsize": _size,
    "authformloginrequiredlocation": _expression("login required", lambda form, word: form._replace(required=word)),
    "authformloginsuccesslocation": _expression("login success", lambda form, word: form),
    "authformlogoutlocation": _expression("logout required", lambda form, word: form._replace(logout=word)),
    "authformsitepassphrase": _passphrase,
    "authformauthoritative": _flag(lambda form, value: form._replace(authoritative=value)),
    "authformfakebasicauth": _flag(lambda form, value: form._replace(fake_basic=value)),
    "authformdisablenostore": _flag(lambda form, value: form),
    "session": _session,
    "sessioninclude": _include,
    "sessionexclude": _exclude,
    "sessioncookiename": _cookie(lambda cookie, name: cookie._replace(name=name)),
    "sessioncookiename2": _cookie(lambda cookie, name: cookie._replace(name2=name)),
}
