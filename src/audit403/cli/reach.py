"""`audit403 reach`: why a user can or cannot get at a path, for one path in text or for many as JSON lines.

Exit codes: 0 allowed (or every line of a batch was understood), 1 denied, 2 bad usage, 3 not known.
"""

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable

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
    parser.add_argument("--format", choices=("text", "jsonl"), help="default: text, and jsonl with --paths")


def run(args: Namespace) -> int:
    """Run the command on this machine; the exit code."""
    from audit403.evidence.local import LocalEvidence

    evidence = LocalEvidence()
    if args.paths is not None:
        return _batch(evidence, args)
    if args.path is None:
        return _bad_usage("give a PATH, or --paths FILE.")
    asking = _identity(evidence, args)
    if isinstance(asking, str):
        return _bad_usage(asking)
    return _single(evidence, asking, args)


def _batch(evidence: Evidence, args: Namespace) -> int:
    if args.path is not None or args.user is not None or args.uid is not None or args.format == "text":
        return _bad_usage("--paths takes path, access and ids from its lines, and answers in jsonl only.")
    try:
        if args.paths == "-":
            return _answer_all(evidence, sys.stdin.buffer)
        with open(args.paths, "rb") as file:
            return _answer_all(evidence, file)
    except OSError as error:
        return _bad_usage(f"{args.paths} cannot be read: {error.strerror}.")


def _identity(evidence: Evidence, args: Namespace) -> Identity | str:
    """Who is asked for, or what is wrong with the arguments."""
    if (args.user is None) == (args.uid is None):
        return "say who with either --as USER or --uid."
    if args.user is None:
        return _identity_of_numbers(args)
    user, _, group = args.user.partition(":")
    found = identity_of(evidence, user, group or None)
    if isinstance(found, Absent):
        is_user = isinstance(evidence.user(user), Absent)
        return f"there is no user {user} here (by number: --uid)." if is_user else f"there is no group {group} here."
    if isinstance(found, NotCollected):
        return f"the user {user} cannot be looked up: {found.reason}."
    return found


def _identity_of_numbers(args: Namespace) -> Identity | str:
    gid = args.uid if args.gid is None else args.gid
    try:
        groups = frozenset(int(group) for group in args.groups.split(",") if group.strip())
    except ValueError:
        return "--groups takes numbers with commas between them."
    if any(not 0 <= number < 2**32 - 1 for number in (args.uid, gid, *groups)):
        return "a uid or gid is a number from 0 to 4294967294."
    return identity_of_ids(args.uid, gid, groups)


def _single(evidence: Evidence, identity: Identity, args: Namespace) -> int:
    from audit403.files.explain import resolve
    from audit403.files.resolve import Resolver

    path = args.path
    if path and not path.startswith("/"):
        path = os.path.join(os.getcwd(), path)
    resolution = resolve(Resolver(evidence, identity), path, args.access)
    if args.format == "jsonl":
        from audit403.files.answer import answer, json_line

        _print(json_line(answer(evidence, resolution)))
    else:
        from audit403.files.text import reach_text

        user = args.user.partition(":")[0] if args.user is not None else None
        _print(reach_text(evidence, identity, user, path, args.access, resolution))
    if resolution.missing is not None:
        return _NOT_KNOWN
    return _DENIED if resolution.errno else _ALLOWED


def _answer_all(evidence: Evidence, lines: Iterable[bytes]) -> int:
    from audit403.files.answer import answer_lines, json_line

    code = _ALLOWED
    for found in answer_lines(evidence, lines):
        _print(json_line(found))
        if "error" in found:
            code = _BAD_USAGE
    return code


def _bad_usage(sentence: str) -> int:
    print(f"audit403 reach: {sentence}", file=sys.stderr)
    return _BAD_USAGE


def _print(text: str) -> None:
    """Print what the terminal's encoding may not have as an escape."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
