"""A server that runs on a host, as its family made it out among the processes."""

from audit403.core.named_tuple import NamedTuple
from audit403.evidence.machine import Login, Machine, Process, mount_at

WORKERS, CONFIGURED = "workers", "configuration"
"""How it is known whom a server touches files as: its workers were seen, or its configuration names the user."""


class Instance(NamedTuple):
    """One running server; paths are absolute, and as its own processes see them.

    `main` is its main configuration, `prefix` what relative paths start at; where one is None, `lacking` says what was
    not seen and the right that would show it. `words` are the names that it was started with (`-D`), `unread` the
    directives of its command line that are not looked at. `workers` are the processes that serve; `known_by` is
    CONFIGURED where none does or what they run as is not what they serve as.
    """

    family: str
    main: str | None
    prefix: str | None
    words: tuple[str, ...] = ()
    master: Process | None = None
    workers: tuple[Process, ...] = ()
    known_by: str = WORKERS
    lacking: str | None = None
    unread: tuple[str, ...] = ()


def view_of(instance: Instance, login: Login) -> str | None:
    """What goes before a server's paths to reach its files on the host: nothing where it sees what the login sees.

    Otherwise its own root, which takes root to look through. None where it was not seen what it sees.
    """
    process = process_of(instance)
    if process.mounts is None and process.root is None:
        return None
    same = process.mounts is not None and process.mounts == login.mounts and process.root in (None, "/")
    return "" if same else f"/proc/{process.pid}/root"


def is_apart(instance: Instance, machine: Machine) -> bool:
    """Whether a server has another root than the login, as in a container; other mounts alone do not make it so."""
    process, login = process_of(instance), machine.login
    if process.mounts is None or login.mounts is None or process.mounts == login.mounts:
        return False
    own, host = (mount_at(machine.mount_tables[number], "/") for number in (process.mounts, login.mounts))
    return (
        own is not None and host is not None and (own.kind, own.source, own.root) != (host.kind, host.source, host.root)
    )


def process_of(instance: Instance) -> Process:
    """The process that shows what a server sees: a worker, or where none was seen its master."""
    process = (*instance.workers, instance.master)[0]
    assert process is not None, "an instance has a worker or a master"
    return process
