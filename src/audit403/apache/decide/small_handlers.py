"""Handlers that answer with a page of their own and refuse nobody, whatever they need for it.

Truth: status_handler in modules/generators/mod_status.c, display_info in mod_info.c, util_ldap_handler in
modules/ldap/util_ldap.c, balancer_handler in modules/proxy/mod_proxy_balancer.c, reflector_handler in
modules/filters/mod_reflector.c, hm_handler in modules/cluster/mod_heartmonitor.c, imap_handler in
modules/mappers/mod_imagemap.c.
"""

from audit403.apache.decide.conditional import conditional_page
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.outcome import DECLINED, OK


def status(exchange: Exchange) -> int:
    """mod_status."""
    return _page(exchange, "server-status", "application/x-httpd-status")


def info(exchange: Exchange) -> int:
    """mod_info."""
    return _page(exchange, "server-info")


def ldap_status(exchange: Exchange) -> int:
    """mod_ldap's page on its cache."""
    return _page(exchange, "ldap-status")


def balancer_manager(exchange: Exchange) -> int:
    """mod_proxy_balancer's page, which takes forms too."""
    return _page(exchange, "balancer-manager", methods=("GET", "POST"))


def reflect(exchange: Exchange) -> int:
    """mod_reflector sends back what it gets."""
    if exchange.handler != "reflector":
        return DECLINED
    if exchange.method in ("POST", "OPTIONS"):
        exchange.step("handler", "mod_reflector answers")
        return OK
    exchange.step("handler", f"mod_reflector takes no {exchange.method}: 405")
    exchange.decided("method-not-allowed", None, "")
    return 405


def heartbeat(exchange: Exchange) -> int:
    """mod_heartmonitor takes what other servers say about themselves."""
    if exchange.handler != "heartbeat":
        return DECLINED
    if exchange.method == "POST":
        exchange.step("handler", "mod_heartmonitor answers")
        return OK
    exchange.step("handler", f"mod_heartmonitor takes no {exchange.method}: 405")
    exchange.decided("method-not-allowed", None, "")
    return 405


def image_map(exchange: Exchange) -> int:
    """mod_imagemap: what the file says about a point; it may be a menu, a redirect or nothing, and no refusal."""
    if exchange.handler not in ("imap-file", "application/x-httpd-imap") or exchange.method != "GET":
        return DECLINED
    filename = exchange.filename or ""
    files = exchange.evaluator.files()
    seen = files.open(filename)
    place = files.place(seen)
    exchange.step("handler", filename, place, not seen.errno, f"file:{filename}", "readable")
    if seen.errno or not seen.is_file:
        exchange.decided("not-found", place, "", log=f"AH10169: failed to open {filename}")
        return 404
    exchange.handed_to = f"the image map {filename}"
    exchange.status_known = False
    return OK


def _page(exchange: Exchange, *names: str, methods: tuple[str, ...] = ("GET",)) -> int:
    if exchange.handler not in names or exchange.method not in methods:
        return DECLINED
    exchange.step("handler", f"httpd's own page, {names[0]}")
    conditional_page(exchange)
    return OK
