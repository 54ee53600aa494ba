"""Which nginx run on a machine: masters and workers by the titles that they give themselves.

Truth: ngx_get_options and ngx_process_options in src/core/nginx.c, ngx_master_process_cycle in
src/os/unix/ngx_process_cycle.c. A master's title is its command line with spaces between the words, so a word
with a space in it is put together again: an option's value goes on until the next option.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping

from audit403.core.instance import CONFIGURED, WORKERS, Instance
from audit403.evidence.machine import Machine, Process

_PROGRAMS = ("nginx", "nginx-debug", "openresty")
_MASTER, _WORKER = "nginx: master process ", "nginx: worker process"
_SHUTTING_DOWN = "nginx: worker process is shutting down"
_OPTION = re.compile(r"-([?hvVtTq]*)(?:([pecgs])(.*))?", re.DOTALL)
_ENDS_AT_ONCE = frozenset("?hvVtTs")
"""Options of a command that does something else and ends."""
_WITHOUT_SAY = frozenset((
    "daemon", "debug_points", "env", "error_log", "lock_file", "master_process", "pcre_jit", "pid", "ssl_engine",
    "thread_pool", "timer_resolution", "working_directory",
))  # fmt: skip
"""Directives outside of all blocks on which no answer hangs."""
_BUILT_WITH = re.compile(r"--(prefix|conf-path)=(\S*)")
_UNSEEN_BUILD = "how it was built is not seen: it needs root: run with --sudo"
_CUT_OFF = "its command line is longer than it shows: name its configuration with --root"
_UNSEEN_MASTER = "its master process is not seen: it needs root: run with --sudo"
_UNSEEN_START = "the directory that it was started in is not seen: it needs root: run with --sudo"


def running(machine: Machine) -> tuple[Instance, ...]:
    """Every nginx that runs, in the order of the process ids."""
    workers: dict[int, list[Process]] = {}
    found: list[Instance] = []
    titles = {process.pid: " ".join(process.argv) for process in machine.processes}
    for process in machine.processes:
        if titles[process.pid].startswith(_WORKER):
            workers.setdefault(process.parent, []).append(process)
    for process in machine.processes:
        title = titles[process.pid]
        if title.startswith(_MASTER):
            options = _options(_words(title.removeprefix(_MASTER)))
            instance = _instance(process, options or {}, _serving(workers.pop(process.pid, ())))
            cut = options is None or _is_cut_off(process, title)
            found.append(instance._replace(main=None, prefix=None, lacking=_CUT_OFF) if cut else instance)
        elif (options := _lone(process)) is not None:
            found.append(_instance(process, options, (process,)))
    found += [
        Instance("nginx", None, None, (), None, _serving(orphans), WORKERS, _UNSEEN_MASTER)
        for orphans in workers.values()
    ]
    return tuple(sorted(_without_replaced(found), key=_first_pid))


def _first_pid(instance: Instance) -> int:
    return (instance.master or instance.workers[0]).pid


def _is_cut_off(process: Process, title: str) -> bool:
    """Whether a title fills all the room there is, which is that of the words and the environment of the start."""
    return process.room is not None and len(title.encode("utf-8", "surrogateescape")) >= process.room - 2


def _serving(workers: Iterable[Process]) -> tuple[Process, ...]:
    """The workers that take requests: those of before a reload only where there are no others."""
    workers = tuple(workers)
    return tuple(one for one in workers if not " ".join(one.argv).startswith(_SHUTTING_DOWN)) or workers


def _lone(process: Process) -> dict[str, str] | None:
    """The options of an nginx without a title, which has no workers (`master_process off`)."""
    if not process.argv or process.argv[0].rpartition("/")[2] not in _PROGRAMS:
        return None
    options = _options(process.argv)
    return None if options is None or not _ENDS_AT_ONCE.isdisjoint(options) else options


def _words(line: str) -> list[str]:
    """The words of a command line that was joined by spaces."""
    words: list[str] = []
    wants_value = False
    for part in line.rstrip().split(" "):
        found = _OPTION.fullmatch(part) if words else None
        if wants_value or found is not None or not words:
            words.append(part)
            wants_value = not wants_value and found is not None and bool(found[2]) and not found[3]
        else:
            words[-1] += f" {part}"
    return words


def _options(words: Iterable[str]) -> dict[str, str] | None:
    """The options by their letters; None where nginx would not start with them."""
    options: dict[str, str] = {}
    rest = iter(words)
    next(rest, None)
    for word in rest:
        found = _OPTION.fullmatch(word)
        if found is None:
            return None
        options.update(dict.fromkeys(found[1], ""))
        if found[2]:
            value = found[3] or next(rest, None)
            if value is None:
                return None
            options[found[2]] = value
    return options


def _instance(master: Process, options: Mapping[str, str], workers: tuple[Process, ...]) -> Instance:
    """A server; what its command line does not say was built into it."""
    built = dict(_built_with(master.build))
    start = master.directory
    prefix = options.get("p", built.get("prefix"))
    lacking = None
    if prefix is None:
        lacking = _UNSEEN_BUILD
    elif not prefix.startswith("/"):
        prefix, lacking = (None, _UNSEEN_START) if start is None else (os.path.join(start, prefix), None)
    main = options.get("c", built.get("conf-path"))
    if main is None:
        lacking = _UNSEEN_BUILD
    elif not main.startswith("/"):
        main = None if prefix is None else os.path.join(prefix, main)
    known_by = WORKERS if workers else CONFIGURED
    unread = tuple(_telling(options.get("g", ""), bool(workers)))
    return Instance("nginx", main, prefix, (), master, workers, known_by, lacking, unread)


def _telling(directives: str, is_seen: bool) -> Iterator[str]:
    """The directives of `-g` that decide about requests; who the workers are is seen where any run."""
    for text in directives.split(";"):
        name = text.split(maxsplit=1)[0] if text.strip() else ""
        if name and not name.startswith("worker_") and name not in _WITHOUT_SAY and not (name == "user" and is_seen):
            yield f"-g '{text.strip()};'"


def _built_with(build: Iterable[str]) -> Iterator[tuple[str, str]]:
    """What `nginx -V` would say of where it was built for, with the defaults of nginx's own configure."""
    for line in build:
        if line.startswith("configure arguments:"):
            yield "prefix", "/usr/local/nginx"
            yield "conf-path", "conf/nginx.conf"
            for found in _BUILT_WITH.finditer(line):
                yield found[1], found[2].strip("'\"")
            return


def _without_replaced(found: list[Instance]) -> list[Instance]:
    """Without the masters that are being replaced: while a program is upgraded, the new one is the old one's child."""
    by_pid = {one.master.pid: one for one in found if one.master is not None}
    replaced = set()
    for one in found:
        old = None if one.master is None else by_pid.get(one.master.parent)
        if old is not None and old.main == one.main and old.prefix == one.prefix and one.workers:
            replaced.add(_first_pid(old))
    return [one for one in found if _first_pid(one) not in replaced]
