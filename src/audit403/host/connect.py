"""From what was given on a command line to a connection: this machine, a host, or a name of ssh's configuration."""

from collections.abc import Callable
from pathlib import Path

from audit403.core.named_tuple import NamedTuple
from audit403.host.inventory.target import HostTarget, read_target
from audit403.host.limits import Clock, Limits
from audit403.host.local_shell import LocalShell
from audit403.host.ssh_settings import settings_of
from audit403.host.transport import HostError, Transport

PARAMIKO, OPENSSH = "paramiko", "openssh"


class HostOptions(NamedTuple):
    """How hosts are reached; `accept_new` is the file for keys of new hosts, `ask` asks for a key file's passphrase."""

    transport: str = PARAMIKO
    limits: Limits = Limits()
    accept_new: Path | None = None
    ask: Callable[[str], str | None] | None = None


USUAL = HostOptions()


def connect(target: str | HostTarget, options: HostOptions = USUAL) -> Transport:
    """A connection to `local`, `[user@]host[:port]`, a name of ssh's configuration or of an inventory.

    Raises HostError, and HostBusy where the host may be asked again later.
    """
    wanted = read_target(target) if isinstance(target, str) else target
    clock = Clock(wanted.name, options.limits)
    if wanted.fault is not None:
        raise HostError(wanted.fault)
    if wanted.ssh is None:
        return LocalShell(clock)
    settings = settings_of(wanted.ssh, _said_of(wanted))
    if options.transport == OPENSSH:
        from audit403.host.openssh_transport import OpensshHost

        return OpensshHost(settings, clock, options.accept_new)
    from audit403.host.host_keys import HostKeys
    from audit403.host.paramiko_transport import ParamikoHost

    return ParamikoHost(settings, HostKeys(options.accept_new), clock, options.ask)


def _said_of(wanted: HostTarget) -> dict[str, str]:
    """What an inventory says of the way to a host, which counts before ssh's configuration."""
    said = {"IdentityFile": wanted.identity_file, "ProxyJump": wanted.proxy_jump, "ProxyCommand": wanted.proxy_command}
    return {keyword: value for keyword, value in said.items() if value is not None}
