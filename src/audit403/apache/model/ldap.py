"""Passwords and groups in an LDAP directory: where it is.

Truth: modules/aaa/mod_authnz_ldap.c.
"""

from audit403.apache.model.builder import Builder, Handler, flag
from audit403.apache.model.config_error import ConfigError
from audit403.apache.model.per_dir import overlaid
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple

AUTHNZ_LDAP = "authnz_ldap"
_SCHEMES = ("ldap://", "ldaps://", "ldapi://")


class LdapConfig(NamedTuple):
    """The directory's URL, and whether REMOTE_USER is then something else than the name that was typed."""

    url: str | None = None
    user_is_dn: bool | None = None
    user_attribute: str | None = None
    directive: Directive | None = None

    def merged(self, new: "LdapConfig") -> "LdapConfig":
        """This with a later section's laid over it."""
        return overlaid(self, new)


def _config(builder: Builder) -> LdapConfig:
    found: LdapConfig = builder.slot(AUTHNZ_LDAP, LdapConfig())
    return found


def _url(builder: Builder, directive: Directive) -> None:
    url = directive.args[0] if directive.args else ""
    if not url.lower().startswith(_SCHEMES):
        raise ConfigError("Bad LDAP URL while parsing.")
    if len(directive.args) > 1 and directive.args[1].lower() not in ("none", "ssl", "tls", "starttls"):
        words = "must be one of NONE, SSL, or TLS/STARTTLS"
        raise ConfigError(f"Invalid LDAP connection mode setting: {words}")
    builder.slots[AUTHNZ_LDAP] = _config(builder)._replace(url=url, directive=directive)


def _user_is_dn(builder: Builder, directive: Directive) -> None:
    builder.slots[AUTHNZ_LDAP] = _config(builder)._replace(user_is_dn=flag(directive))


def _user_attribute(builder: Builder, directive: Directive) -> None:
    attribute = directive.args[0] if directive.args else ""
    builder.slots[AUTHNZ_LDAP] = _config(builder)._replace(user_attribute=attribute)


DIRECTIVES: dict[str, Handler] = {
    "authldapurl": _url,
    "authldapremoteuserisdn": _user_is_dn,
    "authldapremoteuserattribute": _user_attribute,
}
