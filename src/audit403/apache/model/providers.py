"""Who can be asked for passwords and for authorization: the providers of httpd's modules.

Truth: the calls of ap_register_auth_provider in modules/aaa and mod_ssl.c. Names count as they are written.
"""

from typing import TYPE_CHECKING

from audit403.apache.model.authnz_fcgi import AUTHNZ_FCGI, NO_PROVIDERS, FcgiServer
from audit403.apache.model.config_error import ConfigError
from audit403.apache.read.commands import is_httpds

if TYPE_CHECKING:
    from audit403.apache.model.authnz_fcgi import FcgiProvider
    from audit403.apache.model.builder import Builder

LDAP = tuple(f"ldap-{name}" for name in ("user", "group", "dn", "attribute", "filter", "search"))
"""The names of what mod_authnz_ldap is asked for."""
#: The names that stand behind Require, with the module of each.
_AUTHZ = {
    **dict.fromkeys(("all", "env", "method", "expr"), "authz_core"),
    **dict.fromkeys(("ip", "host", "forward-dns", "local"), "authz_host"),
    **dict.fromkeys(("user", "valid-user"), "authz_user"),
    **dict.fromkeys(("group", "file-group"), "authz_groupfile"),
    **dict.fromkeys(("ssl", "ssl-verify-client"), "ssl"),
    **dict.fromkeys(("dbm-group", "dbm-file-group"), "authz_dbm"),
    **dict.fromkeys(("dbd-group", "dbd-login", "dbd-logout"), "authz_dbd"),
    **dict.fromkeys(LDAP, "authnz_ldap"),
    "file-owner": "authz_owner",
}
#: The same for AuthBasicProvider and its like.
_AUTHN = {
    "file": "authn_file",
    "anon": "authn_anon",
    "dbm": "authn_dbm",
    "dbd": "authn_dbd",
    "socache": "authn_socache",
    "ldap": "authnz_ldap",
}
#: Those that can only say whether a password is right.
_WITHOUT_REALM_HASHES = frozenset(("anon", "ldap"))


def check_authz(builder: "Builder", name: str) -> None:
    """Raise ConfigError where nobody knows a name behind Require."""
    if _is_known(builder, name, _AUTHZ):
        return
    program = _program(builder, name)
    if program is None or not program.authz:
        raise ConfigError(f"Unknown Authz provider: {name}")


def check_authn(builder: "Builder", name: str) -> None:
    """Raise ConfigError where nobody knows a provider of passwords."""
    if _is_known(builder, name, _AUTHN):
        return
    program = _program(builder, name)
    if program is None or not program.authn:
        raise ConfigError(f"Unknown Authn provider: {name}")


def brings_authn(builder: "Builder", name: str) -> bool:
    """Whether a module that is there has a provider of passwords of this name."""
    return name in _AUTHN and _is_known(builder, name, _AUTHN)


def check_realm_hashes(builder: "Builder", written: str, provider: str) -> None:
    """Raise ConfigError where a provider has no hashes with a realm in them, as Digest needs."""
    if provider in _WITHOUT_REALM_HASHES or _program(builder, provider) is not None:
        raise ConfigError(f"The '{written}' Authn provider doesn't support Digest Authentication")


def _is_known(builder: "Builder", name: str, modules: dict[str, str]) -> bool:
    process = builder.process
    module = modules.get(name)
    if process is None or process.lenient:
        return module is not None or name.lower() not in modules
    symbols = process.modules.symbols
    if module is not None and f"{module}_module" in symbols:
        return True
    # Modules that do not come with httpd bring names of their own.
    return module is None and any(not is_httpds(symbol) for symbol in symbols)


def _program(builder: "Builder", name: str) -> "FcgiProvider | None":
    """The program that AuthnzFcgiDefineProvider has given a name."""
    server: FcgiServer = builder.main_slot(AUTHNZ_FCGI, NO_PROVIDERS)
    return server.provider(name)
