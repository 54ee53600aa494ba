"""Who may log in how: AuthType and AuthName, Basic's providers, the files of passwords and groups.

Truth: modules/aaa/mod_authn_core.c, mod_auth_basic.c, mod_authn_file.c and mod_authz_groupfile.c; each is a module
with a slot of its own, in which the later section's settings win one by one.
"""

from audit403.apache.model.builder import Builder, Handler, flag, only_word
from audit403.apache.model.per_dir import overlaid
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


class AuthBasicConfig(NamedTuple):
    """The providers that Basic asks, and whether their no is final."""

    providers: tuple[str, ...] = ()
    authoritative: bool | None = None
    fake: bool | None = None
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


class FileConfig(NamedTuple):
    """The file that AuthUserFile or AuthGroupFile names."""

    path: str | None = None
    directive: Directive | None = None

    def merged(self, new: "FileConfig") -> "FileConfig":
        """The later section's, if it names one."""
        return self if new.path is None else new


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
    names = config.providers + tuple(word.lower() for word in directive.args)
    builder.slots[AUTH_BASIC] = config._replace(providers=names, directive=directive)


def _authoritative(builder: Builder, directive: Directive) -> None:
    builder.slots[AUTH_BASIC] = _basic(builder)._replace(authoritative=flag(directive))


def _digest_algorithm(builder: Builder, directive: Directive) -> None:
    builder.slots[AUTH_BASIC] = _basic(builder)._replace(digest=only_word(directive).lower() == "md5")


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
    "authuserfile": _file(AUTHN_FILE),
    "authgroupfile": _file(AUTHZ_GROUPFILE),
}
