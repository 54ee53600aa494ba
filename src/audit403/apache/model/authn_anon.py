"""Who may log in as anybody: Anonymous and what goes with it.

Truth: modules/aaa/mod_authn_anon.c, which has no merger: a later section's settings replace an earlier one's.
"""

from collections.abc import Callable

from audit403.apache.model.builder import Builder, Handler, flag
from audit403.apache.model.config_error import ConfigError
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple

AUTHN_ANON = "authn_anon"


class AnonConfig(NamedTuple):
    """The names that are let in with an address for a password."""

    users: tuple[str, ...] = ()
    any_user: bool = False
    no_user: bool = False
    must_email: bool = True
    verify_email: bool = False

    def merged(self, new: "AnonConfig") -> "AnonConfig":
        """The later section's."""
        return new


def _anonymous(builder: Builder, directive: Directive) -> None:
    config: AnonConfig = builder.slot(AUTHN_ANON, AnonConfig())
    for word in directive.args:
        if not word:
            raise ConfigError("Anonymous string cannot be empty, use Anonymous_NoUserId")
        if word == "*":
            config = config._replace(any_user=True)
        elif not config.any_user:
            config = config._replace(users=(*config.users, word.lower()))
    builder.slots[AUTHN_ANON] = config


def _flag(change: Callable[[AnonConfig, bool], AnonConfig]) -> Handler:
    def handler(builder: Builder, directive: Directive) -> None:
        value = flag(directive)
        config: AnonConfig = builder.slot(AUTHN_ANON, AnonConfig())
        builder.slots[AUTHN_ANON] = change(config, value)

    return handler


DIRECTIVES: dict[str, Handler] = {
    "anonymous": _anonymous,
    "anonymous_mustgiveemail": _flag(lambda config, value: config._replace(must_email=value)),
    "anonymous_nouserid": _flag(lambda config, value: config._replace(no_user=value)),
    "anonymous_verifyemail": _flag(lambda config, value: config._replace(verify_email=value)),
    # Only says whether the address is written to the log.
    "anonymous_logemail": _flag(lambda config, value: config),
}
