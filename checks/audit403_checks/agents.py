"""User-Agents of those whom a rule against robots does not mean, and whether it hits them."""

from audit403.core.decision import REFUSED
from audit403.core.fact import Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, NOTE
from audit403.core.named_tuple import NamedTuple
from audit403.core.request import Request
from audit403.explore.fields import with_header
from audit403.explore.ordinary import CHALLENGE

_MOZILLA = "Mozilla/5.0 "
_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
_APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
BROWSERS = (
    f"{_MOZILLA}(X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    f"{_MOZILLA}(Windows NT 10.0; Win64; x64) {_WEBKIT} Chrome/131.0.0.0 Safari/537.36",
    f"{_MOZILLA}(Windows NT 10.0; Win64; x64) {_WEBKIT} Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0",
    f"{_MOZILLA}(Linux; Android 10; K) {_WEBKIT} Chrome/131.0.0.0 Mobile Safari/537.36",
    f"{_MOZILLA}(iPhone; CPU iPhone OS 17_7 like Mac OS X) {_APPLE} Version/17.7 Mobile/15E148 Safari/604.1",
    f"{_MOZILLA}(Macintosh; Intel Mac OS X 10_15_7) {_APPLE} Version/17.6 Safari/605.1.15",
)
"""What ordinary visitors' browsers send."""
AUTHORITY = f"{_MOZILLA}(compatible; Let's Encrypt validation server; +https://www.letsencrypt.org)"
"""What Let's Encrypt sends when it fetches a challenge."""
ENGINES = {
    "google": f"{_MOZILLA}(compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "bing": f"{_MOZILLA}(compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "duckduck": "DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)",
    "yandex": f"{_MOZILLA}(compatible; YandexBot/3.0; +http://yandex.com/bots)",
    "apple": f"{_MOZILLA}(Macintosh) {_APPLE} (Applebot/0.1; +http://www.apple.com/go/applebot)",
}
"""Search engines, by a word that configurations call them."""
CHECKS = {
    "": "no User-Agent, as HAProxy and keepalived send their checks",
    "kube-probe/1.31": "kube-probe",
    "ELB-HealthChecker/2.0": "ELB-HealthChecker",
    "GoogleHC/1.0": "GoogleHC",
    "check_http/v2.3 (monitoring-plugins 2.3)": "check_http",
    "Prometheus/2.55.0": "Prometheus",
    "curl/8.5.0": "curl",
    "Wget/1.21.4": "Wget",
}
"""What health checks and monitors send, and what they are."""


def short_name(agent: str) -> str:
    """An agent in a word."""
    for name in ("Googlebot", "bingbot", "DuckDuckBot", "YandexBot", "Applebot", "Firefox", "Edg", "Android", "iPhone"):
        if name in agent:
            return {"Edg": "Edge", "Android": "Chrome on Android", "iPhone": "Safari on the iPhone"}.get(name, name)
    return "Chrome" if "Chrome" in agent else "Safari"


class AgentHit(NamedTuple):
    """Somebody whom a rule hits and is not to."""

    severity: str
    message: str
    request: Request
    who: str


def as_agent(request: Request, agent: str) -> Request:
    """The request as another program sends it."""
    return with_header(request, "user-agent", agent or None)


def in_full(request: Request) -> Request:
    """The request with what browsers send beside their name, from a page of the same site."""
    usual = (("accept", "text/html,*/*;q=0.8"), ("accept-language", "en"), ("accept-encoding", "gzip, deflate, br"))
    for name, value in (*usual, ("referer", f"{request.scheme}://{request.host}/")):
        request = with_header(request, name, value)
    return request


def is_refused_here(site: Site, refusal: Refusal, request: Request) -> bool:
    """Whether a request is refused at the same place."""
    decision = site.decide(request)
    return decision.verdict == REFUSED and decision.where == refusal.where


def refused_browsers(site: Site, refusal: Refusal) -> list[str]:
    """The browsers to which the witness is refused."""
    return [one for one in BROWSERS if is_refused_here(site, refusal, as_agent(refusal.witness, one))]


def browser_hit(refusal: Refusal, browser: str) -> AgentHit:
    """What is told of a browser that a rule takes for a robot."""
    witness, name = refusal.witness, short_name(browser)
    message = f"{witness.target} is refused to ordinary browsers: the rule takes {name} for a robot"
    return AgentHit(ERROR, message, as_agent(witness, browser), f"visitors with {name}")


def authority_hit(site: Site, refusal: Refusal) -> AgentHit | None:
    """The certificate authority, where the rule refuses its agent."""
    challenge = as_agent(refusal.witness._replace(target=CHALLENGE), AUTHORITY)
    if not is_refused_here(site, refusal, challenge):
        return None
    message = "Let's Encrypt is refused by its User-Agent: certificates cannot be renewed over HTTP"
    return AgentHit(ERROR, message, challenge, "the certificate authority")


def nobody_hit(site: Site, refusal: Refusal) -> AgentHit | None:
    """Programs that do not say who they are, which some mean to refuse."""
    request = as_agent(refusal.witness, "")
    if not is_refused_here(site, refusal, request):
        return None
    message = "requests without User-Agent are refused: feed readers, scripts and health checks may send none"
    return AgentHit(NOTE, message, request, "requests without User-Agent")
