"""Digest logins: AuthDigestProvider and what goes with it.

Truth: modules/aaa/mod_auth_digest.c, which has no merger: a section with any of these directives replaces all of them
that were in effect before; and the installed server, which since 2.4.69 has the realm from AuthName as it is in effect.
"""

import re

from audit403.apache.model.authn import AUTHN_CORE, AuthnServer
from audit403.apache.model.builder import Builder, Handler, flag, only_word
from audit403.apache.model.config_error import ConfigError
from audit403.apache.model.providers import check_authn, check_realm_hashes
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple

AUTH_DIGEST = "auth_digest"
_SECONDS = re.compile(r"[ \t\n\v\f\r]*([+-]?[0-9]+)?(?:[ \t\n\v\f\r].*)?\Z", re.DOTALL)
_NO_ALIASES = AuthnServer()


class AuthDigestConfig(NamedTuple):
    """The providers, how long a nonce is good (0: once, less: for ever), and whether requests with it are counted."""

    providers: tuple[str, ...] = ()
    lifetime: int = 300
    counts: bool = False
    directive: Directive | None = None

    def merged(self, new: "AuthDigestConfig") -> "AuthDigestConfig":
        """The later section's alone."""
        return new


def _config(builder: Builder) -> AuthDigestConfig:
    found: AuthDigestConfig = builder.slot(AUTH_DIGEST, AuthDigestConfig())
    return found


def _providers(builder: Builder, directive: Directive) -> None:
    aliases: AuthnServer = builder.main_slot(AUTHN_CORE, _NO_ALIASES)
    for word in directive.args:
        alias = aliases.alias(word)
        if alias is None:
            check_authn(builder, word)
        check_realm_hashes(builder, word, word if alias is None else alias.provider)
    config = _config(builder)
    providers = config.providers + tuple(directive.args)
    builder.slots[AUTH_DIGEST] = config._replace(providers=providers, directive=directive)


def _qop(builder: Builder, directive: Directive) -> None:
    if any(word.lower() != "auth" for word in directive.args):
        raise ConfigError("AuthDigestQop is deprecated: only 'auth' is supported")
    builder.slots[AUTH_DIGEST] = _config(builder)


def _lifetime(builder: Builder, directive: Directive) -> None:
    word = only_word(directive)
    found = _SECONDS.match(word)
    if found is None:
        raise ConfigError(f"Invalid time in AuthDigestNonceLifetime: {word}")
    builder.slots[AUTH_DIGEST] = _config(builder)._replace(lifetime=int(found[1] or 0))


def _counts(builder: Builder, directive: Directive) -> None:
    builder.slots[AUTH_DIGEST] = _config(builder)._replace(counts=flag(directive))


def _algorithm(builder: Builder, directive: Directive) -> None:
    word = only_word(directive)
    if word.lower() != "md5":
        raise ConfigError(f"Unsupported algorithm in AuthDigestAlgorithm: {word}")
    builder.slots[AUTH_DIGEST] = _config(builder)


def _domain(builder: Builder, _directive: Directive) -> None:
    # Only tells clients where else they may send what they know; but it makes the section one with settings.
    builder.slots[AUTH_DIGEST] = _config(builder)


DIRECTIVES: dict[str, Handler] = {
    "authdigestprovider": _providers,
    "authdigestqop": _qop,
    "authdigestnoncelifetime": _lifetime,
    "authdigestnccheck": _counts,
    "authdigestalgorithm": _algorithm,
    "authdigestdomain": _domain,
}
