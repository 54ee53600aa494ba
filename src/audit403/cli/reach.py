"""`audit403 reach`: why a user can or cannot get at a path, for one path in text or for many as JSON lines.

Exit codes: 0 allowed (or every line of a batch was understood), 1 denied, 2 bad usage, 3 not known.
"""

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import BinaryIO

from audit403.core.errors import BadUsage
from audit403.evidence.interface import Absent, Evidence, NotCollected
from audit403.files.identity import Identity, identity_of, identity_of_ids

_ALLOWED, _DENIED, _BAD_USAGE, _NOT_KNOWN = 0, 1, 2, 3


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("path", nargs="?", metavar="PATH", help="what to reach")
    parser.add_argument(
        "--as", dest="user", metavar="USER[:GROUP]", help="who reaches for it, with initgroups(3)'s groups"
    )
    parser.add_argument("--uid", type=int, help="who, by number (with --gid and --groups)")
    parser.add_argument("--gid", type=int, help="the group by number (default: the uid)")
    parser.add_argument("--groups", default="", metavar="GID,…", help="supplementary groups by number")
    parser.add_argument("--access", choices=("read", "list", "search"), default="read", help="default: read")
    parser.add_argument("--paths", metavar="FILE|-", help="answer many questions, one JSON object a line")
    parser.add_argument("--format", choices=("text", "json", "jsonl"), help="default: text, and jsonl with --paths")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="default: auto")


def run(args: Namespace) -> int:
    """Run the command on this machine; the exit code."""
    from audit403.evidence.local import LocalEvidence

    evidence = LocalEvidence()
    if args.paths is not None:
        return _batch(evidence, args)
    if args.path is None:
        raise BadUsage("reach takes a PATH, or --paths FILE.")
    return _single(evidence, _identity(evidence, args), args)


def _batch(evidence: Evidence, args: Namespace) -> int:
    if args.path is not None or args.user is not None or args.uid is not None or args.format in ("text", "json"):
        raise BadUsage("--paths takes path, access and ids from its lines, and answers in jsonl only.")
    from audit403.cli.chunks import opened

    with opened(args.paths) as stream:
        return _answer_all(evidence, stream)


def _identity(evidence: Evidence, args: Namespace) -> Identity:
    """Who is asked for."""
    if (args.user is None) == (args.uid is None):
        raise BadUsage("reach asks who, with either --as USER or --uid.")
    if args.user is None:
        return _identity_of_numbers(args)
    user, _, group = args.user.partition(":")
    found = identity_of(evidence, user, group or None)
    if isinstance(found, Absent):
        if isinstance(evidence.user(user), Absent):
            raise BadUsage(f"There is no user {user} here (by number: --uid).")
        raise BadUsage(f"There is no group {group} here.")
    if isinstance(found, NotCollected):
        raise BadUsage(f"The user {user} cannot be looked up: {found.reason}.")
    return found


def _identity_of_numbers(args: Namespace) -> Identity:
    gid = args.uid if args.gid is None else args.gid
    try:
        groups = frozenset(int(group) for group in args.groups.split(",") if group.strip())
    except ValueError:
        raise BadUsage("--groups takes numbers with commas between them.") from None
    if any(not 0 <= number < 2**32 - 1 for number in (args.uid, gid, *groups)):
        raise BadUsage("A uid or gid is a number from 0 to 4294967294.")
    return identity_of_ids(args.uid, gid, groups)


def _single(evidence: Evidence, identity: Identity, args: Namespace) -> int:
    from audit403.files.explain import resolve
    from audit403.files.resolve import Resolver
    from audit403.report.terminal import style_of, write

    path = args.path
    if path and not path.startswith("/"):
        path = os.path.join(os.getcwd(), path)
    resolution = resolve(Resolver(evidence, identity), path, args.access)
    if args.format in ("json", "jsonl"):
        from audit403.files.answer import answer, json_line

        write(sys.stdout, json_line(answer(evidence, resolution), 2 if args.format == "json" else None) + "\n")
    else:
        from audit403.report.reach_text import reach_text

        user = args.user.partition(":")[0] if args.user is not None else None
        style = style_of(sys.stdout, args.color)
        write(sys.stdout, reach_text(evidence, identity, user, path, args.access, resolution, style))
    if resolution.missing is not None:
        return _NOT_KNOWN
    return _DENIED if resolution.errno else _ALLOWED


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
