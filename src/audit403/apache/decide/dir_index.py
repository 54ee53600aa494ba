"""mod_dir: the slash behind a directory, the page that stands for it, and what stands for what is not there.

Truth: modules/mappers/mod_dir.c.
"""

from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.outcome import DECLINED, OK, is_redirect
from audit403.apache.decide.subrequests import led_nowhere, look_up_uri, take_over
from audit403.apache.model.dir_index import DEFAULT_INDEX, DIR, DirConfig
from audit403.core.place import Because
from audit403.core.traced import Cause
from audit403.evidence.interface import DIRECTORY, FILE

DIRECTORY_TYPE = "httpd/unix-directory"
REFUSED_FOR_IT = "refused-for-it"
FALLBACK_REFUSED = "fallback-refused"
"""The operators of the steps that tell which index is refused so that its directory is, and that the FallbackResource
is refused, so that what is not there is; `value` is the URI."""
REDIRECT_HANDLER = "redirect-handler"
_NOTHING = DirConfig()


def fixup(exchange: Exchange) -> int:
    """Find what stands for a directory, or for what is not there."""
    if exchange.found is not None and exchange.found.kind == DIRECTORY:
        return _directory(exchange)
    if exchange.found is None and exchange.handler is None:
        return _fallback(exchange)
    return DECLINED


def _directory(exchange: Exchange) -> int:
    if exchange.handler is None:
        exchange.handler = DIRECTORY_TYPE
    if exchange.path_info:
        return DECLINED
    config: DirConfig = exchange.config(DIR, _NOTHING)
    if not exchange.uri.endswith("/"):
        if config.slash is False:
            return DECLINED
        if exchange.method != "GET" and exchange.env.get("redirect-carefully") is not None:
            return DECLINED
        exchange.step("index", f"{exchange.uri} is a directory: 301 to {exchange.uri}/")
        return 301
    if exchange.handler == REDIRECT_HANDLER or (config.check_handler and exchange.handler != DIRECTORY_TYPE):
        if exchange.content_type == DIRECTORY_TYPE:
            exchange.set_type(None, trusted=exchange.type_trusted)
        return DECLINED
    names = DEFAULT_INDEX if config.index_names is None else config.index_names
    where = None if config.index_directive is None else config.index_directive.span
    exchange.step("index", f"DirectoryIndex {' '.join(names)}", where)
    failed, cause, uri = _indexes(exchange, config, names)
    if failed == OK:
        return OK
    if failed != DECLINED:
        if uri is not None:
            text = f"{uri}, an index of {exchange.uri}, is answered with {failed}, and so is the directory"
            exchange.step("index", text, where, operator=REFUSED_FOR_IT, value=uri)
        if cause is not None:
            also = () if where is None else (Because(where, "the DirectoryIndex that is refused"),)
            exchange.cause = cause._replace(because=cause.because + also)
        return failed
    exchange.notes["dir-index-names"] = ",".join(names)
    return DECLINED


def _indexes(exchange: Exchange, config: DirConfig, names: tuple[str, ...]) -> tuple[int, Cause | None, str | None]:
    """OK when an index has taken over, DECLINED when there is none, otherwise the status of the last that failed."""
    failed = DECLINED
    cause: Cause | None = None
    uri: str | None = None
    for index, name in enumerate(names):
        found = look_up_uri(exchange, _with_args(name, exchange.args))
        if found.status == 200 and _is_page(found):
            if config.redirect and is_redirect(config.redirect):
                exchange.step("index", f"{config.redirect} to {found.uri}")
                return config.redirect, None, None
            take_over(exchange, found)
            return OK, None, None
        last = index == len(names) - 1
        if is_redirect(found.status) or (found.status in (401, 406) and last and len(names) - index == 1):
            return found.status, found.cause, None
        if found.status in (200, 404):
            led_nowhere(exchange, found)
        else:
            failed, cause, uri = found.status, found.cause, found.uri
    return failed, cause, uri


def _fallback(exchange: Exchange) -> int:
    config: DirConfig = exchange.config(DIR, _NOTHING)
    name = config.fallback
    if name is None or name.lower() == "disabled":
        return DECLINED
    assert config.fallback_directive is not None
    where = config.fallback_directive.span
    exchange.step("index", f"FallbackResource {name}", where)
    found = look_up_uri(exchange, _with_args(name, exchange.args))
    if found.status == 200 and _is_page(found):
        take_over(exchange, found)
        return OK
    if found.status not in (200, 404):
        text = f"{found.uri} is answered with {found.status}, and so is what is not there"
        exchange.step("index", text, where, operator=FALLBACK_REFUSED, value=found.uri)
        exchange.cause = found.cause
        return found.status
    return DECLINED


def _is_page(found: Exchange) -> bool:
    return found.handler == "proxy-server" or (found.found is not None and found.found.kind == FILE)


def _with_args(name: str, args: str | None) -> str:
    return name if args is None else f"{name}?{args}"
