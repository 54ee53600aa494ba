"""One host to be audited, and how it is reached, whichever list it comes from."""

from audit403.core.named_tuple import NamedTuple
from audit403.host.ssh_settings import SshError, Target, parse_target

LOCAL = "local"


class HostTarget(NamedTuple):
    """A host: `name` is what reports call it, `ssh` what was said of the way to it; None is this machine.

    `proxy_jump` and `proxy_command` are as ssh_config(5) has them. `fault` says in words why there is no way to it.
    """

    name: str
    ssh: Target | None
    identity_file: str | None = None
    proxy_jump: str | None = None
    proxy_command: str | None = None
    groups: tuple[str, ...] = ()
    fault: str | None = None


def read_target(text: str) -> HostTarget:
    """What `local`, `[user@]host[:port]` or `ssh://…` says; a text that is none of these has its fault."""
    if text == LOCAL:
        return HostTarget(LOCAL, None)
    try:
        return HostTarget(text, parse_target(text))
    except SshError as error:
        return HostTarget(text, None, fault=str(error))
