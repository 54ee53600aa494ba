"""What exploration did not get to: directives that refuse and that no request has met, answers that nobody here knows.

A configuration in which something was not tried is not a clean one, so it is said.
"""

from collections.abc import Iterator
from itertools import islice

from audit403.core.decision import REASON_FILE, REASON_PROGRAM
from audit403.core.family import NotAudited
from audit403.explore.left_open import LeftOpen
from audit403.explore.ordinary import UNKNOWN_HOST
from audit403.explore.regex_witness import witnesses
from audit403.nginx.decide.tls import verify_mode
from audit403.nginx.explore.doors import Door, taken_by
from audit403.nginx.explore.point import wish_of
from audit403.nginx.explore.regions import RuleTable
from audit403.nginx.explore.search import Search
from audit403.nginx.explore.trail import Trails
from audit403.nginx.model.context import AccessRule, Context
from audit403.nginx.model.location import Location, every_location
from audit403.nginx.model.rewrite_code import Condition, If, Instruction, Return
from audit403.nginx.model.server import Server
from audit403.nginx.read.tree import Directive

_LONG_LIST = 100
_MOST_WITNESSES = 8
_SENDING = ("try_files", "error_page")


class NginxLeftOpen(LeftOpen):
    """The same with locations that only what nobody knows leads to."""

    def note_named(self, location: Location) -> None:
        """Take in a named location to which only files that are not known here may lead."""
        span = location.span()
        if not self.tree_known and span is not None and _refuses_itself(location):
            message = f"whether `location {location.name}` refuses anybody hangs on files that are not known here"
            self.add(REASON_FILE, f"{span.file}:{span.start}", span, message)

    def note_internal(self, location: Location) -> None:
        """Take in a location that only nginx itself comes to, and whose rules met nobody: a program may lead there."""
        span = location.span()
        if span is not None and "deny" in location.own and {"root", "alias"} & location.own.keys():
            message = f"`{location.label()}` refuses what a program sends there with X-Accel-Redirect, if one does"
            self.add(REASON_PROGRAM, f"{span.file}:{span.start}", span, message)


def unexplored(
    server: Server, search: Search, trails: Trails, doors: list[Door], left_open: NginxLeftOpen
) -> Iterator[NotAudited]:
    """Every directive of a server block that refuses and that no request has met.

    Not those of a named location that nothing leads to; where files may lead to it and are not known, it is left open.
    Nor a `deny` behind `internal`: whoever asks for such a location gets 404.
    """
    families = {family for door in doors for family in ("ipv4", "ipv6", "unix") if door.socket.takes(family)}
    said: set[int] = set()
    for context in (server, *every_location(server.tree)):
        if isinstance(context, Location) and not search.has_entered(context):
            if context.named and (not _is_named(context, server) or not left_open.tree_known):
                left_open.note_named(context)
            elif not _refuses_itself(context):
                continue
            elif context.effective("internal") and not context.code:
                left_open.note_internal(context)
            else:
                yield _missed(context.directive, "no request was found that comes to it")
            continue
        for directive, is_met in _refusing(context, search, trails, families):
            if is_met or id(directive) in said:
                continue
            said.add(id(directive))
            if isinstance(context, Location) and context.effective("internal") and directive.name == "deny":
                left_open.note_internal(context)
            else:
                yield _missed(directive, "no request was found that it refuses")


def _refusing(context: Context, search: Search, trails: Trails, families: set[str]) -> Iterator[tuple[Directive, bool]]:
    """The directives that refuse in a context, and whether a request has met each."""
    code = context.code if isinstance(context, (Server, Location)) else ()
    yield from _in_code(code, search)
    if _always_ends(code) or (isinstance(context, Server) and "/" in context.tree.prefixes):
        return  # no request of this level comes to the lists
    levels = [context]
    if isinstance(context, Location) and context.limit_except is not None:
        levels.append(context.limit_except)
    for level in levels:
        rules = level.access_rules()
        if len(rules) > _LONG_LIST or level.argument("satisfy", "all") == "any":
            continue  # the lines of a long list are of a kind; under `satisfy any` a deny alone refuses nobody
        table = trails.table(rules)
        for rule in rules:
            if not rule.permits and _decides_for_somebody(rule, table, families):
                yield rule.directive, search.has_met(rule.directive.span, "in-network")


def _in_code(code: tuple[Instruction, ...], search: Search) -> Iterator[tuple[Directive, bool]]:
    for instruction in code:
        if isinstance(instruction, Return):
            if instruction.status == 403:
                yield instruction.directive, search.has_met(instruction.directive.span, None)
            return
        if isinstance(instruction, If):
            returns = next((one for one in instruction.body if isinstance(one, Return)), None)
            if returns is not None and returns.status == 403 and not _is_beyond_requests(instruction, search):
                yield instruction.directive, search.has_met(returns.directive.span, None)


def _is_beyond_requests(instruction: If, search: Search) -> bool:
    """Whether no request turns a condition: it is about a file, a socket, what the handshake has made sure of, or about
    characters that no request line holds.
    """
    condition = instruction.condition
    if condition.operator.endswith(("-f", "-d", "-e", "-x")) or _wants_unsendable(condition):
        return True
    from audit403.nginx.explore.values import OF_DOORS

    values = None
    if condition.variable in OF_DOORS:
        values = search.flips.reach.fields.known(condition.variable) or ()
    elif condition.variable.startswith("ssl_") and not any(door.socket.tls for door in search.flips.reach.fields.doors):
        values = ("",)
    elif condition.variable == "host":
        values = _all_names(search)
    if values is not None:
        wish = wish_of(condition, True)
        return wish is not None and not any(map(wish.accepts, values))
    return condition.variable == "ssl_client_verify" and verify_mode(search.server) == "on"


def _wants_unsendable(condition: Condition) -> bool:
    """Whether a pattern on the request line as it was sent only matches with a space or a control character."""
    name = condition.variable
    if condition.regex is None or condition.operator.startswith("!"):
        return False
    if name not in ("args", "query_string", "request_uri") and not name.startswith("arg_"):
        return False
    texts = list(islice(witnesses(condition.regex), _MOST_WITNESSES))
    return bool(texts) and all(any(character <= " " or character == "\x7f" for character in text) for text in texts)


def _all_names(search: Search) -> tuple[str, ...] | None:
    """Every name by which requests come to the server block; None where other names lead there, too."""
    server = search.server
    if any(taken_by(door.socket, UNKNOWN_HOST) is server for door in search.flips.reach.fields.doors):
        return None
    texts = [name.text for name in server.names]
    if not all(text and text[0] not in "*." and text[-1] not in "*." for text in texts):
        return None
    return tuple(text.lower() for text in texts if text)


def _is_named(location: Location, server: Server) -> bool:
    """Whether a directive of the server block sends requests to a named location."""
    contexts: list[Context] = [server, *every_location(server.tree)]
    words = (word for one in contexts for name in _SENDING for each in one.effective(name) for word in each.args)
    return location.name in words


def _always_ends(code: tuple[Instruction, ...]) -> bool:
    return any(isinstance(instruction, Return) for instruction in code)


def _decides_for_somebody(rule: AccessRule, table: RuleTable, families: set[str]) -> bool:
    return any(address.family in families for address in table.clients_of(rule))


def _refuses_itself(location: Location) -> bool:
    """Whether something that refuses stands in the location."""
    if "deny" in location.own or location.limit_except is not None:
        return True
    returns = [*location.code, *(one for each in location.code if isinstance(each, If) for one in each.body)]
    return any(isinstance(one, Return) and one.status == 403 for one in returns)


def _missed(directive: Directive | None, reason: str) -> NotAudited:
    if directive is None:
        return NotAudited("a location", reason)
    words = " ".join((directive.name, *directive.args))
    return NotAudited(f"{directive.source.path}:{directive.line}", f"`{words}`: {reason}")
