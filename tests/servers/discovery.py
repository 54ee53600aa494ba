"""Looking at what runs on this machine with the discovery's script, as it would be run on a host."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from audit403.apache import family as apache
from audit403.host.discover_script import discover_script
from audit403.host.read_machine import machine_of
from audit403.nginx import family as nginx

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit403.core.instance import Instance
    from audit403.evidence.machine import Machine, Process

NAMES = (*nginx.process_names, *apache.process_names)
TEXTS = (*nginx.build_texts, *apache.build_texts)
MARK = "8f5e1c"
#: A login without any right of root's.
UNPRIVILEGED = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all")


def discovered(
    within: Sequence[str] = (),
    *,
    shell: Sequence[str] = ("sh",),
    names: Sequence[str] = NAMES,
    environment: dict[str, str] | None = None,
) -> Machine:
    """What the script finds; `within` is put before the shell that reads it."""
    done = subprocess.run(
        [*within, *shell], input=discover_script(MARK, names, TEXTS).encode(), capture_output=True, timeout=60,
        check=False, env=environment,
    )  # fmt: skip
    assert not done.stderr, done.stderr.decode(errors="replace")
    return machine_of(done.stdout, names)


def process_of(machine: Machine, pid: int) -> Process:
    """One process of it."""
    return next(one for one in machine.processes if one.pid == pid)


def instance_of(machine: Machine, pid: int) -> Instance:
    """The server whose master has this process id; others may run beside it."""
    found = [*nginx.running(machine), *apache.running(machine)]
    return next(one for one in found if one.master is not None and one.master.pid == pid)
