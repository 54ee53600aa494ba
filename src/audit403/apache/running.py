"""Which httpd run on a machine: a parent and the children that it forks, all with the same command line.

Truth: main() in server/main.c (AP_SERVER_BASEARGS), ap_mpm_rewrite_args in server/mpm_unix.c (-k), apr_proc_detach,
which goes to the directory `/`. Debian's environment is read from `envvars`, see read/envvars.py.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping

from audit403.core.instance import CONFIGURED, WORKERS, Instance
from audit403.core.named_tuple import NamedTuple
from audit403.evidence.machine import Machine, Process

_PROGRAM = re.compile(r"(?:apache2|httpd)(?:[-.](?:prefork|worker|event|itk|debug))?")
_TAKING_VALUES = "CcDdEefk"
_FLAGS = "vVlLtTSMh?X"
_ENDS_AT_ONCE = frozenset("vVlLtSMh?")
"""Options of a command that says something and ends."""
_ONE_PROCESS = "X"
_WITHOUT_SAY = frozenset((
    "coredumpdirectory", "customlog", "defaultruntimedir", "errorlog", "errorlogformat", "gracefulshutdowntimeout",
    "listenbacklog", "logformat", "loglevel", "mutex", "pidfile", "scoreboardfile", "serversignature", "servertokens",
    "startservers", "transferlog",
))  # fmt: skip
"""Directives on which no answer hangs."""
_BUILT_WITH = re.compile(r'-D (HTTPD_ROOT|SERVER_CONFIG_FILE)="([^"]*)"')
_SETUID = 7
_UNSEEN_BUILD = "how it was built is not seen: it needs root: run with --sudo"
_UNSEEN_START = "it was started with a relative -d, and nothing shows in which directory"


class _Options(NamedTuple):
    values: Mapping[str, str]
    defines: tuple[str, ...]
    unread: tuple[str, ...]


def running(machine: Machine) -> tuple[Instance, ...]:
    """Every httpd that runs, in the order of the process ids."""
    servers: dict[int, tuple[Process, _Options]] = {}
    for process in machine.processes:
        if (options := _options_of(process)) is not None:
            servers[process.pid] = (process, options)
    seen = {process.pid for process in machine.processes}
    children: dict[int, list[Process]] = {}
    for process, _ in servers.values():
        if process.parent in servers:
            children.setdefault(process.parent, []).append(process)
    found = []
    orphans: dict[int, list[Process]] = {}
    for process, options in servers.values():
        if process.parent in servers:
            continue
        if process.pid not in children and process.uid != 0 and process.parent not in {0, 1, *seen}:
            orphans.setdefault(process.parent, []).append(process)
        else:
            found.append(_instance(process, options, children.get(process.pid, ())))
    for workers in orphans.values():
        instance = _instance(workers[0], servers[workers[0].pid][1], workers)
        found.append(instance._replace(master=None, workers=tuple(workers), known_by=WORKERS))
    return tuple(sorted(found, key=lambda one: (one.master or one.workers[0]).pid))


def _options_of(process: Process) -> _Options | None:
    """How a process was started; None where it is no server of this kind."""
    if not process.argv or not _PROGRAM.fullmatch(process.argv[0].rpartition("/")[2]):
        return None
    if process.executable is not None and not _is_named_like_one(process.executable):
        return None
    values: dict[str, str] = {}
    defines: list[str] = []
    unread: list[str] = []
    for letter, value in _getopt(process.argv[1:]):
        if letter is None or letter in _ENDS_AT_ONCE or (letter == "k" and value not in ("start", "restart")):
            return None
        values[letter] = value
        if letter == "D":
            defines.append(value)
        elif letter in "Cc" and value.split(maxsplit=1)[:1] and value.split()[0].lower() not in _WITHOUT_SAY:
            unread.append(f"-{letter} '{value}'")
        elif letter == _ONE_PROCESS:
            defines.append("DEBUG")
    return _Options(values, tuple(defines), tuple(unread))


def _is_named_like_one(executable: str) -> bool:
    """Whether its program may be httpd: busybox has a server of the same name, and so have others."""
    return _PROGRAM.fullmatch(executable.removesuffix(" (deleted)").rpartition("/")[2]) is not None


def _getopt(words: Iterable[str]) -> Iterator[tuple[str | None, str]]:
    """The options as apr_getopt takes them; None for what is none."""
    rest = iter(words)
    for word in rest:
        if not word.startswith("-") or word in ("-", "--"):
            yield None, word
            return
        letters = word[1:]
        while letters:
            letter, letters = letters[0], letters[1:]
            if letter in _FLAGS:
                yield letter, ""
            elif letter in _TAKING_VALUES:
                value = letters or next(rest, None)
                yield (None, word) if value is None or value.startswith("-") else (letter, value)
                letters = ""
            else:
                yield None, word
                return


def _instance(master: Process, options: _Options, children: Iterable[Process]) -> Instance:
    """A server; what its command line does not say was built into it."""
    built = {found[1]: found[2] for line in master.build for found in _BUILT_WITH.finditer(line)}
    root, lacking = options.values.get("d", built.get("HTTPD_ROOT")), None
    if root is None:
        lacking = _UNSEEN_BUILD
    elif not root.startswith("/"):
        root, lacking = None, _UNSEEN_START
    main = options.values.get("f", built.get("SERVER_CONFIG_FILE"))
    if main is None:
        lacking = _UNSEEN_BUILD
    elif not main.startswith("/"):
        main = None if root is None else os.path.join(root, main)
    workers, known_by = _workers(master, options, tuple(children))
    return Instance("apache", main, root, options.defines, master, workers, known_by, lacking, options.unread)


def _workers(master: Process, options: _Options, children: tuple[Process, ...]) -> tuple[tuple[Process, ...], str]:
    """Who serves. Below root, children that are root, differ or may take other ids do so for each request (mpm-itk)."""
    if _ONE_PROCESS in options.values and not children:
        return (master,), WORKERS
    users = {child.uid for child in children}
    changes = master.uid == 0 and any(child.capabilities >> _SETUID & 1 for child in children)
    is_known = len(users) == 1 and not changes and (master.uid != 0 or users != {0})
    return children, WORKERS if is_known else CONFIGURED
