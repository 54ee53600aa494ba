"""Who is let in: the order of access checks, authentication and authorization, as Satisfy has it.

Truth: the middle of ap_process_request_internal in server/request.c.
"""

from audit403.apache.decide.authz_reasons import NEEDS_USER
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.outcome import DECLINED, OK, SERVER_ERROR
from audit403.apache.model.access_compat import ACCESS_COMPAT, ANY, AccessCompatConfig

_NOTHING = AccessCompatConfig()


def check_access(exchange: Exchange) -> int:
    """OK where the request is let in; who passed with the very same configuration before is not asked again."""
    for before in (exchange.prev, exchange.main):
        if before is not None and before.per_dir is exchange.per_dir:
            exchange.user, exchange.user_auth_type = before.user, before.user_auth_type
            exchange.step("access", "the configuration is that of the request before: access is not checked again")
            return OK
    from audit403.apache.decide.phases import declined_is_an_error

    run = exchange.evaluator.run
    status = run("access_checker", exchange)
    if satisfies_any(exchange):
        if status == OK:
            exchange.step("access", "Satisfy Any, and access by host is allowed: no authorization is asked for")
            return OK
    elif status != OK:
        return declined_is_an_error(exchange, status, "check access (with Satisfy All)")
    status = run("access_checker_ex", exchange)
    if status != DECLINED:
        return status
    status = run("check_user_id", exchange)
    if status != OK:
        return declined_is_an_error(exchange, status, "check user")
    if exchange.user is None:
        exchange.step("authn", "a user is needed, and nothing says how to log in: 500")
        log = (
            "AH00027: No authentication done but request not allowed without authentication for "
            f"{exchange.uri}. Authentication not configured?"
        )
        where = exchange.notes.get(NEEDS_USER)
        exchange.decided("no-authentication", where, "this needs a user, and no AuthType says how to log in", log=log)
        return SERVER_ERROR
    status = run("auth_checker", exchange)
    return OK if status == OK else declined_is_an_error(exchange, status, "check authorization")


def satisfies_any(exchange: Exchange) -> bool:
    """Whether Satisfy Any is in effect for the method."""
    if not exchange.evaluator.has("access_compat"):
        return False
    config: AccessCompatConfig = exchange.config(ACCESS_COMPAT, _NOTHING)
    value, directive = config.satisfy(exchange.method)
    if directive is not None:
        text = f"Satisfy {value}"
        exchange.step("access", text, directive.span, value == ANY, "satisfy", "equals", ANY)
    return value == ANY
