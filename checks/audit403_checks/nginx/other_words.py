"""A test written in other words that do what it was meant for: an address list, a geo block, one pattern for two texts.

Truth: an `if` refuses in the rewrite phase, allow, deny and auth_basic in the access phase behind it, which subrequests
skip; `geo` takes networks where `map` compares texts (ngx_http_geo_module.c, ngx_http_map_module.c).
"""

import re
from collections.abc import Iterable, Iterator

from audit403.core.edit import TextEdit
from audit403.nginx.model.address import UNIX, parse_network
from audit403.nginx.model.location import Location, every_location
from audit403.nginx.model.map import Map
from audit403.nginx.model.rewrite_code import Break, If, Instruction, Return, Set, SetElsewhere
from audit403.nginx.model.server import Server
from audit403_checks.support import in_place_of, remove, replace

_FORBIDDEN = 403
_QUIET = (Set, SetElsewhere, Break)
"""Code that neither answers nor leads elsewhere."""
_PLAIN = re.compile(r"[\w.:@%/=+ -]+", re.ASCII)
_ONE_LINE = ("remote_addr", "realip_remote_addr", "host", "request_method", "remote_user", "http_", "arg_", "cookie_")
"""Variables that hold no line break, before which a `$` in a pattern would match as well; user names have passwords."""
_ADDRESSES = {"remote_addr": "geo", "realip_remote_addr": "geo $realip_remote_addr"}


def level_of(server: Server, instruction: If) -> Server | Location | None:
    """The server block or location that an `if` stands in."""
    levels: Iterator[Server | Location] = iter((server, *every_location(server.tree)))
    return next((level for level in levels if any(one is instruction for one in level.code)), None)


def comes_to_access(level: Server | Location, tests: list[If], *names: str) -> bool:
    """Whether all that passes some tests is then asked by the level's own `names` in the access phase.

    Not where anything else answers before, where a place inside has its own, or where one of two conditions is enough.
    """
    below = list(every_location(level.tree))
    code: list[Instruction] = [one for one in level.code[level.code.index(tests[0]) :] if one not in tests]
    for location in below:
        code += location.code
    if not all(isinstance(one, _QUIET) for one in code) or level.effective("satisfy") or level.writes("auth_request"):
        return False
    own = [location.own for location in below]
    limited = [location.limit_except for location in (level, *below) if isinstance(location, Location)]
    own += [limits.own for limits in limited if limits is not None]
    return not any(name in directives for directives in own for name in (*names, "satisfy"))


def as_address_list(level: Server | Location, tests: list[If], networks: list[str]) -> tuple[TextEdit, ...]:
    """`allow` and `deny` for tests that refuse all but a network each; none where they would do something else."""
    for test in tests:
        body = test.body
        alone = len(body) == 1 and isinstance(body[0], Return) and body[0].text is None
        if not alone or test.condition.variable != "remote_addr" or test.directive not in level.own["if"]:
            return ()
    known = [parse_network(network) for network in networks]
    if not all(known) or any(one is not None and one.family == UNIX for one in known) or level.access_rules():
        return ()
    if not comes_to_access(level, tests, "allow", "deny"):
        return ()
    lines = [*(f"allow {network};" for network in dict.fromkeys(networks)), "deny all;"]
    return (in_place_of(tests[0].directive, "\n".join(lines)), *(remove(other.directive) for other in tests[1:]))


def as_geo(definition: Map) -> tuple[TextEdit, ...]:
    """The edit that makes a map of addresses a geo block; none where a line would mean something else in it."""
    words = _ADDRESSES.get(definition.source.source.strip("${}"))
    if words is None or definition.regexes or definition.volatile or definition.hostnames:
        return ()
    from audit403.nginx.explore.tables import entries_of

    for entry in entries_of(definition):
        network = parse_network(entry.key)
        if entry.value.literal is None or (entry.key != "default" and (network is None or network.family == UNIX)):
            return ()
    head = definition.directive.name_span
    return (replace(head._replace(end=definition.directive.arg_span(0).end), words),)


def as_one_pattern(tests: list[If], texts: list[str]) -> tuple[TextEdit, ...]:
    """The first of several tests `!=` with all of their texts, and the others taken out."""
    variable = tests[0].condition.variable
    if not variable.startswith(_ONE_LINE) or not all(map(_PLAIN.fullmatch, texts)):
        return ()
    pattern = "|".join(dict.fromkeys(map(_escaped, texts)))
    first = _condition(tests[0], f'(${variable} !~ "^({pattern})$")')
    return (first, *(remove(other.directive) for other in tests[1:]))


def past_without_a_user(test: If) -> tuple[TextEdit, ...]:
    """The edit with which a test on the user lets through whoever has not been asked yet."""
    operator, variable, value, regex = test.condition
    literal = None if value is None else value.literal
    if (operator == "=" and literal == "") or (operator == "~" and regex is not None and regex.pattern == "^$"):
        return (remove(test.directive),)
    if operator == "!=" and literal and _PLAIN.fullmatch(literal):
        return (_condition(test, f'(${variable} !~ "^({_escaped(literal)})?$")'),)
    if operator in ("!~", "!~*") and regex is not None and '"' not in regex.pattern and "\\\\" not in regex.pattern:
        return (_condition(test, f'(${variable} {operator} "^$|{regex.pattern}")'),)
    return ()


def refuses_all_but_one(instruction: If) -> bool:
    """Whether it is `if ($variable != text)` and answers 403."""
    returns: Iterable[Instruction] = (one for one in instruction.body if not isinstance(one, Set))
    first = next(iter(returns), None)
    is_refusal = isinstance(first, Return) and first.status == _FORBIDDEN
    return is_refusal and instruction.condition.operator == "!=" and literal_of(instruction) is not None


def literal_of(instruction: If) -> str | None:
    """The text that an `if` compares with; None where it has variables in it."""
    value = instruction.condition.value
    return None if value is None else value.literal


def in_a_row(code: tuple[Instruction, ...], instruction: If) -> list[If]:
    """The tests around one that each refuse all but one text of its variable, nothing between them answers."""
    variable = instruction.condition.variable
    at = code.index(instruction)
    before, after = _while_the_same(code[:at][::-1], variable), _while_the_same(code[at + 1 :], variable)
    return [*reversed(list(before)), instruction, *after]


def _while_the_same(code: tuple[Instruction, ...], variable: str) -> Iterator[If]:
    for other in code:
        if isinstance(other, If) and refuses_all_but_one(other):
            if other.condition.variable == variable:
                yield other
        elif not isinstance(other, Set) or other.name == variable:
            return  # somebody may leave here, or the variable is another one before


def _escaped(text: str) -> str:
    return re.sub(r"[.+]", r"\\\g<0>", text)


def _condition(test: If, words: str) -> TextEdit:
    directive = test.directive
    span = directive.arg_span(0)
    return replace(span._replace(end=directive.arg_span(len(directive.args) - 1).end), words)
