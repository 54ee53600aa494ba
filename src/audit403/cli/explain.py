"""`audit403 explain`: the whole way of one request in text, or many requests as JSON lines."""

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import Any

from audit403.cli.given_site import given_answering, given_site
from audit403.cli.host_options import add_host_options
from audit403.cli.request_line import request_of
from audit403.core.decision import REFUSED, UNKNOWN, Decision
from audit403.core.errors import BadUsage, NotSeen
from audit403.core.family import Answering, Site
from audit403.core.plugins import FAMILIES, entry_points
from audit403.core.request import Request

_NOT_REFUSED, _REFUSED, _UNKNOWN = 0, 1, 3


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("url", nargs="?", metavar="URL", help="the request, as curl takes it")
    parser.add_argument(
        "--config",
        metavar="MAIN",
        help="the main configuration file, its folder, one of its other files, or - for standard input",
    )
    parser.add_argument("--server", choices=tuple(entry_points(FAMILIES)), help="which server's configuration it is")
    parser.add_argument("-p", "--prefix", metavar="DIR", help="the server's prefix, as its own -p")
    parser.add_argument("--on", metavar="TARGET", help="the server that runs on this host, or in this snapshot of one")
    parser.add_argument("-X", "--request", dest="method", default="GET", metavar="METHOD", help="default: GET")
    parser.add_argument("-H", "--header", action="append", default=[], metavar="NAME: VALUE", help="a request header")
    parser.add_argument("--from", dest="client", default="127.0.0.1", metavar="ADDRESS", help="the client's address")
    parser.add_argument("--to", metavar="ADDRESS", help="the server's address that the client connects to")
    certificates = ("none", "verified", "failed")
    parser.add_argument("--client-certificate", choices=certificates, default="none", help="default: none")
    parser.add_argument("--body-length", type=int, metavar="BYTES", help="the length of the request's body")
    parser.add_argument("--over-limits", action="store_true", help="the client has used up its rate limits")
    parser.add_argument(
        "--state", metavar="FILE", help="what is known of buckets and principals (JSON; see docs/s3.md)"
    )
    parser.add_argument(
        "--as",
        dest="principal",
        metavar="PRINCIPAL",
        help="who asks a bucket: an ARN, a service, or anonymous (default)",
    )
    parser.add_argument("--profile", metavar="NAME", help="how the request comes to a bucket (see docs/s3.md)")
    parser.add_argument(
        "--context", action="append", default=[], metavar="KEY=VALUE", help="what a condition key has; KEY= is absent"
    )
    parser.add_argument("--at", metavar="MOMENT", help="when it is asked, as 2026-11-23T13:00:00Z; default: now")
    parser.add_argument("--message", metavar="FILE|-", help="say what an AccessDenied answer or message means")
    parser.add_argument("--tree", choices=("here", "none"), default="here", help="default: here")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="default: auto")
    parser.add_argument("--requests", metavar="FILE|-", help="answer many requests, one JSON object a line")
    parser.add_argument("--format", choices=("text", "json", "jsonl"), help="default: text, and jsonl with --requests")
    add_host_options(parser)


def run(args: Namespace) -> int:
    """Run the command; the exit code."""
    if args.message is not None:
        return _what_is_meant(args)
    if (args.url is None) == (args.requests is None):
        raise BadUsage("explain takes either a URL or --requests FILE.")
    answering = given_answering(args)
    if answering is not None:
        return _from_state(answering, args)
    if args.on is None:
        return _answer(given_site(args), args)
    from audit403.cli.given_site import SitesOn
    from audit403.cli.host_world import world_on

    with world_on(args.on, args) as evidence:
        sites = SitesOn(args, evidence)
        return _single(sites.site(args.url), args) if args.requests is None else _batch(sites.site, args)


def _answer(site: Site, args: Namespace) -> int:
    return _single(site, args) if args.requests is None else _batch(lambda url: site, args)


def _single(site: Site, args: Namespace) -> int:
    row: dict[str, Any] = {
        "method": args.method,
        "url": args.url if "://" in args.url else f"http://{args.url}",
        "client": args.client,
        "headers": _headers(args.header),
        "to": args.to,
        "over_limits": args.over_limits,
    }
    if args.body_length is not None:
        row["body_length"] = args.body_length
    if args.client_certificate != "none":
        row["tls"] = {"client_certificate": args.client_certificate}
    request = request_of(row)
    return _tell(request, site.decide(request), args)


def _tell(request: Request, decision: Decision, args: Namespace) -> int:
    if args.format in ("json", "jsonl"):
        from audit403.report.decision_json import decision_json

        text = json.dumps(decision_json(None, decision), indent=2 if args.format == "json" else None)
        sys.stdout.write(text + "\n")
    else:
        from audit403.report.decision_text import decision_text
        from audit403.report.shown import Paths
        from audit403.report.terminal import style_of, write

        style = style_of(sys.stdout, args.color)
        named = [os.sep] if args.config is None else [args.config]
        write(sys.stdout, decision_text(request, decision, Paths(named), style))
    return {REFUSED: _REFUSED, UNKNOWN: _UNKNOWN}.get(decision.verdict, _NOT_REFUSED)


def _from_state(answering: Answering, args: Namespace) -> int:
    """Answers of a family that has no configuration files."""
    if args.requests is None:
        row = {
            "url": args.url,
            "method": args.method,
            "client": args.client,
            "headers": _headers(args.header),
            "principal": args.principal,
            "profile": args.profile,
            "context": _context(args.context),
            "at": args.at,
        }
        return _tell(*answering.asked(row), args)
    from audit403.cli.batch import answer_all
    from audit403.cli.chunks import opened

    with opened(args.requests) as stream:
        return answer_all(answering.answer, stream, _write)


def _context(pairs: list[str]) -> dict[str, list[str] | None]:
    context: dict[str, list[str] | None] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise BadUsage(f'--context takes KEY=VALUE, not "{pair}".')
        context[key.strip()] = [*(context.get(key.strip()) or []), value] if value else None
    return context


def _what_is_meant(args: Namespace) -> int:
    """What the text of an answer says, in a sentence for each cause that it may have."""
    from audit403.cli.given_message import given_message

    meanings = given_message(args.message, args.server)
    if args.format in ("json", "jsonl"):
        from audit403.report.meaning import meaning_json

        indent = 2 if args.format == "json" else None
        sys.stdout.write("".join(json.dumps(meaning_json(one), indent=indent) + "\n" for one in meanings))
    else:
        from audit403.report.meaning import meaning_text
        from audit403.report.terminal import style_of, write

        write(sys.stdout, "\n".join(meaning_text(one, style_of(sys.stdout, args.color)) for one in meanings))
    return _REFUSED if any(one.status == 403 for one in meanings) else _NOT_REFUSED


def _headers(lines: list[str]) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise BadUsage(f'-H takes "Name: value", not "{line}".')
        if name in headers:
            previous = headers[name]
            headers[name] = [*(previous if isinstance(previous, list) else [previous]), value.strip()]
        else:
            headers[name] = value.strip()
    return headers


def _batch(site_of: Callable[[str], Site], args: Namespace) -> int:
    from audit403.cli.batch import answer_all
    from audit403.cli.chunks import opened

    def answer(row: dict[str, Any]) -> Decision:
        request = request_of(row)
        try:
            return site_of(str(row["url"])).decide(request)
        except NotSeen as error:
            raise BadUsage(f"{error}") from error

    with opened(args.requests) as stream:
        return answer_all(answer, stream, _write, alone=args.on is not None)


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
