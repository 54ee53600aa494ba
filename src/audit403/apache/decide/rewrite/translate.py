"""A server's rules: from the URI to a file, a redirect, another URI for the modules that come next, or a refusal.

Truth: hook_uri2file in modules/mappers/mod_rewrite.c.
"""

from audit403.apache.decide.core_translate import translate as below_document_root
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.homes import home_of
from audit403.apache.decide.outcome import DECLINED, OK
from audit403.apache.decide.rewrite.answer import Numbers, answer
from audit403.apache.decide.rewrite.context import config_of, ended, server_of
from audit403.apache.decide.rewrite.rules import UNCHANGED, Applied, apply
from audit403.apache.decide.rewrite.urls import REDUCED, first_part_is_there, own_url
from audit403.apache.model.rewrite import ALLOW_ANY_URI, LEGACY_PREFIX, REWRITE, UNSAFE_PREFIX_STAT

PASSED_THROUGH = "passthrough:"
_REWRITTEN = "mod_rewrite_rewritten"
_NUMBERS = Numbers("AH10410", "AH00669")


def translate(exchange: Exchange) -> int:
    """Apply the rules of the server."""
    config = config_of(exchange)
    server = exchange.server
    if not config.engine or REWRITE in server.inherits or REWRITE not in server.slots or ended(exchange):
        return DECLINED
    if not config.allows(ALLOW_ANY_URI) and (exchange.unparsed_uri == "*" or not exchange.uri.startswith("/")):
        return DECLINED
    _set_script_url(exchange)
    if exchange.filename is None:
        exchange.filename = exchange.uri
    applied = apply(exchange, server_of(exchange).rules, None)
    exchange.notes[_REWRITTEN] = str(applied.action)
    if applied.action == UNCHANGED:
        return DECLINED
    status = answer(exchange, applied, _NUMBERS, "translate", in_directory=False)
    return _local(exchange, applied) if status is None else status


def _set_script_url(exchange: Exchange) -> None:
    """SCRIPT_URL and SCRIPT_URI: the URL that was asked for in the first place."""
    env = exchange.env
    if exchange.main is None:
        url = env.get("REDIRECT_SCRIPT_URL") or exchange.uri
    else:
        url = exchange.main.env.get("SCRIPT_URL") or ""
    env.set("SCRIPT_URL", url)
    if isinstance(url, str):
        env.set("SCRIPT_URI", own_url(exchange) + url)


def _local(exchange: Exchange, applied: Applied) -> int:
    """What a local path leads to: another URI with [PT], otherwise a file."""
    path = exchange.filename or ""
    where = None if applied.last is None else applied.last.directive.span
    if path.startswith(PASSED_THROUGH) and len(path) > len(PASSED_THROUGH):
        exchange.uri = path[len(PASSED_THROUGH) :]
        exchange.step("translate", f"{exchange.uri} is passed on to the next modules", where, value=exchange.uri)
        return DECLINED
    path = exchange.filename = _without_tilde(exchange, path)
    if not path.startswith("/"):
        exchange.step("translate", f"{path} is no path: 400", where)
        exchange.decided("rewrite-target", where, "this makes no path")
        return 400
    server = server_of(exchange)
    is_reduced = REDUCED in exchange.notes and not server.allows(LEGACY_PREFIX)
    last = None if server.allows(UNSAFE_PREFIX_STAT) else applied.last
    if not first_part_is_there(exchange, path, last) or is_reduced:
        before, exchange.uri = exchange.uri, path
        status = below_document_root(exchange)
        exchange.uri = before
        return status
    exchange.step("translate", f"{path}, a path of the file system", where)
    return OK


def _without_tilde(exchange: Exchange, path: str) -> str:
    """`/~user` becomes the user's home directory."""
    if not path.startswith("/~"):
        return path
    name, slash, rest = path[2:].partition("/")
    home = home_of(exchange.evaluator.evidence, name) if name else None
    if home is None:
        return path
    return home.removesuffix("/") + slash + rest if slash else home
