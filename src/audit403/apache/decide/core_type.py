"""The core's part in finding the type: SetHandler, ForceType, AcceptPathInfo.

Truth: core_override_type and do_nothing in server/core.c.
"""

from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.expression import text_or_failure
from audit403.apache.decide.outcome import OK, SERVER_ERROR
from audit403.core.open_question import Undecided, Unknown


def do_nothing(exchange: Exchange) -> int:
    """Whoever has not found a type has none."""
    return OK


def override_type(exchange: Exchange) -> int:
    """What a section sets itself."""
    core = exchange.core
    if core.mime_type not in (None, "none"):
        exchange.set_type(core.mime_type, trusted=True)
    handler = core.handler
    if handler is not None:
        value = text_or_failure(exchange, handler)
        if isinstance(value, Unknown):
            raise Undecided(value.missing)
        if value is None:
            where = None if core.handler_directive is None else core.handler_directive.span
            exchange.decided(
                "handler-expression",
                where,
                "httpd cannot evaluate this",
                log="AH03154: Can't evaluate handler expression",
            )
            return SERVER_ERROR
        handler = value if value.startswith("proxy:unix") else value.lower()
    if handler is not None and handler != "none":
        exchange.handler = handler
        where = None if core.handler_directive is None else core.handler_directive.span
        exchange.step("fixup", f"the handler is {handler}", where)
    if exchange.used_path_info == "default" and core.accept_path_info is not None:
        exchange.used_path_info = core.accept_path_info
    return OK
