"""The arguments that say how hosts are reached."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import ArgumentParser

SUDO = "sudo -n"
_NEW_KEYS = "audit403/known_hosts"
_SECONDS = "SECONDS"


def add_host_options(parser: "ArgumentParser") -> None:
    """Declare what says how hosts are reached."""
    group = parser.add_argument_group("how hosts are reached")
    add = group.add_argument
    add("--sudo", action="store_true", help="look with `sudo -n`, to see what the login may not")
    add("--transport", choices=("paramiko", "openssh"), default="paramiko", help="default: paramiko")
    add("--accept-new-host-keys", action="store_true", help=f"take keys of unknown hosts, into {new_keys_file()}")
    add("--connect-timeout", type=_seconds, metavar=_SECONDS, help="for a step of connecting (default: ssh's, or 15)")
    add("--command-timeout", type=_seconds, default=300, metavar=_SECONDS, help="for a silent command (default: 300)")
    add("--host-timeout", type=_seconds, default=3600, metavar=_SECONDS, help="for all of a host (default: 3600)")


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0 < value < 1e9:
        from argparse import ArgumentTypeError

        raise ArgumentTypeError(f"it takes a number of seconds above 0, not {text!r}")
    return value


def new_keys_file() -> str:
    """Where keys of new hosts are kept, where one was asked for that."""
    base = os.environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(base, _NEW_KEYS)
