"""Code of the site's own inside httpd that may refuse: Perl, Python, Lua, programs of mod_fcgid and mod_wsgi.

What it says cannot be read off the configuration. Truth: the hooks that mod_perl, mod_python, mod_lua, mod_fcgid and
mod_authnz_fcgi register, and what their documentation lets code answer.
"""

from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.outcome import DECLINED, FORBIDDEN, OK
from audit403.apache.model.applications import CODE, CodeConfig
from audit403.apache.read.tree import Directive
from audit403.core.decision import REASON_PROGRAM, Missing
from audit403.core.open_question import Unknown

_NOTHING = CodeConfig()
_UNAUTHORIZED = 401


def _config(exchange: Exchange) -> CodeConfig:
    found: CodeConfig = exchange.config(CODE, _NOTHING)
    return found


def access(exchange: Exchange) -> int:
    """Code that looks at who asks; that it has nothing against somebody lets nobody in who has to log in."""
    config = _config(exchange)
    if config.access is None:
        return DECLINED
    return FORBIDDEN if _refuses(exchange, "access", config.access) else OK


def login(exchange: Exchange) -> int:
    """Code that asks for a login."""
    config = _config(exchange)
    if config.login is None:
        return DECLINED
    missing = _missing(config.login)
    if exchange.ask(missing):
        exchange.step("authn", f"{missing.name}: the login is good", config.login.span, True)
        exchange.user = Unknown(missing)
        return OK
    exchange.step("authn", f"{missing.name}: 401", config.login.span, False)
    exchange.decided("site-code", config.login.span, "code of the site asks for a login")
    return _UNAUTHORIZED


def rights(exchange: Exchange) -> int:
    """Code that looks at who has logged in."""
    config = _config(exchange)
    if config.rights is None:
        return DECLINED
    return FORBIDDEN if _refuses(exchange, "authz", config.rights) else OK


def early(exchange: Exchange) -> int:
    """Code in any other phase before the handler."""
    config = _config(exchange)
    if config.early is None or exchange.main is not None:
        return DECLINED
    return FORBIDDEN if _refuses(exchange, "fixup", config.early) else DECLINED


def _missing(directive: Directive) -> Missing:
    return Missing(REASON_PROGRAM, f"what the code of {directive.written.lstrip('<')} says")


def _refuses(exchange: Exchange, phase: str, directive: Directive) -> bool:
    missing = _missing(directive)
    refuses = exchange.ask(missing)
    exchange.step(phase, f"{directive.written} refuses the request", directive.span, refuses)
    if refuses:
        exchange.decided("site-code", directive.span, "code of the site refuses this")
    return refuses
