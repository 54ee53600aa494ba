"""From what was given on a command line to a connection: this machine, a host, or a name of ssh's configuration."""

from collections.abc import Callable
from pathlib import Path

from audit403.core.named_tuple import NamedTuple
from audit403.host.limits import Clock, Limits
from audit403.host.local_shell import LocalShell
from audit403.host.ssh_settings import parse_target, settings_of
from audit403.host.transport import Transport

LOCAL = "local"
PARAMIKO, OPENSSH = "paramiko", "openssh"


class HostOptions(NamedTuple):
    """How hosts are reached; `accept_new` is the file for keys of new hosts, `ask` asks for a key file's passphrase."""

    transport: str = PARAMIKO
    limits: Limits = Limits()
    accept_new: Path | None = None
    ask: Callable[[str], str | None] | None = None


USUAL = HostOptions()


def connect(target_text: str, options: HostOptions = USUAL) -> Transport:
    """A connection to `local`, `[user@]host[:port]` or a name of ssh's configuration. Raises HostError."""
    clock = Clock(target_text, options.limits)
    if target_text == LOCAL:
        return LocalShell(clock)
    settings = settings_of(parse_target(target_text))
    if options.transport == OPENSSH:
        from audit403.host.openssh_transport import OpensshHost

        return OpensshHost(settings, clock, options.accept_new)
    from audit403.host.host_keys import HostKeys
    from audit403.host.paramiko_transport import ParamikoHost

    return ParamikoHost(settings, HostKeys(options.accept_new), clock, options.ask)
