"""`audit403 explain`: the whole way of one request in text, or many requests as JSON lines."""

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from typing import Any

from audit403.cli.request_line import request_of
from audit403.core.decision import REFUSED, UNKNOWN
from audit403.core.errors import BadUsage
from audit403.core.family import Family, Options, Site
from audit403.core.plugins import FAMILIES, entry_points, load

STDIN = "-"
_NOT_REFUSED, _REFUSED, _UNKNOWN = 0, 1, 3


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("url", nargs="?", metavar="URL", help="the request, as curl takes it")
    parser.add_argument(
        "--config",
        metavar="MAIN",
        help="the server's main configuration file, one of its other files, or - for standard input",
    )
    parser.add_argument("--server", metavar="FAMILY", help="which server: " + ", ".join(entry_points(FAMILIES)))
    parser.add_argument("-p", "--prefix", metavar="DIR", help="the server's prefix, as its own -p")
    parser.add_argument("-X", "--request", dest="method", default="GET", metavar="METHOD", help="default: GET")
    parser.add_argument("-H", "--header", action="append", default=[], metavar="NAME: VALUE", help="a request header")
    parser.add_argument("--from", dest="client", default="127.0.0.1", metavar="ADDRESS", help="the client's address")
    parser.add_argument("--to", metavar="ADDRESS", help="the server's address that the client connects to")
    parser.add_argument("--client-certificate", choices=("none", "verified", "failed"), default="none")
    parser.add_argument("--body-length", type=int, metavar="BYTES", help="the length of the request's body")
    parser.add_argument("--over-limits", action="store_true", help="the client has used up its rate limits")
    parser.add_argument("--tree", choices=("here", "none"), default="here", help="default: here")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto")
    parser.add_argument("--requests", metavar="FILE|-", help="answer many requests, one JSON object a line")
    parser.add_argument("--format", choices=("text", "json", "jsonl"), help="default: text, and jsonl with --requests")


def run(args: Namespace) -> int:
    """Run the command; the exit code."""
    if (args.url is None) == (args.requests is None):
        raise BadUsage("give either a URL or --requests FILE.")
    site = _site(args)
    if args.requests is not None:
        return _batch(site, args.requests)
    return _single(site, args)


def _site(args: Namespace) -> Site:
    family = _family(args.server)
    if args.config is None:
        raise BadUsage("--config MAIN says which configuration answers the request.")
    from audit403.engine.settings import SettingsFinder
    from audit403.evidence.local import LocalEvidence

    main = os.path.abspath(args.config)
    settings = SettingsFinder().nearest(main)
    options = Options(args.prefix or settings.prefix, settings.paths, args.tree)
    site: Site | None
    if args.config == STDIN:
        if args.requests == STDIN:
            raise BadUsage("--config and --requests cannot both be standard input.")
        site = family.read_text(sys.stdin.buffer.read(), LocalEvidence(), options)
        if site is None:
            raise BadUsage(f"What is on standard input was not recognised as configuration of {family.name}.")
    elif not os.path.exists(main):
        raise BadUsage(f"{args.config} is not there.")
    elif os.path.isdir(main):
        raise BadUsage(f"{args.config} is a folder; --config takes the main configuration file in it.")
    else:
        site = family.read(main, LocalEvidence(), options)
    for target, reason in dict.fromkeys(site.not_audited):
        print(f"audit403: not read: {target}: {reason}", file=sys.stderr)
    return site


def _family(name: str | None) -> Family:
    known = entry_points(FAMILIES)
    servers = {key: value for key, value in known.items() if hasattr(load(value), "read")}
    if name is None and len(servers) == 1:
        name = next(iter(servers))
    if name is None or name not in servers:
        raise BadUsage(f"--server must be one of {', '.join(servers)}.")
    family: Family = load(servers[name])
    return family


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
    decision = site.decide(request)
    if args.format in ("json", "jsonl"):
        from audit403.report.decision_json import decision_json

        print(json.dumps(decision_json(None, decision), indent=2 if args.format == "json" else None))
    else:
        from audit403.report.decision_text import decision_text
        from audit403.report.shown import Paths
        from audit403.report.terminal import style_of, write

        style = style_of(sys.stdout, args.color)
        write(sys.stdout, decision_text(request, decision, Paths([args.config]), style))
    return {REFUSED: _REFUSED, UNKNOWN: _UNKNOWN}.get(decision.verdict, _NOT_REFUSED)


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


def _batch(site: Site, source: str) -> int:
    from audit403.cli.batch import answer_all

    if source == "-":
        return answer_all(site, sys.stdin.buffer, _write)
    try:
        file = open(source, "rb")  # noqa: SIM115 – only the opening may fail so
    except OSError as error:
        raise BadUsage(f"{source} cannot be read: {error.strerror}.") from error
    with file:
        return answer_all(site, file, _write)


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
