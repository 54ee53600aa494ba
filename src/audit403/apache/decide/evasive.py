"""mod_evasive: 403 to a client that asks too often. Whether it does is the server's state; a request says so itself.

Truth: access_checker and is_whitelisted in mod_evasive20.c.
"""

from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.outcome import FORBIDDEN, OK
from audit403.apache.model.evasive import EVASIVE, EvasiveServer

_NOTHING = EvasiveServer()


def check_rate(exchange: Exchange) -> int:
    """Refuse a client that is over the limits."""
    if exchange.prev is not None or exchange.main is not None:
        return OK
    server: EvasiveServer = exchange.evaluator.model.main.slots.get(EVASIVE, _NOTHING)
    client = exchange.request.client
    if any(_fits(client, word) for word in server.whitelist):
        exchange.step("access", f"mod_evasive counts no requests of {client}")
        return OK
    over = exchange.request.over_limits
    exchange.step("access", "mod_evasive: this client asks too often", None, over, "over_limits")
    if not over:
        return OK
    log = f"client denied by server configuration: {exchange.filename}"
    exchange.decided("evasive", None, "mod_evasive refuses clients that ask too often", log=log)
    return FORBIDDEN


def _fits(client: str, word: str) -> bool:
    """Whether an address of version 4 is one of `192.0.2.1` or `192.0.*.*`."""
    ours, theirs = client.split("."), word.split(".")
    return len(ours) == len(theirs) == 4 and all(there in ("*", here) for here, there in zip(ours, theirs, strict=True))
