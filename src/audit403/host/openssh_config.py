"""The configuration that the system's ssh gets from us: what is ours first, for the first word counts, then the user's.

Truth: ssh_config(5). `~` is $HOME, where ssh takes the home of the user database, so that files are named here.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from audit403.host.ssh_settings import SshSettings, configurations, home_folder, included, quoted_word

_FOR_ALL = """\
Host *
  BatchMode yes
  CheckHostIP no
  ClearAllForwardings yes
  ControlMaster no
  ControlPath none
  ForwardAgent no
  ForwardX11 no
  HashKnownHosts no
  LogLevel INFO
  PermitLocalCommand no
  RemoteCommand none
  RequestTTY no
  ServerAliveInterval 30
  UpdateHostKeys no
"""
_NAME = re.compile(r"[\w.:%+-]+")


def configuration(
    target: SshSettings, route: Sequence[SshSettings], connect_seconds: int, accept_new: Path | None
) -> str:
    """The text of it. `accept_new` is the file for the keys of hosts that no file knows."""
    strict = "yes" if accept_new is None else "accept-new"
    parts = [f"{_FOR_ALL}  ConnectTimeout {connect_seconds}\n  StrictHostKeyChecking {strict}\n"]
    if _NAME.fullmatch(target.name):
        parts.append(f"Host {target.name}\n{_proxy(target)}")
    parts += [_of(host, accept_new) for host in route if _NAME.fullmatch(host.name)]
    return "".join([*parts, "Host *\n", included(configurations(home_folder()))])


def _proxy(target: SshSettings) -> str:
    """How the target is reached, which may stand in an inventory and not in the user's files."""
    if target.proxy_jump:
        return f"  ProxyJump {','.join(target.proxy_jump)}\n"
    return "" if target.proxy_command is None else f"  ProxyCommand {target.proxy_command.replace('%', '%%')}\n"


def _of(host: SshSettings, accept_new: Path | None) -> str:
    known = [*([] if accept_new is None else [str(accept_new)]), *host.user_known_hosts]
    lines = [
        f"Host {host.name}",
        f"UserKnownHostsFile {_expanding(known) or 'none'}",
        f"GlobalKnownHostsFile {_quoted(host.global_known_hosts) or 'none'}",
        f"IdentityAgent {_expanding([host.identity_agent]) if host.identity_agent else 'none'}",
        *(f"IdentityFile {_expanding([path])}" for path in host.identity_files or ["none"]),
        *(f"CertificateFile {_expanding([path])}" for path in host.certificate_files),
    ]
    return "\n  ".join(lines) + "\n"


def _expanding(paths: Iterable[str]) -> str:
    """Paths for a keyword that expands what stands behind `%`."""
    return _quoted(path.replace("%", "%%") for path in paths)


def _quoted(paths: Iterable[str]) -> str:
    return " ".join(quoted_word(path) for path in paths)
