"""Names of clients: what only the DNS knows, and how httpd compares domains.

Truth: ap_get_useragent_host in server/core.c, in_domain in modules/aaa/mod_authz_host.c.
"""

from audit403.apache.decide.exchange import Exchange
from audit403.core.decision import REASON_HOST, Missing
from audit403.core.open_question import Unknown


def client_host(exchange: Exchange) -> str | Unknown | None:
    """The client's name, confirmed by a second look-up; None without one."""
    return Unknown(Missing(REASON_HOST, exchange.client.text()))


def in_domain(domain: str, host: str) -> bool:
    """Whether a host is a domain or below it."""
    low, name = domain.lower(), host.lower()
    if not name.endswith(low):
        return False
    rest = len(name) - len(low)
    return rest == 0 or low.startswith(".") or name[rest - 1] == "."
