"""try_files.

Truth: src/http/modules/ngx_http_try_files_module.c.
"""

from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.map_path import cut, map_uri_to_path
from audit403.nginx.decide.outcome import Named, Outcome, Redirect, Status
from audit403.nginx.decide.variables.lookup import expand_known, rejoin
from audit403.nginx.decide.worker_files import alias_after_rewrite
from audit403.nginx.model.template import compile_template
from audit403.nginx.read.tree import Directive


def try_files(exchange: Exchange) -> Outcome | None:
    """Test the candidates in order; None when one is there or no try_files stands in this very level."""
    found = exchange.context.own.get("try_files")
    if not found or not found[0].args:
        return None
    directive = found[0]
    for candidate in directive.args[:-1]:
        if isinstance(outcome := _try(exchange, directive, candidate), Status):
            return outcome
        if outcome:
            return None
    return _last(exchange, directive)


def _try(exchange: Exchange, directive: Directive, candidate: str) -> "Status | bool":
    wants_directory = candidate.endswith("/") and len(candidate) > 0
    text = candidate[:-1] if wants_directory else candidate
    root = exchange.evaluator.root(exchange.context)
    mapped = map_uri_to_path(exchange)
    if mapped is None:
        return alias_after_rewrite(exchange)
    name = _name(exchange, text, root.alias if root.is_alias else 0)
    base = mapped.path[: mapped.root]
    opened = exchange.evaluator.files().stat(exchange, base + name)
    met = opened.errno == 0 and opened.is_directory == wants_directory
    exchange.step(
        "try_files",
        f"{base + name} is {'' if met else 'not '}{'a directory' if wants_directory else 'a file'}"
        + (f" (errno {opened.errno})" if opened.errno else ""),
        directive.span,
        met,
        f"file:{base + name}",
        "is-directory" if wants_directory else "is-file",
        candidate,
    )
    if met:
        exchange.before_uri = base[-1:]
        _take(exchange, name, root.is_alias, root.alias, wants_directory)
    return met


def _name(exchange: Exchange, text: str, alias: int | None) -> str:
    template = compile_template(text)
    name = expand_known(exchange, template)
    if template.literal is None and alias and cut(name, alias)[0] == cut(exchange.uri, alias)[0]:
        return cut(name, alias)[1]
    return name


def _take(exchange: Exchange, name: str, is_alias: bool, alias: int | None, directory: bool) -> None:
    if not is_alias:
        exchange.uri = name
    elif alias is None:
        if not directory:
            exchange.uri = name
            exchange.add_uri_to_alias = True
    else:
        exchange.uri = rejoin([cut(exchange.uri, alias)[0], name])


def _last(exchange: Exchange, directive: Directive) -> Outcome:
    last = directive.args[-1]
    if last.startswith("=") and last[1:].isdigit():
        exchange.step("try_files", f"nothing found: the answer is {last[1:]}", directive.span)
        exchange.decided("try-files-status", directive.span, f"nothing it names is there, and it ends in {last}")
        return Status(int(last[1:]))
    root = exchange.evaluator.root(exchange.context)
    target = _name(exchange, last, root.alias if root.is_alias else 0)
    exchange.step("try_files", f"nothing found: on to {target}", directive.span)
    if target.startswith("@"):
        return Named(target)
    path, _, args = target.partition("?")
    mapped = None if path else map_uri_to_path(exchange)
    exchange.before_uri = "" if mapped is None else mapped.path[: mapped.root][-1:]
    return Redirect(path, args)
