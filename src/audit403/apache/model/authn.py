"""Who may log in how: AuthType and AuthName, Basic's providers, the files of passwords and groups.

Truth: modules/aaa/mod_authn_core.c, mod_auth_basic.c, mod_authn_file.c and mod_authz_groupfile.c; each is a module
with a slot of its own, in which the later section's settings win one by one.
"""

from audit403.apache.model.builder import Builder, Handler, flag, only_word
from audit403.apache.model.config_error import ConfigError
from audit403.apache.model.per_dir import PerDir, overlaid
from audit403.apache.model.providers import brings_authn, check_authn
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple

AUTHN_CORE, AUTH_BASIC, AUTHN_FILE, AUTHZ_GROUPFILE = "authn_core", "auth_basic", "authn_file", "authz_groupfile"


class AuthnCoreConfig(NamedTuple):
    """AuthType and AuthName, which may be expressions; None is unset."""

    auth_type: str | None = None
    auth_type_directive: Directive | None = None
    auth_name: str | None = None

    def merged(self, new: "AuthnCoreConfig") -> "AuthnCoreConfig":
        """This with a later section's laid over it."""
        return overlaid(self, new)


class Fake(NamedTuple):
    """What AuthBasicFake sends on to the application: two texts with variables; both empty for `off`."""

    user: str
    password: str


class AuthBasicConfig(NamedTuple):
    """The providers that Basic asks, and whether their no is final."""

    providers: tuple[str, ...] = ()
    authoritative: bool | None = None
    fake: Fake | None = None
    digest: bool | None = None
    directive: Directive | None = None

    def merged(self, new: "AuthBasicConfig") -> "AuthBasicConfig":
        """This with a later section's laid over it."""
        return AuthBasicConfig(
            new.providers or self.providers,
            self.authoritative if new.authoritative is None else new.authoritative,
            self.fake if new.fake is None else new.fake,
            self.digest if new.digest is None else new.digest,
            new.directive or self.directive,
        )


class AliasedProvider(NamedTuple):
    """One `<AuthnProviderAlias>`: the provider behind a name, and what is laid over a section while it is asked."""

    provider: str
    per_dir: PerDir


class AuthnServer(NamedTuple):
    """The names that `<AuthnProviderAlias>` gives; only the main server has them."""

    aliases: tuple[tuple[str, AliasedProvider], ...] = ()

    def merged(self, _new: "AuthnServer") -> "AuthnServer":
        """The main server's."""
        return self

    def alias(self, name: str) -> AliasedProvider | None:
        """What a name stands for, if it is an alias."""
        return next((aliased for alias, aliased in self.aliases if alias == name), None)


class FileConfig(NamedTuple):
    """The file that AuthUserFile or AuthGroupFile names."""

    path: str | None = None
    directive: Directive | None = None

    def merged(self, new: "FileConfig") -> "FileConfig":
        """The later section's, if it names one."""
        return self if new.path is None else new


_NO_ALIASES = AuthnServer()


def _auth_type(builder: Builder, directive: Directive) -> None:
    config: AuthnCoreConfig = builder.slot(AUTHN_CORE, AuthnCoreConfig())
    word = only_word(directive)
    builder.check_string(word, f"Cannot parse expression '{word}' in AuthType: ")
    builder.slots[AUTHN_CORE] = config._replace(auth_type=word, auth_type_directive=directive)


def _auth_name(builder: Builder, directive: Directive) -> None:
    config: AuthnCoreConfig = builder.slot(AUTHN_CORE, AuthnCoreConfig())
    word = only_word(directive)
    builder.check_string(word, f"Cannot parse expression '{word}' in AuthName: ")
    builder.slots[AUTHN_CORE] = config._replace(auth_name=word)


def _basic(builder: Builder) -> AuthBasicConfig:
    found: AuthBasicConfig = builder.slot(AUTH_BASIC, AuthBasicConfig())
    return found


def _providers(builder: Builder, directive: Directive) -> None:
    config = _basic(builder)
    aliases: AuthnServer = builder.main_slot(AUTHN_CORE, _NO_ALIASES)
    for word in directive.args:
        if aliases.alias(word) is None:
            check_authn(builder, word)
    names = config.providers + tuple(directive.args)
    builder.slots[AUTH_BASIC] = config._replace(providers=names, directive=directive)


def _authoritative(builder: Builder, directive: Directive) -> None:
    builder.slots[AUTH_BASIC] = _basic(builder)._replace(authoritative=flag(directive))


def _digest_algorithm(builder: Builder, directive: Directive) -> None:
    word = only_word(directive)
    if word.lower() not in ("off", "md5"):
        raise ConfigError(f"Invalid algorithm in AuthBasicUseDigestAlgorithm: {word}")
    builder.slots[AUTH_BASIC] = _basic(builder)._replace(digest=word.lower() == "md5")


def _fake(builder: Builder, directive: Directive) -> None:
    words = directive.args
    if not 1 <= len(words) <= 2:
        raise ConfigError(f"{directive.written} takes one or two arguments")
    user, password = words[0], words[1] if len(words) > 1 else "password"
    if user.lower() == "off":
        builder.slots[AUTH_BASIC] = _basic(builder)._replace(fake=Fake("", ""))
        return
    builder.check_string(user, f"Could not parse fake username expression '{user}': ")
    builder.check_string(password, f"Could not parse fake password expression associated to user '{user}': ")
    builder.slots[AUTH_BASIC] = _basic(builder)._replace(fake=Fake(user, password))


def _alias(builder: Builder, directive: Directive) -> None:
    provider, name = alias_head(directive)
    if provider.lower() == name.lower():
        raise ConfigError("The alias provider name must be different from the base provider name.")
    known: AuthnServer = builder.server_slot(AUTHN_CORE, AuthnServer())
    if known.alias(provider) is None:
        check_authn(builder, provider)
    inner = builder.inner(builder.path)
    inner.add_all(directive.block or ())
    if known.alias(name) is not None or brings_authn(builder, name):
        words = "has already be registered previously as either a base provider or an alias provider."
        raise ConfigError(f"The alias provider {name} {words}")
    aliases = (*known.aliases, (name, AliasedProvider(provider, inner.built())))
    builder.set_server_slot(AUTHN_CORE, AuthnServer(aliases))


def alias_head(directive: Directive) -> tuple[str, str]:
    """The provider and its new name in `<AuthnProviderAlias>` and `<AuthzProviderAlias>`. Raises ConfigError."""
    if len(directive.args) < 2 or not directive.args[0] or not directive.args[1]:
        raise ConfigError(f"{directive.written}> directive requires additional arguments")
    return directive.args[0], directive.args[1]


def _file(module: str) -> Handler:
    def handler(builder: Builder, directive: Directive) -> None:
        path = only_word(directive)
        builder.slots[module] = FileConfig(path, directive)

    return handler


DIRECTIVES: dict[str, Handler] = {
    "authtype": _auth_type,
    "authname": _auth_name,
    "authbasicprovider": _providers,
    "authbasicauthoritative": _authoritative,
    "authbasicusedigestalgorithm": _digest_algorithm,
    "authbasicfake": _fake,
    "<authnprovideralias": _alias,
    "authuserfile": _file(AUTHN_FILE),
    "authgroupfile": _file(AUTHZ_GROUPFILE),
}
