"""`audit403 host`: audit live servers – what really runs there, with the tree, the owners and the modes as they are."""

import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from audit403.cli.check import CLEAN, CRASHED, FORMATS, FOUND, INCOMPLETE, exit_code
from audit403.cli.output import Output
from audit403.cli.reached import options_of
from audit403.cli.reaching import SUDO, add_reaching
from audit403.core.errors import BadUsage
from audit403.core.finding import SEVERITIES
from audit403.engine.audit import Asked
from audit403.engine.selection import require_known, split_selectors
from audit403.report.terminal import complain, style_of

if TYPE_CHECKING:
    from audit403.engine.host_audit import HostReport


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add("targets", nargs="*", metavar="TARGET", help="local, [user@]host[:port], or a name of ~/.ssh/config")
    add("--root", action="append", default=[], metavar="CONFIG", help="this main configuration, whatever runs there")
    add("--dry-run", action="store_true", help="print every command that would run, and run none")
    add("--save", metavar="FILE", help="write what was read to a snapshot, for check, explain and reach")
    add("--format", choices=FORMATS, default="full", help="default: full")
    add("--output", metavar="FILE", help="write the report there")
    add("--select", action="append", metavar="RULES", help="only these rules or families")
    add("--ignore", action="append", default=[], metavar="RULES", help="all but these rules or families")
    add("--fail-on", choices=SEVERITIES, help="the least severity that makes the exit code 1 (default: warning)")
    add("--strict", action="store_true", default=None, help="also report what looks deliberate or harmless")
    add("--config", metavar="FILE", help="the settings to take, instead of the nearest audit403.toml")
    add("--color", choices=("auto", "always", "never"), default="auto", help="default: auto")
    add("-q", "--quiet", action="store_true", help="findings and what was not audited, nothing else")
    add_reaching(parser)


def run(args: Namespace) -> int:
    """Run the command; the exit code."""
    targets = list(dict.fromkeys(args.targets))
    if not targets:
        raise BadUsage("host takes what to audit: local, or [user@]host[:port].")
    if args.save is not None and len(targets) > 1:
        raise BadUsage("--save takes one host.")
    if args.dry_run:
        from audit403.host.dry_run import commands

        for target in targets:
            sys.stdout.write(commands(target, SUDO if args.sudo else ""))
        return CLEAN
    asked = _asked(args)
    codes = [_one(target, args, asked) for target in targets]
    return next((code for code in (CRASHED, FOUND, INCOMPLETE) if code in codes), CLEAN)


def _asked(args: Namespace) -> Asked:
    asked = Asked(
        None if args.select is None else split_selectors(args.select),
        split_selectors(args.ignore),
        args.strict,
        args.fail_on,
        settings=args.config,
    )
    require_known((*(asked.select or ()), *asked.ignore))
    return asked


def _one(target: str, args: Namespace, asked: Asked) -> int:
    """Audit one host; whatever goes wrong there is its own affair."""
    from audit403.host.transport import HostError

    try:
        report = _audited(target, args, asked)
    except HostError as error:
        complain(f"not audited: {error}")
        return INCOMPLETE
    with Output(args.output) as output:
        output.begin(report.report)
        _show(report, args, output)
    return exit_code(report.report)


def _audited(target: str, args: Namespace, asked: Asked) -> "HostReport":
    from audit403.engine.host_audit import audit_host, collect
    from audit403.host.connect import connect

    transport = connect(target, options_of(args))
    try:
        collector = collect(transport, SUDO if args.sudo else "")
        report = audit_host(target, collector.evidence(), asked, args.root)
    finally:
        transport.close()
    if args.save is not None:
        from audit403.evidence.snapshot import write_snapshot

        try:
            write_snapshot(Path(args.save), target, report.collected)
        except OSError as error:
            raise BadUsage(f"The snapshot {args.save} cannot be written: {error.strerror or error}.") from error
    return report


def _show(report: "HostReport", args: Namespace, output: Output) -> None:
    from audit403.cli.check import show
    from audit403.report.shown import Paths

    if args.format == "full" and not args.quiet:
        from audit403.report.host_text import servers_text

        output.stream.write(servers_text(report, style_of(output.stream, args.color)))
    show(report.report, args, Paths([os.sep]), output.stream)
