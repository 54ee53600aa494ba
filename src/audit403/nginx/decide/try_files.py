"""try_files.

Truth: src/http/modules/ngx_http_try_files_module.c.
"""

from audit403.core.named_tuple import NamedTuple
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.map_path import PathBuffer, byte_length, cut
from audit403.nginx.decide.outcome import Named, Outcome, Redirect, Status
from audit403.nginx.decide.variables.lookup import expand_known, expand_left_over, rejoin
from audit403.nginx.decide.worker_files import alias_after_rewrite
from audit403.nginx.model.template import compile_template
from audit403.nginx.read.tree import Directive

_PREALLOCATED = 16


class _Named(NamedTuple):
    """A candidate: the root or alias, and the name behind it."""

    base: str
    name: str


def try_files(exchange: Exchange) -> Outcome | None:
    """Test the candidates in order; None when one is there or no try_files stands in this very level."""
    found = exchange.context.own.get("try_files")
    if not found or not found[0].args:
        return None
    directive = found[0]
    buffer = PathBuffer(_PREALLOCATED)
    for candidate in directive.args[:-1]:
        wants_directory = candidate.endswith("/")
        named = _name(exchange, buffer, candidate[:-1] if wants_directory else candidate)
        if named is None:
            return alias_after_rewrite(exchange)
        if _is_there(exchange, directive, candidate, named, wants_directory):
            return None
    named = _name(exchange, buffer, directive.args[-1])
    return alias_after_rewrite(exchange) if named is None else _last(exchange, directive, named)


def _name(exchange: Exchange, buffer: PathBuffer, text: str) -> _Named | None:
    """A candidate's text; None where the URI cannot be mapped."""
    root = exchange.evaluator.root(exchange.context)
    alias = root.alias if root.is_alias else 0
    template = compile_template(text)
    name = expand_known(exchange, template)
    length = byte_length(name) + 1
    replaced = 0 if alias is None else byte_length(exchange.uri) - alias
    mapped = buffer.mapped(exchange, max(0, length - replaced))
    if mapped is None:
        return None
    base = mapped.path[: mapped.root]
    if template.literal is None:
        name = expand_left_over(exchange, template)
        if alias and cut(name, alias)[0] == cut(exchange.uri, alias)[0]:
            name = cut(name, alias)[1]
    return _Named(base, name)


def _is_there(exchange: Exchange, directive: Directive, candidate: str, named: _Named, wants_directory: bool) -> bool:
    path = named.base + named.name
    opened = exchange.evaluator.files().stat(exchange, path)
    met = opened.errno == 0 and opened.is_directory == wants_directory
    exchange.step(
        "try_files",
        f"{path} is {'' if met else 'not '}{'a directory' if wants_directory else 'a file'}"
        + (f" (errno {opened.errno})" if opened.errno else ""),
        directive.span,
        met,
        f"file:{path}",
        "is-directory" if wants_directory else "is-file",
        candidate,
    )
    if met:
        root = exchange.evaluator.root(exchange.context)
        exchange.before_uri = named.base[-1:]
        _take(exchange, named.name, root.is_alias, root.alias, wants_directory)
    return met


def _take(exchange: Exchange, name: str, is_alias: bool, alias: int | None, directory: bool) -> None:
    if not is_alias:
        exchange.uri = name
    elif alias is None:
        if not directory:
            exchange.uri = name
            exchange.add_uri_to_alias = True
    else:
        exchange.uri = rejoin([cut(exchange.uri, alias)[0], name])


def _last(exchange: Exchange, directive: Directive, named: _Named) -> Outcome:
    last = directive.args[-1]
    if last.startswith("=") and last[1:].isdigit():
        exchange.step("try_files", f"nothing found: the answer is {last[1:]}", directive.span)
        exchange.decided("try-files-status", directive.span, f"nothing it names is there, and it ends in {last}")
        return Status(int(last[1:]))
    exchange.step("try_files", f"nothing found: on to {named.name}", directive.span)
    if named.name.startswith("@"):
        return Named(named.name)
    path, _, args = named.name.partition("?")
    exchange.before_uri = named.base[-1:]
    return Redirect(path, args)
