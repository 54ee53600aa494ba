"""The world of a host that the command line names, live or out of a snapshot."""

import os
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from audit403.cli.host_options import SUDO, new_keys_file
from audit403.core.errors import BadUsage, NotSeen

if TYPE_CHECKING:
    from audit403.evidence.collected import CollectedEvidence
    from audit403.host.connect import HostOptions


def options_of(args: Namespace) -> "HostOptions":
    """How the arguments want hosts to be reached."""
    from audit403.host.connect import HostOptions
    from audit403.host.fleet_worker import through_parent
    from audit403.host.limits import Limits

    limits = Limits(args.connect_timeout, args.command_timeout, args.host_timeout)
    accept_new = Path(new_keys_file()) if args.accept_new_host_keys else None
    return HostOptions(args.transport, limits, accept_new, through_parent(ask_passphrase))


@contextmanager
def world_on(target: str, args: Namespace) -> "Iterator[CollectedEvidence]":
    """The world of a host, live while it is in use, or of a snapshot of one. Raises BadUsage or NotSeen."""
    if os.path.isfile(target):
        from audit403.evidence.snapshot import SnapshotError, opened_snapshot

        try:
            yield opened_snapshot(target)[1]
        except SnapshotError as error:
            raise BadUsage(f"{error}.") from error
        return
    if "/" in target:
        raise BadUsage(f"There is no snapshot {target}, and no host is called so.")
    from audit403.engine.host_audit import collect
    from audit403.host.connect import connect
    from audit403.host.transport import HostError

    try:
        transport = connect(target, options_of(args))
        try:
            yield collect(transport, SUDO if args.sudo else "").evidence()
        finally:
            transport.close()
    except HostError as error:
        raise NotSeen(f"{error}.") from error


def ask_passphrase(key: str) -> str | None:
    """The passphrase of a key file, asked on the terminal; None where nobody sits there."""
    import getpass
    import sys

    if not sys.stdin or not sys.stdin.isatty():
        return None
    try:
        return getpass.getpass(f"Passphrase for {key}: ")
    except (EOFError, OSError):
        return None
