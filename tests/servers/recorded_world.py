"""A host as it said of itself what this machine has not: SELinux with its labels, AppArmor with its profiles."""

from __future__ import annotations

import pwd
from typing import TYPE_CHECKING, NamedTuple

from audit403.evidence.interface import DIRECTORY, FILE, Entry
from audit403.evidence.kernel import READABLE, KernelAnswer
from audit403.evidence.local import LocalEvidence
from audit403.evidence.machine import Login, Machine, Process

from .judged_site import OnMachine
from .process import worker_user

if TYPE_CHECKING:
    from audit403.evidence.interface import Absent, Evidence, NotCollected, Unreadable

HTTPD = "system_u:system_r:httpd_t:s0"
ROOT = "usr_t"

PROFILE = "/etc/apparmor.d/usr.sbin.server"
STANDARD = (
    ("/etc/apparmor.d/local/usr.sbin.server", "# Site-specific additions and overrides.\n"),
    ("/etc/apparmor.d/tunables/global", "include <tunables/home>\n@{run}=/run/ /var/run/\n"),
    ("/etc/apparmor.d/tunables/home", "@{HOMEDIRS}=/home/\n@{HOME}=@{HOMEDIRS}/*/ /root/\n"),
    ("/etc/apparmor.d/abstractions/base", "  abi <abi/3.0>,\n  /usr/share/zoneinfo/** r,\n  @{run}/x r,\n"),
)


class RecordedWorld(NamedTuple):
    """`labels` has the types of paths and of what lies below them, `files` what only the host has, `refused` the files
    that its kernel does not let the worker read.
    """

    selinux: str | None = None
    domain: str | None = None
    booleans: tuple[tuple[str, bool], ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    refused: tuple[str, ...] = ()

    def seen(self) -> tuple[Evidence, Process]:
        """The host and the worker."""
        account = pwd.getpwnam(worker_user())
        groups = frozenset({account.pw_gid})
        worker = Process(802, 801, "worker", (), account.pw_uid, account.pw_gid, groups, 0, label=self.domain, mounts=0)
        refused = tuple((path, READABLE) for path in self.refused)
        kernel = (KernelAnswer(worker.pid, groups, ("/",), (), refused),) if refused else ()
        machine = Machine(
            "Linux 5.14.0", Login("root", 0, frozenset({0}), 0), (worker,), ((),), selinux=self.selinux,
            booleans=self.booleans, kernel=kernel, permissive=(),
        )  # fmt: skip
        return Labelled(machine, dict(self.labels), dict(self.files)), worker


class Labelled(OnMachine):
    """This machine's files with the labels that a host said they have."""

    def __init__(self, machine: Machine, labels: dict[str, str], files: dict[str, str]) -> None:
        super().__init__(LocalEvidence(), machine)
        self._labels = labels
        self._files = files

    def label(self, path: str) -> str | NotCollected | None:
        """Of the nearest directory that has one; of paths above them that of /usr, which everybody may read."""
        found = [top for top in self._labels if path == top or path.startswith(f"{top}/")]
        kind = self._labels[max(found, key=len)] if found else ROOT
        return f"unconfined_u:object_r:{kind}:s0"

    def entry(self, path: str) -> Entry | Absent | NotCollected:
        """What the host has counts first."""
        if path in self._files:
            return Entry(FILE, 0o644, 0, 0, size=len(self._files[path]))
        is_way = any(file.startswith(f"{path}/") for file in self._files)
        return Entry(DIRECTORY, 0o755, 0, 0) if is_way else super().entry(path)

    def read(self, path: str) -> bytes | Absent | NotCollected | Unreadable:
        """What the host has counts first."""
        return self._files[path].encode() if path in self._files else super().read(path)

    def names(self, path: str) -> tuple[str, ...] | Absent | NotCollected | Unreadable:
        """The names of what the host has."""
        own = {file[len(path) + 1 :].partition("/")[0] for file in self._files if file.startswith(f"{path}/")}
        return tuple(sorted(own)) if own else super().names(path)


def world_of(text: str) -> RecordedWorld:
    """One thing a line: `selinux MODE`, `domain CONTEXT`, `boolean NAME on|off`, `label PATH TYPE`, `apparmor PROFILE`,
    and the lines of that as `rule …`; `refused PATH`.
    """
    world = RecordedWorld()
    for line in text.splitlines():
        kind, *words = line.split()
        if kind == "selinux":
            world = world._replace(selinux=words[0], domain=HTTPD)
        elif kind == "domain":
            world = world._replace(domain=" ".join(words))
        elif kind == "boolean":
            world = world._replace(booleans=(*world.booleans, (words[0], words[1] == "on")))
        elif kind == "apparmor":
            header = f"include <tunables/global>\nprofile {words[0]} {{\n"
            files = ((PROFILE, header + "}\n"), *STANDARD)
            world = world._replace(domain=f"{words[0]} (enforce)", files=files)
        elif kind == "rule":
            (name, profile), *others = world.files
            body = profile.removesuffix("}\n") + f"  {line.removeprefix('rule ')}\n}}\n"
            world = world._replace(files=((name, body), *others))
        elif kind == "refused":
            world = world._replace(refused=(*world.refused, words[0]))
        elif kind == "label":
            world = world._replace(labels=(*world.labels, (words[0], words[1])))
        else:
            raise ValueError(f"{line}: expected selinux, domain, boolean, label, apparmor, rule or refused")
    return world
