"""Programs inside nginx that may refuse and that a configuration does not show: lua, njs, a web application firewall.

Truth: the modules' own documentation, and facts/nginx.md 1f for what Debian's packages answer.
"""

from audit403.core.decision import REASON_PROGRAM, Missing
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.outcome import Outcome, Status
from audit403.nginx.model.context import Context
from audit403.nginx.read.tree import Directive

LUA = ("access_by_lua", "access_by_lua_block", "access_by_lua_file", "js_access")
"""Code that runs in the access phase and answers what it likes."""

REWRITE_CODE = ("rewrite_by_lua", "rewrite_by_lua_block", "rewrite_by_lua_file")
"""Code that runs in the rewrite phase and may end the request."""

SWITCHES = ("modsecurity", "auth_jwt", "auth_ldap", "auth_digest", "auth_spnego", "SecRulesEnabled", "naxsi")
"""Modules that refuse where they are switched on."""

NAMES = LUA + REWRITE_CODE + SWITCHES


def other_programs(exchange: Exchange) -> Outcome | None:
    """None when no such program stands here; with one, the answer is open either way."""
    if exchange.is_subrequest:
        return None
    for directive in exchange.evaluator.other_programs(exchange.context):
        exchange.step("access", f"{directive.name} may refuse the request", directive.span)
        if exchange.ask(Missing(REASON_PROGRAM, f"whether {directive.name} refuses")):
            exchange.decided("other-program", directive.span, f"{directive.name} may refuse")
            return Status(403)
    return None


def in_effect(context: Context) -> list[Directive]:
    """The effective directives of such programs in a context."""
    found: list[Directive] = []
    for name in NAMES:
        directive = context.last(name)
        if directive is not None and not (directive.args and directive.args[0] == "off"):
            found.append(directive)
    return found
