"""`audit403 reach`: why a user can or cannot get at a path, for one path in text or for many as JSON lines.

Without a user it asks for those whom the servers here run as. Exit codes: 0 allowed (or every line of a batch was
understood), 1 denied to one of them, 2 bad usage, 3 not known.
"""

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from audit403.cli.host_options import add_host_options
from audit403.core.errors import BadUsage
from audit403.core.family import RunsAs
from audit403.core.named_tuple import NamedTuple
from audit403.core.plugins import FAMILIES, entry_points
from audit403.evidence.interface import Absent, Evidence, Group, NotCollected
from audit403.files.identity import Identity, identity_of, identity_of_ids, numbered

if TYPE_CHECKING:
    from audit403.evidence.machine import Process
    from audit403.files.resolve import Resolution, Resolver

_ALLOWED, _DENIED, _BAD_USAGE, _NOT_KNOWN = 0, 1, 2, 3


class _Asker(NamedTuple):
    """Who is asked for: the name where one is known, and the server that runs as this user, or its worker."""

    identity: Identity
    user: str | None = None
    server: RunsAs | None = None
    worker: "Process | None" = None


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("path", nargs="?", metavar="PATH", help="what to reach")
    parser.add_argument(
        "--as", dest="user", metavar="USER[:GROUP]", help="who reaches for it, with initgroups(3)'s groups"
    )
    parser.add_argument("--uid", type=int, help="who, by number (with --gid and --groups)")
    parser.add_argument("--gid", type=int, help="the group by number (default: the uid)")
    parser.add_argument("--groups", default="", metavar="GID,…", help="supplementary groups by number")
    parser.add_argument("--server", choices=tuple(entry_points(FAMILIES)), help="as the workers of this server")
    parser.add_argument("--config", metavar="MAIN", help="as the workers of the server with this configuration")
    parser.add_argument("-p", "--prefix", metavar="DIR", help="the server's prefix, as its own -p")
    parser.add_argument("--on", metavar="TARGET", help="on this host, or in this snapshot of one")
    parser.add_argument("--access", choices=("read", "list", "search"), default="read", help="default: read")
    parser.add_argument("--paths", metavar="FILE|-", help="answer many questions, one JSON object a line")
    parser.add_argument("--format", choices=("text", "json", "jsonl"), help="default: text, and jsonl with --paths")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="default: auto")
    add_host_options(parser)


def run(args: Namespace) -> int:
    """Run the command, on this machine or on another; the exit code."""
    if args.on is None:
        from audit403.evidence.local import LocalEvidence

        return _run(LocalEvidence(), args)
    from audit403.cli.host_world import world_on

    with world_on(args.on, args) as evidence:
        return _run(evidence, args)


def _run(evidence: Evidence, args: Namespace) -> int:
    if args.paths is not None:
        return _batch(evidence, args)
    if args.path is None:
        raise BadUsage("reach takes a PATH, or --paths FILE.")
    return _single(evidence, _askers(evidence, args), args)


def _batch(evidence: Evidence, args: Namespace) -> int:
    if args.path is not None or args.user is not None or args.uid is not None or args.format in ("text", "json"):
        raise BadUsage("--paths takes path, access and ids from its lines, and answers in jsonl only.")
    from audit403.cli.chunks import opened

    with opened(args.paths) as stream:
        return _answer_all(evidence, stream)


def _askers(evidence: Evidence, args: Namespace) -> list[_Asker]:
    """Who is asked for: the user that is named, or every one that a server runs as."""
    ways = [args.user is not None, args.uid is not None, args.server is not None or args.config is not None]
    if sum(ways) > 1:
        raise BadUsage("reach asks for one: --as USER, --uid, or a server with --server or --config.")
    if args.uid is not None:
        return [_Asker(_identity_of_numbers(args))]
    if args.user is not None:
        user, _, group = args.user.partition(":")
        return [_Asker(_named(evidence, user, group or None, "here" if args.on is None else f"on {args.on}"), user)]
    return _servers(evidence, args)


def _named(evidence: Evidence, user: str, group: str | None, place: str) -> Identity:
    found = identity_of(evidence, user, group)
    if isinstance(found, Absent):
        if isinstance(evidence.user(user), Absent):
            raise BadUsage(f"There is no user {user} {place} (by number: --uid).")
        raise BadUsage(f"There is no group {group} {place}.")
    if isinstance(found, NotCollected):
        raise BadUsage(f"The user {user} cannot be looked up: {found.reason}.")
    return found


def _servers(evidence: Evidence, args: Namespace) -> list[_Asker]:
    if args.on is not None:
        return _workers(evidence, args)
    from audit403.cli.given_site import running_sites

    args.tree, args.requests = "here", None
    askers = []
    for site in running_sites(args):
        for runs_as in site.runs_as():
            user = numbered(evidence, runs_as.user)
            group = None if runs_as.group is None else numbered(evidence, runs_as.group, is_group=True)
            askers.append(_Asker(_named(evidence, user, group, "here"), user, runs_as))
    if not askers:
        raise BadUsage("reach asks who, with --as USER or --uid, or with --config of a server: none is installed here.")
    return askers


def _workers(evidence: Evidence, args: Namespace) -> list[_Asker]:
    """The workers that run on a host, each as the kernel knows it."""
    from audit403.engine.host_audit import running_families
    from audit403.evidence.machine import Machine
    from audit403.files.running import identity_of_process, user_of

    machine = evidence.machine()
    families = running_families() if isinstance(machine, Machine) else []
    found: dict[object, _Asker] = {}
    for family in families:
        for instance in family.running(machine) if isinstance(machine, Machine) else ():
            if args.server in (None, family.name) and args.config in (None, instance.main):
                for worker in instance.workers:
                    user = user_of(evidence, worker)
                    group = evidence.group(worker.gid)
                    name = group.name if isinstance(group, Group) else str(worker.gid)
                    server = RunsAs(user, name, f"a worker of {family.name} that runs with {instance.main}", runs=True)
                    asker = _Asker(identity_of_process(worker), user, server, worker)
                    found.setdefault((*asker[:3], worker.mounts, worker.root, worker.label), asker)
    if not found:
        whose = "" if args.server is None else f" of {args.server}"
        config = "" if args.config is None else f" that runs with {args.config}"
        raise BadUsage(f"reach asks who, with --as USER or --uid: no worker{whose}{config} was seen on {args.on}.")
    return list(found.values())


def _identity_of_numbers(args: Namespace) -> Identity:
    gid = args.uid if args.gid is None else args.gid
    try:
        groups = frozenset(int(group) for group in args.groups.split(",") if group.strip())
    except ValueError:
        raise BadUsage("--groups takes numbers with commas between them.") from None
    if any(not 0 <= number < 2**32 - 1 for number in (args.uid, gid, *groups)):
        raise BadUsage("A uid or gid is a number from 0 to 4294967294.")
    return identity_of_ids(args.uid, gid, groups)


def _single(evidence: Evidence, askers: list[_Asker], args: Namespace) -> int:
    from audit403.files.explain import resolve

    path = args.path
    if path and not path.startswith("/"):
        if args.on is not None:
            raise BadUsage(f"reach --on takes the whole path on that host, not {path}.")
        path = os.path.join(os.getcwd(), path)
    resolvers = [(asker, _resolver(evidence, asker)) for asker in askers]
    answers = [(asker, resolve(resolver, path, args.access), resolver.evidence) for asker, resolver in resolvers]
    if args.format in ("json", "jsonl"):
        _write_json(answers, 2 if args.format == "json" else None)
    else:
        _write_text(answers, path, args)
    found = [resolution for _, resolution, _ in answers]
    if any(resolution.errno and resolution.missing is None for resolution in found):
        return _DENIED
    return _NOT_KNOWN if any(resolution.missing is not None for resolution in found) else _ALLOWED


def _resolver(evidence: Evidence, asker: _Asker) -> "Resolver":
    """Who asks, in the world that it sees, with what decides beside modes where that is known."""
    from audit403.files.resolve import Resolver

    if asker.worker is None:
        return Resolver(evidence, asker.identity)
    from audit403.files.guards import guard_of
    from audit403.files.mounts import world_of

    seen = world_of(evidence, asker.worker)
    return Resolver(seen, asker.identity, guard_of(seen, asker.worker))


def _write_json(answers: "list[tuple[_Asker, Resolution, Evidence]]", indent: int | None) -> None:
    from audit403.files.answer import answer, json_line
    from audit403.report.terminal import write

    for asker, resolution, evidence in answers:
        found = answer(evidence, resolution)
        if asker.server is not None:
            found = {"user": asker.user, "what": asker.server.what, **found}
        write(sys.stdout, json_line(found, indent) + "\n")


def _write_text(answers: "list[tuple[_Asker, Resolution, Evidence]]", path: str, args: Namespace) -> None:
    from audit403.report.reach_text import asker_text, reach_text
    from audit403.report.terminal import style_of, write

    style = style_of(sys.stdout, args.color)
    for number, (asker, resolution, evidence) in enumerate(answers):
        text = reach_text(evidence, asker.identity, asker.user, path, args.access, resolution, style)
        if asker.server is not None:
            text = asker_text(evidence, asker.identity, asker.server) + text
        write(sys.stdout, ("\n" if number else "") + text)


def _answer_all(evidence: Evidence, stream: BinaryIO) -> int:
    from audit403.files.answer import answer_lines, json_line

    code = _ALLOWED
    for found in answer_lines(evidence, _lines(stream)):
        sys.stdout.write(json_line(found) + "\n")
        if "error" in found:
            code = _BAD_USAGE
    return code


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """Every line; before more of them is waited for, the answers to the ones before are out."""
    from audit403.cli.chunks import chunks

    for lines in chunks(stream):
        yield from lines or ()
        sys.stdout.flush()
