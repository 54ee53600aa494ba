"""What php-fpm refuses by itself of the scripts that nginx hands on to it."""

from audit403.core.open_question import Unknown
from audit403.core.place import Because, Place
from audit403.http.php_fpm import LISTED
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.outcome import Outcome, Sent, Status
from audit403.nginx.decide.peers import members_of
from audit403.nginx.decide.variables.lookup import expand
from audit403.nginx.model.template import compile_template
from audit403.nginx.read.tree import Directive

_FORBIDDEN = 403
_SCRIPT = "SCRIPT_FILENAME"


def refused_by_php_fpm(exchange: Exchange, handler: Directive, target: str) -> Outcome | None:
    """Its 403, which an error_page of nginx's takes over with fastcgi_intercept_errors alone; None where it is none."""
    # Of several parameters with the same name PHP takes the last.
    given = [one for one in exchange.context.effective("fastcgi_param") if one.args[:1] == [_SCRIPT]]
    script = expand(exchange, compile_template(given[-1].args[1])) if given and len(given[-1].args) > 1 else None
    if script is None or isinstance(script, Unknown):
        return None
    found = None
    for one in _pools_behind(exchange, target):
        found = exchange.evaluator.php_pools.refused(one, script)
        if found is None:
            return None
    if found is None:
        return None
    where: Place = handler.span
    if found.cause == LISTED:
        why = f"hands {script} on to php-fpm, which runs nothing but {' '.join(found.pool.extensions)}"
        also = () if found.pool.where is None else (Because(found.pool.where, "lists what the pool runs"),)
    else:
        assert found.place is not None
        where, why = found.place, f"php-fpm, as {found.pool.user}, may not read this script"
        also = (Because(handler.span, "hands it on to php-fpm"),)
    exchange.step("content", f"php-fpm refuses {script}", handler.span)
    exchange.decided(found.cause, where, why, also=also)
    exchange.refusal = exchange.cause
    if exchange.context.flag("fastcgi_intercept_errors"):
        for page in exchange.evaluator.error_pages(exchange.context):
            if page.code == _FORBIDDEN:
                return Status(_FORBIDDEN)
    return Sent(_FORBIDDEN)


def _pools_behind(exchange: Exchange, target: str) -> list[str]:
    """The addresses that may answer: those of an upstream block where the target is its name."""
    upstream = exchange.evaluator.model.upstream(target)
    return [target] if upstream is None else [peer.label() for peer in members_of(exchange, upstream)]
