"""Programs that are asked over FastCGI who may come in; what they answer is left open.

Truth: modules/aaa/mod_authnz_fcgi.c. The programs are taken to be there.
"""

from audit403.apache.decide.authn_core import auth_type
from audit403.apache.decide.authn_results import DENIED, GRANTED, missing_password
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.outcome import DECLINED, SERVER_ERROR
from audit403.apache.model.authnz_fcgi import AUTHNZ_FCGI, NO_PROVIDERS, FcgiConfig, FcgiProvider, FcgiServer
from audit403.core.decision import REASON_PROGRAM, Missing
from audit403.core.open_question import Undecided

_NOTHING = FcgiConfig()
_ACCEPTED = "fcgi-accepted"


def program(exchange: Exchange, name: str) -> FcgiProvider | None:
    """The program of a name."""
    server: FcgiServer = exchange.server.slots.get(AUTHNZ_FCGI, NO_PROVIDERS)
    return server.provider(name)


def check_password(exchange: Exchange, name: str, backend: str, user: str) -> str:
    """What the program says about a password."""
    exchange.step("authn", f"{backend} is asked")
    if not exchange.ask(missing_password(REASON_PROGRAM, user, backend)):
        return DENIED
    exchange.notes[_ACCEPTED] = name
    return GRANTED


def is_authorized(exchange: Exchange, name: str, found: FcgiProvider) -> bool:
    """What the program says about a user who has logged in; one that was asked for the password said it then."""
    if found.authn:
        return bool(exchange.notes.get(_ACCEPTED) == name)
    exchange.step("authz", f"{found.backend} is asked")
    return exchange.ask(Missing(REASON_PROGRAM, f"what {found.backend} says about {exchange.user}"))


def authenticate(exchange: Exchange) -> int:
    """Leave the login to a program, where AuthnzFcgiCheckAuthnProvider says so; it may answer anything."""
    config: FcgiConfig = exchange.config(AUTHNZ_FCGI, _NOTHING)
    if config.name is None or config.name.lower() == "none":
        return DECLINED
    where = None if config.directive is None else config.directive.span
    kind = auth_type(exchange)
    basic = kind is not None and kind.lower() == "basic"
    header = exchange.header("Authorization")
    sends_basic = isinstance(header, str) and header.lower().startswith("basic ")
    if config.needs_basic and basic and not sends_basic:
        exchange.step(
            "authn", f"{config.name} asks for Basic credentials", where, False, "header:authorization", "exists"
        )
        exchange.decided("login-needed", where, "this asks for Basic credentials")
        return 401
    found = program(exchange, config.name)
    if found is None or not found.authn:
        exchange.step("authn", f"nobody has defined {config.name}: 500", where)
        log = f"AH02518: fcgi_check_authn: can't find config for provider {config.name}"
        exchange.decided("no-provider", where, "no AuthnzFcgiDefineProvider names this", log=log)
        return SERVER_ERROR
    raise Undecided(Missing(REASON_PROGRAM, f"what {found.backend} answers"))
