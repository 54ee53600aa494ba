"""What leaves nginx for another program: proxy_pass, fastcgi_pass and their kin.

Truth: ngx_http_upstream_process_header and ngx_http_upstream_intercept_errors in src/http/ngx_http_upstream.c. A
program whose configuration is at hand – the same nginx on another socket – is asked; the answer of any other one is
its own.
"""

from audit403.core.decision import REASON_PROGRAM, REFUSED, UNKNOWN, Decision, Missing
from audit403.core.open_question import Undecided, Unknown
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.outcome import HandedOn, Outcome, Sent, Status
from audit403.nginx.decide.variables.lookup import expand
from audit403.nginx.model.context import IF, LIMIT_EXCEPT, Context
from audit403.nginx.model.template import compile_template
from audit403.nginx.read.tree import Directive

_NO_ANSWER = ("closed", "no-tls")
BAD_GATEWAY = 502


def hand_on(exchange: Exchange, handler: Directive) -> Outcome:
    """The other program's answer, as far as it can be known."""
    here = _pass_of(exchange.context, handler.name)
    if here is None:
        exchange.decided("no-upstream", handler.span, "an `if` after this one holds too, and hands on to nobody",
                         log="no upstream configuration")  # fmt: skip
        return Status(500)
    handler = here
    exchange.handed_on = True
    target = expand(exchange, compile_template(handler.args[0])) if handler.args else ""
    program = f"{handler.name} {handler.args[0] if isinstance(target, Unknown) else target}"
    if handler.name == "proxy_pass" and isinstance(target, str):
        from audit403.nginx.decide.proxy_url import proxy_url  # with what follows it, for proxies alone
        from audit403.nginx.decide.same_nginx import answer_of_same_nginx

        url = proxy_url(target)
        if url is None:
            exchange.decided("proxy-url", handler.span, f'"{target}" is no URL that nginx can pass a request to')
            return Status(500)
        decision = answer_of_same_nginx(exchange, handler, url)
        if decision is not None:
            return _answered(exchange, handler, decision, program)
    if handler.name == "fastcgi_pass" and isinstance(target, str):
        from audit403.nginx.decide.php_fpm import refused_by_php_fpm

        refused = refused_by_php_fpm(exchange, handler, target)
        if refused is not None:
            return refused
    return _intercepted(exchange, handler, program) or HandedOn(program)


def _pass_of(context: Context, name: str) -> Directive | None:
    """Where a context hands on to: an `if` and a `limit_except` take that over from their location, and no other."""
    level: Context | None = context
    while level is not None:
        if name in level.own:
            return level.own[name][-1]
        level = level.parent if name == "memcached_pass" or level.kind in (IF, LIMIT_EXCEPT) else None
    return None


def _answered(exchange: Exchange, handler: Directive, decision: Decision, program: str) -> Outcome:
    """What becomes of an answer that is known."""
    if decision.verdict == UNKNOWN:
        raise Undecided(decision.missing[0])
    if decision.cause in _NO_ANSWER:
        exchange.decided("bad-gateway", handler.span, "the other side closes the connection without an answer")
        return Status(BAD_GATEWAY)
    if decision.verdict == REFUSED:
        exchange.decided(decision.cause, decision.where, "refuses what this nginx asks of itself", log=decision.log)
        exchange.refusal = exchange.cause
    if decision.status is None:
        return HandedOn(decision.handed_to or program) if decision.handed_to else Sent(None)
    if decision.status >= 300 and exchange.context.flag("proxy_intercept_errors"):
        for page in exchange.evaluator.error_pages(exchange.context):
            if page.code == decision.status:
                exchange.step("content", f"proxy_intercept_errors takes over {page.code}", page.directive.span)
                return Status(page.code)
    return Sent(decision.status)


def _intercepted(exchange: Exchange, handler: Directive, program: str) -> Outcome | None:
    """With *_intercept_errors nginx makes the answer itself for the codes that an error_page names."""
    kind = handler.name.removesuffix("_pass")
    if not exchange.context.flag(f"{kind}_intercept_errors"):
        return None
    asked: set[tuple[int | None, str, bool]] = set()
    for page in exchange.evaluator.error_pages(exchange.context):
        # Codes with the same page end in the same way, but for 403 itself.
        alike = (page.overwrite, page.target.source, page.code == 403)
        if alike in asked:
            continue
        asked.add(alike)
        if exchange.ask(Missing(REASON_PROGRAM, f"whether {program} answers {page.code}")):
            exchange.decided("intercepted", page.directive.span, f"takes over when {program} answers {page.code}")
            return Status(page.code)
    return None
