"""Programs that are asked over FastCGI who may come in: the providers that AuthnzFcgiDefineProvider names.

Truth: modules/aaa/mod_authnz_fcgi.c.
"""

from audit403.apache.model.builder import Builder, Handler
from audit403.apache.model.config_error import ConfigError
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple

AUTHNZ_FCGI = "authnz_fcgi"
_KINDS = {"authn": (True, False), "authz": (False, True), "authnz": (True, True)}


class FcgiProvider(NamedTuple):
    """One program: whether it checks passwords, whether it says who may, and where it is."""

    authn: bool
    authz: bool
    backend: str


class FcgiServer(NamedTuple):
    """The programs by their names; only the main server has them."""

    providers: tuple[tuple[str, FcgiProvider], ...] = ()

    def merged(self, _new: "FcgiServer") -> "FcgiServer":
        """The main server's."""
        return self

    def provider(self, name: str) -> FcgiProvider | None:
        """The program of a name, the one that was named last."""
        return next((found for known, found in reversed(self.providers) if known == name), None)


class FcgiConfig(NamedTuple):
    """The program that AuthnzFcgiCheckAuthnProvider puts in the place of every login; None where it says nothing."""

    name: str | None = None
    authoritative: bool = True
    needs_basic: bool = False
    directive: Directive | None = None

    def merged(self, new: "FcgiConfig") -> "FcgiConfig":
        """The later section's, if it names one."""
        return self if new.name is None else new


NO_PROVIDERS = FcgiServer()


def _define(builder: Builder, directive: Directive) -> None:
    words = directive.args
    name = "AuthnzFcgiDefineProvider"
    for index, what in enumerate(("type", "provider name", "backend-address")):
        if len(words) <= index:
            raise ConfigError(f"{name}: No {what} given")
    kind = _KINDS.get(words[0].lower())
    if kind is None:
        raise ConfigError(f"{name}: Invalid provider type {words[0]}")
    if not words[2].lower().startswith("fcgi://"):
        raise ConfigError(f"{name}: backend-address '{words[2]}' has invalid form")
    if len(words) > 3:
        raise ConfigError(f"{name}: Unexpected parameter {words[3]}")
    known: FcgiServer = builder.server_slot(AUTHNZ_FCGI, FcgiServer())
    found = FcgiProvider(*kind, words[2])
    builder.set_server_slot(AUTHNZ_FCGI, FcgiServer((*known.providers, (words[1], found))))


def _check_authn(builder: Builder, directive: Directive) -> None:
    words = directive.args
    name = "AuthnzFcgiCheckAuthnProvider"
    if not words:
        raise ConfigError(f"{name}: No provider given")
    if words[0].lower() == "none" and len(words) > 1:
        raise ConfigError('Options aren\'t supported with "None"')
    config = FcgiConfig(words[0], directive=directive)
    for index in range(1, len(words), 2):
        option = words[index].lower()
        if index + 1 >= len(words):
            raise ConfigError(f"{name}: {words[index]}needs an argument")
        value = words[index + 1].lower()
        if option in ("authoritative", "requirebasicauth"):
            if value not in ("on", "off"):
                raise ConfigError(f"{name}: Bad argument '{words[index + 1]}' to option '{words[index]}'")
            if option == "authoritative":
                config = config._replace(authoritative=value == "on")
            else:
                config = config._replace(needs_basic=value == "on")
        elif option not in ("defaultuser", "userexpr"):
            raise ConfigError(f"{name}: Unexpected option '{words[index]}'")
    builder.slots[AUTHNZ_FCGI] = config


DIRECTIVES: dict[str, Handler] = {
    "authnzfcgidefineprovider": _define,
    "authnzfcgicheckauthnprovider": _check_authn,
}
