"""What nginx says about directives at its start: not allowed here, wrong number of arguments, `;` for `{`.

The order of the tests is that of ngx_conf_handler in src/core/ngx_conf_file.c. A directive that is not in the table is
noted and never dropped: it may be a module's.
"""

from typing import TYPE_CHECKING

from audit403.core.source import Problem
from audit403.nginx.read import directives as table
from audit403.nginx.read.missing import DATA_BLOCKS
from audit403.nginx.read.tree import Directive, ParsedFile
from audit403.nginx.read.words import ODD_SPACES

if TYPE_CHECKING:
    from audit403.nginx.read.configuration import Configuration

_DATA = "data"
_VALUE = "value"
_UNKNOWN = ""
#: The context inside a block, by the context that it stands in.
_INSIDE = {
    "main": {"events": "events", "http": "http", "mail": "mail", "stream": "stream"},
    "http": {"server": "server", "upstream": "upstream"},
    "server": {"location": "location", "if": "server-if"},
    "location": {"location": "location", "if": "location-if", "limit_except": "limit_except"},
    "stream": {"server": "stream-server", "upstream": "stream-upstream"},
    "mail": {"server": "mail-server"},
}
_ONE_WORD = {"map": ("hostnames", "volatile"), "geo": ("ranges", "proxy_recursive")}
MOST_PROBLEMS = 200


def check_directives(configuration: "Configuration") -> list[Problem]:
    """The problems of the whole configuration, each file looked at once for every context that it is included in."""
    problems: dict[tuple[str, int, str], Problem] = {}
    seen: set[tuple[ParsedFile, str, str]] = set()
    fine: set[tuple[str, int, bool, str]] = set()
    pending = [(configuration.main.directives, "main", "")]
    while pending:
        directives, context, block = pending.pop()
        for directive in directives:
            name = directive.name
            if name == "include" and len(directive.args) == 1 and directive.block is None:
                for file in configuration.included(directive):
                    if (file, context, block) not in seen:
                        seen.add((file, context, block))
                        pending.append((file.directives, context, block))
                continue
            use = (name, len(directive.args), directive.block is None, context)
            if use in fine:
                said = None
            elif context == _DATA:
                said = _data_problem(directive, block)
            else:
                said = _problem(directive, context)
                if said is None and not _is_flag(name):
                    fine.add(use)
            if said is not None:
                message, kind = said
                span = directive.arg_span(0) if kind == _VALUE else directive.span
                problem = Problem(span, message, "arguments" if kind == _VALUE else kind)
                problems.setdefault((problem.span.file, problem.span.start, message), problem)
                if len(problems) >= MOST_PROBLEMS:
                    return _in_order(problems)
            if directive.block and context not in (_DATA, _UNKNOWN):
                inside = _DATA if name in DATA_BLOCKS else _INSIDE.get(context, {}).get(name, _UNKNOWN)
                if inside:
                    pending.append((directive.block, inside, name))
    return _in_order(problems)


def _in_order(problems: dict[tuple[str, int, str], Problem]) -> list[Problem]:
    return sorted(problems.values(), key=lambda problem: (problem.span.file, problem.span.start))


def _problem(directive: Directive, context: str) -> tuple[str, str] | None:
    name = directive.name
    known = table.masks(name)
    if known is None:
        if ODD_SPACES.intersection(name):
            return None  # reading has said so already
        return f'unknown directive "{name}": nginx starts only with a module that has it', "directive"
    here = table.CONTEXTS[context]
    allowed = [mask for mask in known if mask & here]
    if not allowed:
        where = "at the top of the file" if context == "main" else f'in "{context.split("-")[-1]}"'
        return f'"{name}" directive is not allowed here, {where}', "context"
    block = directive.block is not None
    if any(table.fits(mask, directive.args, block) for mask in allowed):
        return None
    formed = [mask for mask in allowed if bool(mask & table.BLOCK) == block]
    if not formed:
        if block:
            return f'directive "{name}" is not terminated by ";": it has no block', "syntax"
        return f'directive "{name}" has no opening "{{"', "syntax"
    if len(directive.args) == 1 and any(mask & table.FLAG for mask in formed):
        return f'invalid value "{directive.args[0]}" in "{name}" directive, it must be "on" or "off"', _VALUE
    return f'invalid number of arguments in "{name}" directive', "arguments"


def _is_flag(name: str) -> bool:
    return any(mask & table.FLAG for mask in table.masks(name) or ())


def _data_problem(directive: Directive, block: str) -> tuple[str, str] | None:
    if directive.block is not None:
        return f'unexpected "{{": the block of "{block}" holds no blocks', "syntax"
    if block in ("types", "split_clients") or len(directive.args) == 1:
        return None
    if not directive.args and directive.name in _ONE_WORD.get(block, ()):
        return None
    words = "invalid parameters number" if block == "charset_map" else f"invalid number of the {block} parameters"
    return f"{words}: expected a key and one value", "arguments"
