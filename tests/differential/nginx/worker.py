"""As whom nginx's workers run in generated tests, with supplementary groups of their own.

The groups stand in a copy of /etc/group that only the server sees (a mount namespace), and the evidence has the same.
"""

from __future__ import annotations

import subprocess
from functools import cache
from typing import TYPE_CHECKING

from audit403.evidence.interface import Absent, Group, NotCollected
from audit403.evidence.local import LocalEvidence

if TYPE_CHECKING:
    from pathlib import Path

USERS = (
    "www-data", "www-data", "www-data", "www-data nogroup", "nobody nogroup", "www-data team", "nobody team",
    "games users",
    "root",
)  # fmt: skip
"""What follows `user`, those that matter most more than once."""

EXTRA_GROUPS = (Group("team", 2600, ("www-data",)), Group("crew", 2601, ("www-data", "games")))


class EvidenceWithGroups(LocalEvidence):
    """This machine, as it would be with EXTRA_GROUPS in its /etc/group."""

    def group(self, name_or_gid: str | int) -> Group | Absent | NotCollected:
        for group in EXTRA_GROUPS:
            if name_or_gid in (group.name, group.gid):
                return group
        return super().group(name_or_gid)

    def group_ids(self, user: str, primary_gid: int) -> tuple[int, ...] | NotCollected:
        gids = super().group_ids(user, primary_gid)
        if isinstance(gids, NotCollected):
            return gids
        return tuple(sorted({*gids, *(group.gid for group in EXTRA_GROUPS if user in group.members)}))


@cache
def has_mount_namespaces() -> bool:
    command = ["unshare", "-m", "--propagation", "private", "true"]
    return not subprocess.run(command, capture_output=True, check=False).returncode


def within_groups(prefix: Path) -> list[str]:
    """What to put before nginx so that it finds EXTRA_GROUPS."""
    with open("/etc/group") as file:
        lines = file.read()
    for group in EXTRA_GROUPS:
        lines += f"{group.name}:x:{group.gid}:{','.join(group.members)}\n"
    (prefix / "group").write_text(lines)
    mount = f"mount --bind {prefix}/group /etc/group"
    return ["unshare", "-m", "--propagation", "private", "sh", "-c", f'{mount} && exec "$@"', "sh"]


def evidence_for(grouped: bool) -> LocalEvidence:
    return EvidenceWithGroups() if grouped else LocalEvidence()
