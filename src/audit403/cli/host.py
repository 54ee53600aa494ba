"""`audit403 host`: audit live servers – what really runs there, with the tree, the owners and the modes as they are."""

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit403.cli.check import CLEAN, CRASHED, FOUND, INCOMPLETE, add_report_options, asked_of, exit_code
from audit403.cli.host_options import SUDO, add_host_options
from audit403.cli.output import Output
from audit403.core.errors import BadUsage
from audit403.engine.audit import Asked
from audit403.engine.selection import require_known
from audit403.report.terminal import Style, complain, style_of

if TYPE_CHECKING:
    from audit403.engine.host_audit import HostReport
    from audit403.host.fleet import HostResult
    from audit403.host.inventory.target import HostTarget
    from audit403.report.hosts import Hosts
    from audit403.report.progress import TargetsProgress

USUAL_JOBS = 32
MOST_ENTRIES = 2_000_000
_NO_FILE_NAME = str.maketrans("/\0", "__")


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add("targets", nargs="*", metavar="TARGET", help="local, [user@]host[:port], or a name of ~/.ssh/config")
    add("-i", "--inventory", metavar="FILE", help="a list of hosts, or an inventory of Ansible's; - is standard input")
    add("--limit", metavar="PATTERN", help="with -i: only these hosts and groups, as Ansible's --limit takes them")
    add("--jobs", type=int, default=USUAL_JOBS, metavar="COUNT", help=f"hosts at once (default: {USUAL_JOBS})")
    add("--resume", metavar="FILE", help="keep a journal there, and pass over the hosts that it has already")
    add("--root", action="append", default=[], metavar="CONFIG", help="this main configuration, whatever runs there")
    add("--exclude", action="append", default=[], metavar="NAME", help="folders not to go into, as find's patterns")
    add("--max-entries", type=int, default=MOST_ENTRIES, metavar="COUNT", help="look at so many (default: 2,000,000)")
    add("--save", metavar="FILE", help="write what was read to a snapshot; of several hosts to a folder of them")
    add("--dry-run", action="store_true", help="print every command that would run, and run none")
    add_report_options(parser)
    add_host_options(parser)


def run(args: Namespace) -> int:
    """Run the command; the exit code."""
    targets = _targets(args)
    if args.dry_run:
        from audit403.host.dry_run import commands

        sys.stdout.write(
            "\n".join(commands(target.name, SUDO if args.sudo else "", args.exclude) for target in targets)
        )
        return CLEAN
    asked = asked_of(args)
    require_known((*(asked.select or ()), *asked.ignore))
    if len(targets) == 1 and args.resume is None and args.format in ("full", "concise"):
        return _one(targets[0], args, asked)
    return _many(targets, args, asked)


def _targets(args: Namespace) -> "list[HostTarget]":
    from audit403.host.inventory.target import read_target

    for text in args.targets:
        if "/" in text or (text.endswith(".snapshot") and os.path.isfile(text)):
            raise BadUsage(
                f"host takes names of hosts, and {text} is none: `audit403 check` takes files and snapshots."
            )
    targets = [read_target(text) for text in dict.fromkeys(args.targets)]
    if args.inventory is not None:
        from audit403.host.inventory.read import read_inventory

        targets += read_inventory(args.inventory, args.limit)
    elif args.limit is not None:
        raise BadUsage("--limit goes with -i.")
    if not targets:
        raise BadUsage("host takes what to audit: local, [user@]host[:port], or -i INVENTORY.")
    if args.jobs < 1:
        raise BadUsage("--jobs takes a number from 1.")
    return targets


def _one(target: "HostTarget", args: Namespace, asked: Asked) -> int:
    """One host in text: with the servers that were found on it."""
    from audit403.host.transport import HostError

    try:
        report = _audited(target, args, asked, None)
    except HostError as error:
        complain(f"not audited: {error}")
        return INCOMPLETE
    with Output(args.output) as output:
        output.begin(report.report)
        _show(report, args, output)
    return exit_code(report.report)


def _audited(
    target: "HostTarget", args: Namespace, asked: Asked, seen: Callable[[int], None] | None, *, several: bool = False
) -> "HostReport":
    """The audit of one host. Raises HostError."""
    from audit403.cli.host_world import options_of
    from audit403.engine.host_audit import audit_host, collect
    from audit403.host.connect import connect

    transport = connect(target, options_of(args))
    try:
        collector = collect(transport, SUDO if args.sudo else "")
        collector.seen, collector.excludes, collector.most_entries = seen, tuple(args.exclude), args.max_entries
        report = audit_host(target.name, collector.evidence(), asked, args.root)
    finally:
        transport.close()
    if args.save is not None:
        _save(report, args.save, several=several)
    return report


def _save(report: "HostReport", place: str, *, several: bool) -> None:
    from audit403.evidence.snapshot import write_snapshot

    path = Path(place)
    try:
        if several or place.endswith("/") or path.is_dir():
            path.mkdir(parents=True, exist_ok=True)
            path /= report.host.translate(_NO_FILE_NAME) + ".snapshot"
        write_snapshot(path, report.host, report.collected)
    except OSError as error:
        raise BadUsage(f"The snapshot {path} cannot be written: {error.strerror or error}.") from error


def _show(report: "HostReport", args: Namespace, output: Output) -> None:
    from audit403.cli.check import show
    from audit403.report.shown import Paths

    if args.format == "full" and not args.quiet:
        from audit403.report.host_text import servers_text

        output.stream.write(servers_text(report, style_of(output.stream, args.color)))
    show(report.report, args, Paths([os.sep]), output.stream)


def _many(targets: "list[HostTarget]", args: Namespace, asked: Asked) -> int:
    """Many hosts, each shown as it is done or, in text and JSON, all of them at the end."""
    from audit403.report.hosts import Hosts
    from audit403.report.progress import TargetsProgress

    hosts = Hosts()
    with Output(args.output) as output:
        output.clear()
        style = style_of(output.stream, args.color)
        kept: list[HostResult] = []
        with TargetsProgress("hosts") as progress:
            for result in _results(targets, args, asked, style if args.format == "full" else None, progress):
                hosts.add(result)
                if args.format == "json":
                    kept.append(result)
                elif args.format != "full":
                    with progress.aside():
                        _show_result(result, args, output, style)
        _show_all(hosts, kept, args, output, style)
    for fault in hosts.faults:
        complain(fault)
    if hosts.faults:
        return CRASHED
    return FOUND if hosts.fails else INCOMPLETE if hosts.is_incomplete else CLEAN


def _results(
    targets: "list[HostTarget]", args: Namespace, asked: Asked, style: Style | None, progress: "TargetsProgress"
) -> "Iterator[HostResult]":
    from audit403.cli.host_world import ask_passphrase
    from audit403.host.fleet import audit_all
    from audit403.host.journal import Journal
    from audit403.report.host_json import host_report

    def ask(key: str) -> str | None:
        with progress.aside():
            return ask_passphrase(key)

    def job(target: "HostTarget", seen: Callable[[int], None]) -> dict[str, Any]:
        return host_report(_audited(target, args, asked, seen, several=len(targets) > 1), style)

    with ExitStack() as stack:
        journal = None
        if args.resume is not None:
            wanted = {"asked": [*asked], "root": args.root, "sudo": args.sudo, "format": args.format}
            journal = stack.enter_context(Journal(args.resume, wanted))
        yield from audit_all(
            targets,
            job,
            jobs=args.jobs,
            host_timeout=args.host_timeout,
            journal=journal,
            progress=progress.tell,
            ask=ask,
        )
        if journal is not None and journal.fault is not None:
            complain(journal.fault)


def _show_result(result: "HostResult", args: Namespace, output: Output, style: Style) -> None:
    if args.format == "jsonl":
        from audit403.report.host_json import write_host_line

        write_host_line(result, output.stream)
    elif args.format == "concise":
        from audit403.report.hosts import write_concise

        write_concise(result, output.stream, style)


def _show_all(hosts: "Hosts", kept: "list[HostResult]", args: Namespace, output: Output, style: Style) -> None:
    if args.format == "json":
        from audit403.report.host_json import write_hosts_json

        write_hosts_json(kept, output.stream)
    elif args.format == "full":
        hosts.write_full(output.stream, style, args.quiet)
    elif args.format == "concise":
        hosts.write_end(output.stream, style, args.quiet)
