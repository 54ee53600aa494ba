"""`audit403 rules`: list the rules, or print one's page."""

import sys
from argparse import ArgumentParser, Namespace

from audit403.core.errors import BadUsage
from audit403.core.registry import load_rules, rule_pages
from audit403.report.terminal import complain, write

_CRASHED = 2


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("rule", nargs="?", metavar="ID", help="print the page of this rule, or list those of a family")
    parser.add_argument("--format", choices=("text", "json", "names"), default="text", help="default: text")


def run(args: Namespace) -> int:
    """Run the command; the exit code."""
    if args.format == "names":
        return _list_names(args.rule)
    if args.rule is not None:
        pages = dict(rule_pages())
        if args.rule in pages:
            return _print_page(args, pages[args.rule])
        families = {rule.partition("/")[0] for rule in pages}
        if args.rule not in families:
            from audit403.engine.settings import did_you_mean

            raise BadUsage(f'There is no rule "{args.rule}"{did_you_mean(args.rule, sorted({*pages, *families}))}.')
    return _list(args)


def _print_page(args: Namespace, page: str) -> int:
    try:
        with open(page, encoding="utf-8") as file:
            text = file.read()
    except OSError as error:
        raise BadUsage(f"The page {page} cannot be read: {error.strerror}.") from error
    if args.format == "json":
        import json

        text = json.dumps({"rule": args.rule, "page": text}, indent=2) + "\n"
    write(sys.stdout, text)
    return 0


def _list_names(family: str | None) -> int:
    """Everything that --select takes, for scripts: families and rules, without loading the rules."""
    rules = [rule for rule, _ in rule_pages() if family in (None, rule.partition("/")[0], rule)]
    names = sorted({*rules, *(rule.partition("/")[0] for rule in rules)})
    write(sys.stdout, "".join(f"{name}\n" for name in names))
    return 0


def _list(args: Namespace) -> int:
    rules, broken = load_rules()
    if args.rule is not None:
        rules = [rule for rule in rules if rule.id.partition("/")[0] == args.rule]
    if args.format == "json":
        import json

        rows = [{"rule": rule.id, "severity": rule.severity, "summary": rule.summary} for rule in rules]
        write(sys.stdout, json.dumps(rows, indent=2) + "\n")
    else:
        width = max((len(rule.id) for rule in rules), default=0)
        for rule in rules:
            write(sys.stdout, f"{rule.id:<{width}}  {rule.severity:<7}  {rule.summary}\n")
    for plugin in broken:
        complain(f"the plug-in {plugin.name} cannot be loaded: {plugin.reason}")
    return _CRASHED if broken else 0
