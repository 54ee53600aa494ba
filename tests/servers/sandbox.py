"""Servers in a mount namespace of their own, as systemd and containers give them one."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from .need import need, need_root

if TYPE_CHECKING:
    from collections.abc import Sequence


def in_own_mounts(*commands: Sequence[str]) -> tuple[str, ...]:
    """What to put before a server's command so that these commands change what it sees, and only what it sees."""
    need_root()
    script = " && ".join([*(shlex.join(command) for command in commands), 'exec "$@"'])
    return (need("unshare"), "-m", "sh", "-c", script, "sh")
