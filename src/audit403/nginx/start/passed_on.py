"""Headers and parameters for the program behind: computed only where a block uses those of its own level.

Truth: ngx_http_proxy_init_headers, ngx_http_fastcgi_init_params and their like.
"""

from functools import partial

from audit403.nginx.read.tree import Directive
from audit403.nginx.start.check import Start
from audit403.nginx.start.level import HTTP, SERVER, Level

_SURELY_FITS = 46  # bytes, in the smallest bucket of the table of headers


def passed_on(start: Start, level: Level, directive: Directive) -> None:
    """`proxy_set_header`, `proxy_set_body`, `fastcgi_param` and their like."""
    args, name = directive.args, directive.name
    if name.endswith("_param") and len(args) > 2 and args[2] != "if_not_empty":
        start.refuse(directive, f'invalid parameter "{args[2]}"', 2)
        return
    if name == "proxy_set_body":
        if name in level.given:
            start.duplicate(directive)
            return
        level.given[name] = directive
    if name.endswith("_set_header") and len(args[0]) > _SURELY_FITS:
        start.at_end.append(partial(_fits_table, start, level, directive))
    word = 0 if name == "proxy_set_body" else 1
    level.note(name, directive)
    if "$" not in args[word]:
        return
    if level.kind == HTTP:
        start.at_end.append(partial(_at_end, start, level, directive, word))
    else:
        start.text(directive, word)


def _fits_table(start: Start, level: Level, directive: Directive) -> None:
    """Whether the table of headers takes a name so long."""
    from audit403.nginx.start.hashes import check_hash

    if level.kind != HTTP or _is_used(level, directive):
        table = directive.name.removesuffix("_set_header") + "_headers_hash"
        check_hash(start, level, table, [(directive.args[0], directive, 0)])


def _is_used(http: Level, directive: Directive) -> bool:
    """Whether a server has none of its own."""
    return any(directive.name not in server.noted for server in http.below if server.kind == SERVER)


def _at_end(start: Start, level: Level, directive: Directive, word: int) -> None:
    """At the http level it counts where a server has none of its own."""
    if _is_used(level, directive):
        start.text(directive, word)
