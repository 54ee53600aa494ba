"""UserDir: where `/~user` leads, and for whom.

Truth: modules/mappers/mod_userdir.c. Names of users are never inherited by a virtual host that says anything itself.
"""

from audit403.apache.model.builder import Builder, Handler
from audit403.apache.model.config_error import ConfigError
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple

USERDIR = "userdir"


class UserDirServer(NamedTuple):
    """A server's settings; `disabled` None is unset; `places` are the words of the last line that names folders."""

    disabled: bool | None = None
    places: tuple[str, ...] | None = None
    directive: Directive | None = None
    enabled_users: frozenset[str] = frozenset()
    disabled_users: frozenset[str] = frozenset()

    def merged(self, new: "UserDirServer") -> "UserDirServer":
        """The main server's with a virtual host's laid over it."""
        return UserDirServer(
            self.disabled if new.disabled is None else new.disabled,
            self.places if new.places is None else new.places,
            self.directive if new.places is None else new.directive,
            new.enabled_users,
            new.disabled_users,
        )


def _user_dir(builder: Builder, directive: Directive) -> None:
    if not directive.args:
        raise ConfigError("UserDir requires an argument.")
    server: UserDirServer = builder.server_slot(USERDIR, UserDirServer())
    word, *names = directive.args
    key = word.lower()
    # Compared as apr_table_get does, without regard to case.
    users = frozenset(name.lower() for name in names)
    if key in ("disable", "disabled"):
        disabled = server.disabled_users | users
        server = server._replace(disabled_users=disabled) if users else server._replace(disabled=True)
    elif key in ("enable", "enabled"):
        enabled = server.enabled_users | users
        server = server._replace(enabled_users=enabled) if users else server._replace(disabled=False)
    else:
        server = server._replace(places=tuple(directive.args), directive=directive)
    builder.set_server_slot(USERDIR, server)


DIRECTIVES: dict[str, Handler] = {"userdir": _user_dir}
