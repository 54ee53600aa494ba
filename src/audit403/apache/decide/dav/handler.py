"""mod_dav's hooks: which requests it takes, the directory that it keeps for itself, and the method's own file.

Truth: dav_fixups and dav_handler in modules/dav/main/mod_dav.c; the state directory's refusal is newer than the source
at hand (2.4.69) and is as the module itself has it.
"""

from audit403.apache.decide.dav.outcome import Failure, TooLarge, config_of, failed
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.outcome import BAD_REQUEST, DECLINED, DONE, FORBIDDEN, OK
from audit403.apache.decide.request_head import FRAGMENT
from audit403.apache.model.dav import FILESYSTEM

HANDLER = "dav-handler"
STATE_DIRECTORY = ".DAV"


def fixup(exchange: Exchange) -> int:
    """Take the request on, unless it only reads."""
    config = config_of(exchange)
    if config.provider is None or config.directive is None or exchange.method == "POST":
        return DECLINED
    if config.provider == FILESYSTEM and exchange.method == "GET":
        return DECLINED
    exchange.handler = HANDLER
    exchange.step("fixup", f"WebDAV takes {exchange.method_text}", config.directive.span, True, "method")
    return OK


def refuse_state(exchange: Exchange) -> int:
    """Nobody may look into what mod_dav_fs keeps for itself."""
    config = config_of(exchange)
    if config.provider != FILESYSTEM or config.directive is None or exchange.filename is None:
        return DECLINED
    path = exchange.filename + exchange.path_info
    if not is_state_path(path):
        return DECLINED
    where = config.directive.span
    exchange.step("fixup", f"{path} is what WebDAV keeps for itself: 403", where, False)
    log = f"AH10619: access to .DAV state directory denied for {exchange.filename}"
    exchange.decided("dav-state-directory", where, "keeps its state in .DAV and lets nobody see it", log=log)
    return FORBIDDEN


def is_state_path(path: str) -> bool:
    """Whether a path is the state directory, or something in it."""
    parts = (path[:-1] if len(path) > 1 and path.endswith("/") else path).split("/")
    return STATE_DIRECTORY in parts[-2:]


def handle(exchange: Exchange) -> int:
    """Do what the method asks for."""
    if exchange.handler != HANDLER:
        return DECLINED
    config = config_of(exchange)
    if config.provider not in (None, FILESYSTEM):
        exchange.handed_to = f"the WebDAV repository {config.provider}"
        exchange.status_known = False
        return OK
    from audit403.apache.decide.dav.methods import METHODS, OF_PROVIDER

    try:
        if FRAGMENT in exchange.extra:
            words = "buggy client used un-escaped hash in Request-URI"
            raise Failure(BAD_REQUEST, words, number="AH00622", sent=True)
        if config.provider is None and exchange.method in OF_PROVIDER:
            exchange.step("handler", "mod_dav asks a provider that is not there: the child breaks off")
            exchange.status_known = False
            return DONE
        method = METHODS.get(exchange.method)
        return DECLINED if method is None else method(exchange)
    except TooLarge:
        return 413
    except Failure as failure:
        return failed(exchange, failure)
