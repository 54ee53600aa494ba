"""The rules of directories, locations and `.htaccess` files, applied when it is known which file it is about.

What they make of it is asked for anew, by an internal redirect. Truth: hook_fixup, hook_mimetype and handler_redirect
in modules/mappers/mod_rewrite.c.
"""

from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.internal_redirect import redirect_internally
from audit403.apache.decide.outcome import DECLINED, FORBIDDEN, OK
from audit403.apache.decide.rewrite.answer import Numbers, answer
from audit403.apache.decide.rewrite.context import config_of, ended
from audit403.apache.decide.rewrite.rules import FORCED_HANDLER, FORCED_TYPE, UNCHANGED, Applied, apply
from audit403.apache.decide.rewrite.translate import PASSED_THROUGH
from audit403.apache.decide.rewrite.urls import replaced_prefix
from audit403.apache.model.options import FOLLOW, OWNER_MATCH
from audit403.apache.model.rewrite import ALLOW_NO_SLASH, IGNORE_CONTEXT_INFO, RewriteConfig
from audit403.core.place import Because, Place

REDIRECT_HANDLER = "redirect-handler"
_TARGET = "redirect:"
_NUMBERS = Numbers("AH10411", "AH10160")


def fixup(exchange: Exchange) -> int:
    """Apply the rules of the directory."""
    config = config_of(exchange)
    directory = config.directory
    if not config.engine or directory is None:
        return DECLINED
    is_proxied = bool(exchange.proxied) and (exchange.filename or "").startswith("proxy:")
    if not is_proxied and not config.allows(ALLOW_NO_SLASH) and exchange.filename == directory[:-1]:
        return DECLINED
    if ended(exchange):
        return DECLINED
    if not exchange.core.options.opts & {FOLLOW, OWNER_MATCH}:
        return _not_without_links(exchange, config)
    before = exchange.filename
    if exchange.filename is None:
        exchange.filename = exchange.uri
    applied = apply(exchange, config.rules, directory)
    if applied.action == UNCHANGED:
        exchange.filename = before
        return DECLINED
    status = answer(exchange, applied, _NUMBERS, "fixup", in_directory=True)
    return _local(exchange, config, applied, before) if status is None else status


def _not_without_links(exchange: Exchange, config: RewriteConfig) -> int:
    """Rules are forbidden where links are, because they lead out of a directory as well."""
    options = exchange.core.options_directive
    where = None if options is None else options.span
    engine = config.engine_directive
    place: Place | None = where if engine is None or where is not None else engine.span
    text = "neither FollowSymLinks nor SymLinksIfOwnerMatch is on, and RewriteEngine is: 403"
    exchange.step("fixup", text, place, False, "options", "contains", FOLLOW)
    log = (
        "AH00670: Options FollowSymLinks and SymLinksIfOwnerMatch are both off, so the RewriteRule directive is also "
        f"forbidden due to its similar ability to circumvent directory restrictions : {exchange.filename}"
    )
    also = () if engine is None else (Because(engine.span, "the engine is on here"),)
    exchange.decided("rewrite-without-links", place, "this takes both options for links away", log=log, also=also)
    return FORBIDDEN


def _local(exchange: Exchange, config: RewriteConfig, applied: Applied, before: str | None) -> int:
    """Set up the internal redirect to a local path, unless the path is the same as before."""
    path = (exchange.filename or "").removeprefix(PASSED_THROUGH) or (exchange.filename or "")
    exchange.filename = path
    where = None if applied.last is None else applied.last.directive.span
    if not path.startswith("/"):
        exchange.step("fixup", f"{path} is no path: 400", where)
        exchange.decided("rewrite-target", where, "this makes no path")
        return 400
    if path == before:
        exchange.step("fixup", f"{path} is what it was before: no redirect", where)
        return OK
    url = _url_of(exchange, config, path)
    exchange.step("fixup", f"an internal redirect to {url}", where, value=url)
    exchange.filename = _TARGET + url
    exchange.handler = REDIRECT_HANDLER
    return OK


def _url_of(exchange: Exchange, config: RewriteConfig, path: str) -> str:
    """The URL for a path: by RewriteBase, below the document root, or below the Alias that led here."""
    url = path
    assert config.directory is not None
    if config.base is not None:
        url = replaced_prefix(path, config.directory, config.base)
        # httpd compares pointers: a copy counts as changed even where it reads the same.
        changed = path.startswith(f"{config.directory.removesuffix('/')}/")
    else:
        root = exchange.document_root.removesuffix("/")
        changed = path.startswith(f"{root}/")
        url = path[len(root) :] if changed else path
    if not changed and not config.allows(IGNORE_CONTEXT_INFO):
        root = exchange.context_document_root or exchange.document_root
        url = replaced_prefix(url, root, exchange.context_prefix)
    return url


def force_type(exchange: Exchange) -> int:
    """The type and the handler that [T] and [H] have noted down."""
    mime_type, handler = exchange.notes.get(FORCED_TYPE), exchange.notes.get(FORCED_HANDLER)
    if mime_type:
        exchange.set_type(mime_type, trusted=True)
    if handler:
        exchange.handler = handler
    return OK


def redirect(exchange: Exchange) -> int:
    """The handler for internal redirects."""
    if exchange.handler != REDIRECT_HANDLER or not (exchange.filename or "").startswith(_TARGET):
        return DECLINED
    url = (exchange.filename or "")[len(_TARGET) :]
    redirect_internally(exchange, url if exchange.args is None else f"{url}?{exchange.args}")
    return OK
