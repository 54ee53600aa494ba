"""`audit403 check`: lint configuration files and folders, and find every 403 in them."""

import os
import sys
from typing import TYPE_CHECKING, TextIO

from audit403.cli.output import Output
from audit403.core.errors import BadUsage
from audit403.core.finding import SEVERITIES
from audit403.engine.audit import Asked, Report, audit
from audit403.engine.selection import split_selectors
from audit403.report.shown import Paths
from audit403.report.terminal import complain, style_of, write

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

CLEAN, FOUND, CRASHED, INCOMPLETE = 0, 1, 2, 3
FORMATS = ("full", "concise", "json", "jsonl")
MOST_ROUNDS = 5


def add_arguments(parser: "ArgumentParser") -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add("paths", nargs="*", default=["."], metavar="PATH", help='files and folders (default: .); "-" is standard input')
    add_report_options(parser)
    add("--tree", choices=("auto", "here", "none"), help="whether this machine's files are what the server sees")
    add("-p", "--prefix", metavar="DIR", help="the server's prefix, as its own -p")
    add("--skip-unrecognised", action="store_true", help="pass over named files that are no configuration")
    add("--diff", action="store_true", help="show what --fix would write, and write nothing")
    add("--fix", action="store_true", help="write the fixes that are safe and proven")
    add("--unsafe-fixes", action="store_true", help="with --fix or --diff: also proven fixes that may open more")


def add_report_options(parser: "ArgumentParser") -> None:
    """Declare what every audit takes: what is judged and how grave it is, and how it is shown."""
    add = parser.add_argument
    add("--format", choices=FORMATS, default="full", help="default: full")
    add("--output", metavar="FILE", help="write the report there")
    add("--select", action="append", metavar="RULES", help="only these rules or families")
    add("--ignore", action="append", default=[], metavar="RULES", help="all but these rules or families")
    add("--fail-on", choices=SEVERITIES, help="the least severity that makes the exit code 1 (default: warning)")
    add("--strict", action="store_true", default=None, help="also report what looks deliberate or harmless")
    add("--allow-public", action="store_true", help="also offer fixes that make a bucket public")
    add("--config", metavar="FILE", help="the settings to take, instead of the nearest audit403.toml")
    add("--color", choices=("auto", "always", "never"), default="auto", help="default: auto")
    add("-q", "--quiet", action="store_true", help="findings and what was not audited, nothing else")


def asked_of(args: "Namespace") -> Asked:
    """What those options ask for."""
    select = None if args.select is None else split_selectors(args.select)
    asked = Asked(select, split_selectors(args.ignore), args.strict, args.fail_on, settings=args.config)
    return asked._replace(allow_public=args.allow_public)


def run(args: "Namespace") -> int:
    """Run the command; the exit code."""
    if args.fix and args.diff:
        raise BadUsage("give either --fix or --diff.")
    if args.fix and "-" in args.paths:
        raise BadUsage("--fix cannot write to standard input; --diff shows what it would write.")
    if args.unsafe_fixes and not (args.fix or args.diff):
        raise BadUsage("--unsafe-fixes goes with --fix or --diff.")
    prefix = None if args.prefix is None else os.path.abspath(args.prefix)
    asked = asked_of(args)._replace(tree=args.tree, prefix=prefix, skip_unrecognised=args.skip_unrecognised)
    paths = Paths(args.paths)
    with Output(args.output) as output:
        report = audit(args.paths, asked)
        failures: tuple[str, ...] = ()
        if args.fix:
            report, failures = _fixed(report, args, asked)
        output.begin(report)
        if args.diff:
            _show_diff(report, args, paths, output.stream)
        else:
            show(report, args, paths, output.stream)
    for failure in (*report.faults, *failures):
        complain(failure)
    return CRASHED if failures else exit_code(report)


def exit_code(report: Report) -> int:
    """2 with settings that cannot be used, 1 with findings that count, 3 where something was not audited, else 0."""
    if report.faults:
        return CRASHED
    if report.fails():
        return FOUND
    return INCOMPLETE if report.not_audited else CLEAN


def show(report: Report, args: "Namespace", paths: Paths, stream: TextIO) -> None:
    """Write the report in the format that was asked for."""
    if args.format in ("json", "jsonl"):
        from audit403.report.finding_json import write_json, write_jsonl

        (write_json if args.format == "json" else write_jsonl)(report, paths, stream)
        return
    style = style_of(stream, args.color)
    if args.format == "concise":
        from audit403.report.concise import write_concise

        write_concise(report, paths, stream, style, args.quiet)
    elif report.findings:
        from audit403.report.full import write_full

        write_full(report, paths, stream, style, args.quiet)
    else:
        from audit403.report.summary import write_end

        write_end(report, paths, stream, style, args.quiet)


def _show_diff(report: Report, args: "Namespace", paths: Paths, stream: TextIO) -> None:
    from audit403.engine.write_fixes import plan
    from audit403.report.diff import write_diff
    from audit403.report.summary import hint, not_audited_lines, summary

    for change in plan(report.findings, args.unsafe_fixes).changes:
        write_diff(stream, paths.shown(change.file), change.before, change.after, style_of(stream, args.color))
    lines = not_audited_lines(report, paths)
    if not args.quiet:
        advice = None if args.unsafe_fixes else hint(report)
        lines += [summary(report), *([] if advice is None else [advice])]
    for line in lines:
        write(sys.stderr, line + "\n")


def _fixed(report: Report, args: "Namespace", asked: Asked) -> tuple[Report, tuple[str, ...]]:
    """Write the fixes, and audit again until there is nothing more to write; also what could not be written."""
    from audit403.engine.write_fixes import write_fixes

    count = 0
    failures: tuple[str, ...] = ()
    for _ in range(MOST_ROUNDS):
        written = write_fixes(report.findings, args.unsafe_fixes)
        failures = written.failures
        if not written.fixes:
            break
        count += written.fixes
        report = audit(args.paths, asked)
    if count and not args.quiet:
        complain(f"{count} {'fix' if count == 1 else 'fixes'} written")
    return report, failures
