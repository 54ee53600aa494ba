"""Programs inside nginx whose answers a configuration does not show: lua, njs, firewalls, modules that check passwords.

Truth: the modules' own sources and documentation, and what Debian's packages answered.
"""

from collections.abc import Callable

from audit403.core.decision import REASON_PROGRAM, Missing
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.outcome import Closed, HandedOn, Outcome, Status
from audit403.nginx.model.context import Context
from audit403.nginx.read.tree import Directive

ACCESS_CODE = ("access_by_lua", "access_by_lua_block", "access_by_lua_file", "js_access")
"""Code that runs last in the access phase and answers what it likes; it counts for `satisfy`."""

SERVER_CODE = ("server_rewrite_by_lua_block", "server_rewrite_by_lua_file")
REWRITE_CODE = ("rewrite_by_lua", "rewrite_by_lua_block", "rewrite_by_lua_file")
"""Code that runs after nginx's own rewriting and may end the request, with whatever answer."""

FIREWALLS = ("modsecurity", "ModSecurityEnabled", "SecRulesEnabled", "naxsi", "app_protect_enable", "waf")
"""Modules that look at a request before a location's own `return` does, and refuse or let pass."""

PASSWORDS = ("auth_ldap", "auth_digest", "auth_gss")
AFTER_RULES = ("auth_pam",)
"""Modules that ask for a password, and answer 401 without one: before allow and deny, or right after them."""

TOKENS = ("auth_jwt", "auth_spnego")
"""Modules that want a token, which may be in the address or a cookie too."""

FILTERS = ("header_filter_by_lua", "header_filter_by_lua_block", "header_filter_by_lua_file", "js_header_filter")
"""Code that may change the status of a finished answer; that few do, so the answer counts as it is."""

MAY_REFUSE = ACCESS_CODE + SERVER_CODE + REWRITE_CODE + FIREWALLS + TOKENS + PASSWORDS + FILTERS
"""What is worth saying; auth_pam never answers 403."""

INPUT_HEADERS = ("more_set_input_headers", "more_clear_input_headers")
"""Commands of headers-more that change the request's headers after the rewriting."""

_EVALUATED = ACCESS_CODE + SERVER_CODE + REWRITE_CODE + FIREWALLS + TOKENS + PASSWORDS + AFTER_RULES + INPUT_HEADERS
_NAMES = frozenset(_EVALUATED)
_PASSED = 200

Handler = Callable[[Exchange], int | Closed | None]
"""Gives no opinion, 200 for passed, a status to refuse with, or the end of the connection."""


def in_effect(context: Context) -> tuple[Directive, ...]:
    """The effective directives of other modules that decide in a context, one of a name."""
    if _is_without(context):
        return ()
    found: list[Directive] = []
    for name in _EVALUATED:
        directive = context.last(name)
        if directive is not None and not (directive.args and directive.args[0].lower() == "off"):
            found.append(directive)
    return tuple(found)


def _is_without(context: Context) -> bool:
    level: Context | None = context
    while level is not None:
        if not _NAMES.isdisjoint(level.own):
            return False
        level = level.parent
    return True


def after_server_rewriting(exchange: Exchange) -> Outcome | None:
    """What other modules do after a server block's own code."""
    return _code(exchange, SERVER_CODE)


def after_rewriting(exchange: Exchange) -> Outcome | None:
    """What other modules do after a location's own code."""
    commands = _here(exchange, INPUT_HEADERS)
    if commands:
        from audit403.nginx.decide.input_headers import change_headers

        change_headers(exchange)
    return None if exchange.uri_changed else _code(exchange, REWRITE_CODE)


def _code(exchange: Exchange, names: tuple[str, ...]) -> Outcome | None:
    """Code at the end of a rewrite phase: it goes on, answers, or refuses."""
    for directive in _here(exchange, names):
        exchange.step("rewrite", f"{directive.name} may answer", directive.span)
        if exchange.ask(Missing(REASON_PROGRAM, f"whether {directive.name} answers")):
            return _refuses(exchange, directive) or HandedOn(directive.name)
    return None


def firewall(exchange: Exchange) -> Outcome | None:
    """A firewall's word, before a location's own code and again before the access phase; a subrequest is spared."""
    if exchange.is_subrequest:
        return None
    for directive in _here(exchange, FIREWALLS):
        outcome = _refuses(exchange, directive)
        if outcome is not None:
            return outcome
    return None


def access_handlers(exchange: Exchange, own: list[Handler]) -> list[Handler]:
    """Nginx's own access handlers, allow and deny first, with those of other modules in their places."""
    return [
        *(_asking(directive) for directive in _here(exchange, PASSWORDS + TOKENS)),
        *own[:1],
        *(_asking(directive) for directive in _here(exchange, AFTER_RULES)),
        *own[1:],
        *(_deciding(directive) for directive in _here(exchange, ACCESS_CODE)),
    ]


def _here(exchange: Exchange, names: tuple[str, ...]) -> list[Directive]:
    found = exchange.evaluator.other_programs(exchange.context)
    return [directive for directive in found if directive.name in names] if found else []


def _refuses(exchange: Exchange, directive: Directive) -> Status | None:
    exchange.step("access", f"{directive.name} may refuse the request", directive.span)
    if not exchange.ask(Missing(REASON_PROGRAM, f"whether {directive.name} refuses")):
        return None
    exchange.decided("other-program", directive.span, f"{directive.name} may refuse")
    return Status(403)


def _asking(directive: Directive) -> Handler:
    def handler(exchange: Exchange) -> int:
        wants_header = directive.name not in TOKENS
        if wants_header and exchange.request.header("authorization") is None:
            exchange.step("access", f"{directive.name}: the request carries no password", directive.span, False,
                          "header:authorization", "present")  # fmt: skip
            exchange.decided("no-credentials", directive.span, "asks for a user name and a password")
            return 401
        what = "password" if wants_header else "token"
        exchange.step("access", f"{directive.name} checks the {what}", directive.span)
        if exchange.ask(Missing(REASON_PROGRAM, f"whether {directive.name} takes the {what}")):
            return _PASSED
        exchange.decided("wrong-password", directive.span, f"{directive.name} does not take the {what}")
        return 401

    return handler


def _deciding(directive: Directive) -> Handler:
    def handler(exchange: Exchange) -> int | None:
        exchange.step("access", f"{directive.name} may refuse the request", directive.span)
        if exchange.context.argument("satisfy", "all") == "any":
            # Code that returns has let the request in.
            if exchange.ask(Missing(REASON_PROGRAM, f"whether {directive.name} lets the request in")):
                return _PASSED
        elif not exchange.ask(Missing(REASON_PROGRAM, f"whether {directive.name} refuses")):
            return None
        exchange.decided("other-program", directive.span, f"{directive.name} may refuse")
        return 403

    return handler
