"""SuexecUserGroup and Suexec: as whom a server's scripts are run.

Truth: modules/generators/mod_suexec.c, which merges nothing, and modules/arch/unix/mod_unixd.c.
"""

from audit403.apache.model.builder import Builder, Handler
from audit403.apache.model.config_error import ConfigError
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple

SUEXEC, UNIXD = "suexec", "unixd"


class RunAs(NamedTuple):
    """The user and group of a server's scripts, as they are written."""

    user: str
    group: str
    directive: Directive

    def merged(self, new: "RunAs") -> "RunAs":
        """The later one's."""
        return new


class Switch(NamedTuple):
    """What `Suexec` says of the whole process."""

    is_on: bool


def _user_group(builder: Builder, directive: Directive) -> None:
    if len(directive.args) != 2:
        raise ConfigError("SuexecUserGroup takes two arguments, User and group for spawned processes")
    user, group = directive.args
    builder.slots[SUEXEC] = RunAs(user, group, directive)


def _switch(builder: Builder, directive: Directive) -> None:
    word = directive.args[0].lower() if len(directive.args) == 1 else ""
    if word not in ("on", "off"):
        raise ConfigError("Suexec must be On or Off")
    builder.set_server_slot(UNIXD, Switch(word == "on"))


DIRECTIVES: dict[str, Handler] = {"suexecusergroup": _user_group, "suexec": _switch}
