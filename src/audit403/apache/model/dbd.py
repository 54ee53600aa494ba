"""Passwords and groups in a database: which queries ask for them, and how the database is reached.

Truth: modules/aaa/mod_authn_dbd.c and mod_authz_dbd.c, modules/database/mod_dbd.c.
"""

from collections.abc import Callable

from audit403.apache.model.builder import Builder, Handler, flag, only_word
from audit403.apache.model.config_error import ConfigError
from audit403.apache.model.per_dir import overlaid
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple

AUTHN_DBD, AUTHZ_DBD, DBD = "authn_dbd", "authz_dbd", "dbd"


class AuthnDbdConfig(NamedTuple):
    """The queries for a user's password, and for the hash of user, realm and password."""

    password: str | None = None
    realm: str | None = None

    def merged(self, new: "AuthnDbdConfig") -> "AuthnDbdConfig":
        """This with a later section's laid over it."""
        return overlaid(self, new)


class AuthzDbdConfig(NamedTuple):
    """The query for a user's groups, or that notes a login, and whether it sends the user elsewhere."""

    query: str | None = None
    redirect_query: str | None = None
    to_referer: bool | None = None

    def merged(self, new: "AuthzDbdConfig") -> "AuthzDbdConfig":
        """This with a later section's laid over it."""
        return overlaid(self, new)


class DbdServer(NamedTuple):
    """The driver of the database."""

    driver: str | None = None

    def merged(self, new: "DbdServer") -> "DbdServer":
        """This with a virtual host's laid over it."""
        return overlaid(self, new)


def _check(builder: Builder, functions: str) -> None:
    process = builder.process
    if process is not None and not process.lenient and "dbd_module" not in process.modules.symbols:
        raise ConfigError(f"You must load mod_dbd to enable {functions} functions")


def _authn(change: Callable[[AuthnDbdConfig, str], AuthnDbdConfig]) -> Handler:
    def handler(builder: Builder, directive: Directive) -> None:
        _check(builder, "AuthDBD")
        builder.slots[AUTHN_DBD] = change(builder.slot(AUTHN_DBD, AuthnDbdConfig()), only_word(directive))

    return handler


def _authz(change: Callable[[AuthzDbdConfig, str], AuthzDbdConfig]) -> Handler:
    def handler(builder: Builder, directive: Directive) -> None:
        _check(builder, "AuthzDBD")
        builder.slots[AUTHZ_DBD] = change(builder.slot(AUTHZ_DBD, AuthzDbdConfig()), only_word(directive))

    return handler


def _to_referer(builder: Builder, directive: Directive) -> None:
    config: AuthzDbdConfig = builder.slot(AUTHZ_DBD, AuthzDbdConfig())
    builder.slots[AUTHZ_DBD] = config._replace(to_referer=flag(directive))


def _driver(builder: Builder, directive: Directive) -> None:
    builder.set_server_slot(DBD, DbdServer(only_word(directive)))


DIRECTIVES: dict[str, Handler] = {
    "authdbduserpwquery": _authn(lambda config, word: config._replace(password=word)),
    "authdbduserrealmquery": _authn(lambda config, word: config._replace(realm=word)),
    "authzdbdquery": _authz(lambda config, word: config._replace(query=word)),
    "authzdbdredirectquery": _authz(lambda config, word: config._replace(redirect_query=word)),
    "authzdbdlogintoreferer": _to_referer,
    "dbdriver": _driver,
}
