"""A proxy_pass that leads back to this nginx: its own answer is worked out.

Truth: ngx_http_proxy_create_request in src/http/modules/ngx_http_proxy_module.c.
"""

from audit403.core.decision import REASON_STATE, REASON_UNDOCUMENTED, Decision, Missing
from audit403.core.open_question import Undecided
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.peers import peers_of, reaches
from audit403.nginx.decide.proxied import proxied_request
from audit403.nginx.decide.proxy_url import Url
from audit403.nginx.read.tree import Directive

_DEEPEST = 8


def answer_of_same_nginx(exchange: Exchange, handler: Directive, url: Url) -> Decision | None:
    """This nginx's own answer, when every peer is a socket of its own and all of them answer alike."""
    if exchange.depth >= _DEEPEST:
        return None
    peers = peers_of(exchange, url)
    if not peers or not all(reaches(exchange, peer) for peer in peers):
        return None
    if exchange.evaluator.model.sends_on:
        raise Undecided(Missing(REASON_UNDOCUMENTED, "where X-Accel-Redirect of this nginx's own answer leads"))
    first: Decision | None = None
    for peer in peers:
        request = proxied_request(exchange, handler, url, peer)
        exchange.step("content", f"this nginx listens on {peer.label()} itself: {request.method} {request.url()}")
        http_10 = exchange.context.argument("proxy_http_version", "1.0") == "1.0"
        decision = exchange.evaluator.decide(request, exchange.depth + 1, http_10=http_10)
        if first is None:
            first = decision
            exchange.steps.extend(step._replace(phase="> " + step.phase) for step in decision.trace)
        elif decision.verdict != first.verdict:
            raise Undecided(Missing(REASON_STATE, f"which server of {url.host} has its turn"))
        elif decision.status != first.status:
            return None
    return first
