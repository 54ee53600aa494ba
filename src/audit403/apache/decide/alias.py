"""mod_alias: URLs that lead elsewhere in the file system, or to another URL.

Truth: modules/mappers/mod_alias.c – redirects before aliases, a virtual host's before the main server's.
"""

from collections.abc import Iterable

from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.expression import text_of
from audit403.apache.decide.outcome import DECLINED, OK, SENT_TO, SERVER_ERROR, is_redirect
from audit403.apache.decide.substitute import substitute
from audit403.apache.model.aliases import ALIAS, AliasConfig, AliasServer, Mapping
from audit403.apache.paths import merge
from audit403.core.decision import Step
from audit403.core.open_question import Undecided, Unknown

_NOTHING, _NO_SERVER = AliasConfig(), AliasServer()


def translate(exchange: Exchange) -> int:
    """Redirects and aliases of the location, then those of the server."""
    if not exchange.uri.startswith("/") and exchange.uri:
        return DECLINED
    config: AliasConfig = exchange.config(ALIAS, _NOTHING)
    server: AliasServer = exchange.server.slots.get(ALIAS, _NO_SERVER)
    status = _redirect(exchange, config.redirect, server.redirects, "translate")
    if status != DECLINED:
        return status
    if config.alias is not None:
        exchange.filename = _whole_alias(exchange, config.alias, config.preserve_path is True)
        return OK
    for mapping in server.aliases:
        target = _target(exchange, mapping, "translate")
        if target is not None:
            _set_handler(exchange, mapping)
            if mapping.pattern is None:
                exchange.context_prefix, exchange.context_document_root = mapping.fake, mapping.real
            exchange.filename = exchange.server.rooted(target)
            return OK
    return DECLINED


def fixup(exchange: Exchange) -> int:
    """Redirects of a directory or an `.htaccess`, after all access checks."""
    config: AliasConfig = exchange.config(ALIAS, _NOTHING)
    return _redirect(exchange, config.redirect, config.redirects, "fixup")


def _redirect(exchange: Exchange, whole: Mapping | None, mappings: Iterable[Mapping], phase: str) -> int:
    """Where the redirect of a whole section, or the first one of a list that fits, leads."""
    if whole is not None:
        return _redirected(exchange, whole, _whole_target(exchange, whole), phase)
    for mapping in mappings:
        target = _target(exchange, mapping, phase)
        if target is not None:
            return _redirected(exchange, mapping, target, phase)
    return DECLINED


def length_matched(uri: str, prefix: str) -> int:
    """How much of a URI an alias' prefix covers, 0 for nothing; any number of slashes is as good as any other."""
    at = index = 0
    while index < len(prefix):
        if prefix[index] == "/":
            if uri[at : at + 1] != "/":
                return 0
            while prefix[index : index + 1] == "/":
                index += 1
            while uri[at : at + 1] == "/":
                at += 1
        else:
            if uri[at : at + 1] != prefix[index]:
                return 0
            at += 1
            index += 1
    if not prefix.endswith("/") and uri[at : at + 1] not in ("", "/"):
        return 0
    return at


def _target(exchange: Exchange, mapping: Mapping, phase: str) -> str | None:
    """Where a mapping leads, or None where it is not about the URI."""
    uri = exchange.uri
    where = mapping.directive.span
    label = f"{mapping.directive.written} {mapping.fake}"
    if mapping.pattern is not None:
        captured = mapping.pattern.search(uri)
        exchange.step(phase, label, where, captured is not None, "uri", "matches", mapping.fake)
        if captured is None:
            return None
        return "" if mapping.real is None else substitute(mapping.real, captured)
    length = length_matched(uri, mapping.fake) if mapping.fake else 0
    exchange.step(phase, label, where, length > 0, "uri", "prefix", mapping.fake)
    if not length:
        return None
    return (mapping.real or "") + uri[length:]


def _whole_target(exchange: Exchange, mapping: Mapping) -> str:
    where = mapping.directive.span
    exchange.steps.append(Step("translate", f"{mapping.directive.written} of the location", where))
    if mapping.real is None:
        return ""
    value = text_of(exchange, mapping.real)
    return "http://unknown/" if isinstance(value, Unknown) else value


def _whole_alias(exchange: Exchange, mapping: Mapping, preserve_path: bool) -> str:
    value = text_of(exchange, mapping.real or "")
    if isinstance(value, Unknown):
        raise Undecided(value.missing)
    exchange.step("translate", f"{mapping.directive.written} {value}", mapping.directive.span)
    _set_handler(exchange, mapping)
    if preserve_path:
        length = length_matched(exchange.uri, mapping.fake)
        if length:
            exchange.context_prefix, exchange.context_document_root = mapping.fake, value
            value += exchange.uri[length:]
    return merge(exchange.server.server_root, value)


def _set_handler(exchange: Exchange, mapping: Mapping) -> None:
    if mapping.handler is not None:
        exchange.handler = exchange.notes["alias-forced-type"] = mapping.handler


def _redirected(exchange: Exchange, mapping: Mapping, target: str, phase: str) -> int:
    where = mapping.directive.span
    status = mapping.status
    if is_redirect(status):
        if not target.startswith("/") and ":" not in target:
            exchange.step(phase, f"{target} is no URL: 500", where)
            log = (
                f"AH00674: cannot redirect '{exchange.uri}' to '{target}'; "
                "target is not a valid absoluteURI or abs_path"
            )
            exchange.decided("redirect-target", where, "this leads to no URL", log=log)
            return SERVER_ERROR
        exchange.step(phase, f"{status} to {target}", where, operator=SENT_TO, value=target)
        return status
    exchange.step(phase, f"{mapping.directive.written} answers {status}", where)
    exchange.decided("redirect-status", where, f"this answers {status}")
    return status
