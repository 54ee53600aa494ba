"""more_set_input_headers and more_clear_input_headers: request headers that are changed after the rewriting.

Truth: ngx_http_headers_more_handler and ngx_http_headers_more_headers_in.c of headers-more-nginx-module.
"""

from contextlib import suppress

from audit403.nginx.ascii import lower
from audit403.nginx.decide.choose_server import BadHost, validate_host
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.other_programs import INPUT_HEADERS
from audit403.nginx.decide.variables.lookup import expand
from audit403.nginx.model.context import Context
from audit403.nginx.model.template import compile_template
from audit403.nginx.read.tree import Directive

SET, CLEAR = INPUT_HEADERS


def change_headers(exchange: Exchange) -> None:
    """Run the commands of this level after those of the levels above it."""
    for directive in _commands(exchange.context):
        _run(exchange, directive)


def _commands(context: Context) -> list[Directive]:
    """The commands in effect; unlike other settings they add up."""
    above = [] if context.parent is None else _commands(context.parent)
    return above + [directive for directive in context.sequence if directive.name in (SET, CLEAR)]


def _run(exchange: Exchange, directive: Directive) -> None:
    words, only_existing = list(directive.args), False
    headers: list[str] = []
    while words:
        word = words.pop(0)
        if word == "-r":
            only_existing = True
        elif word == "-t":
            types = words.pop(0).split() if words else []
            if (exchange.request.header("content-type") or "").partition(";")[0].strip() not in types:
                return
        else:
            headers.append(word)
    for header in headers:
        name, _, text = header.partition(":")
        value = expand(exchange, compile_template(text.strip(" "))) if directive.name == SET else ""
        if isinstance(value, str):
            _set(exchange, lower(name.strip(" ")), name.strip(" "), value, only_existing)
        exchange.step("rewrite", f"{directive.name} {header}", directive.span)


def _set(exchange: Exchange, key: str, name: str, value: str, only_existing: bool) -> None:
    request = exchange.request
    if key == "host":
        with suppress(BadHost):
            exchange.host = validate_host(value)
            exchange.request = request._replace(host=value)
        return
    kept = tuple(pair for pair in request.headers if not _named(lower(pair[0]), key))
    if only_existing and len(kept) == len(request.headers):
        return
    exchange.request = request._replace(headers=(*kept, (name, value)) if value else kept)


def _named(name: str, wanted: str) -> bool:
    return name.startswith(wanted[:-1]) if wanted.endswith("*") else name == wanted
