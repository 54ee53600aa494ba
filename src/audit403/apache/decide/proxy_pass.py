"""What mod_proxy asks before it hands a request on; the answer is then the other server's.

Truth: proxy_handler in modules/proxy/mod_proxy.c, ap_proxy_checkproxyblock2 in proxy_util.c, proxy_connect_handler in
mod_proxy_connect.c.
"""

import re

from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.http_core import send_trace
from audit403.apache.decide.outcome import DONE, FORBIDDEN, OK, SERVER_ERROR
from audit403.apache.decide.proxy_url import PREFIX, module_of, place_of_pass
from audit403.apache.model.proxy import DEFAULT_CONNECT_PORTS, PROXY, ProxyServer
from audit403.apache.read.tree import Directive
from audit403.core.decision import REASON_HOST, Missing
from audit403.core.place import Place
from audit403.http.address import parse_plain

_NUMBER = re.compile(r"-?[0-9]+\Z")


def hand_on(exchange: Exchange, server: ProxyServer) -> int:
    """Hand a request on, or say why not."""
    url = (exchange.filename or "")[len(PREFIX) :]
    scheme, colon, rest = url.partition(":")
    if not colon:
        return _answered(exchange, 400, "proxy-url", None, f"{url} is no URL")
    status = _method(exchange)
    if status != OK:
        return status
    module = module_of(exchange, scheme.lower())
    if module is not None and (not rest.startswith("//") or rest == "//"):
        module = None
    if scheme.lower() in ("https", "wss") and not exchange.evaluator.has("ssl"):
        module = None
    authority = rest[2:].partition("/")[0]
    host, mark, _ = authority.partition("?")
    host = host.rpartition("@")[2]
    if module is None and exchange.method == "CONNECT" and exchange.evaluator.has("proxy_connect"):
        return _connect(exchange, server, url)
    if module is None:
        log = f"AH01144: No protocol handler was valid for the URL {exchange.uri} (scheme '{scheme}')."
        return _answered(exchange, SERVER_ERROR, "proxy-scheme", log, f"no module speaks {scheme}")
    if mark and ":" in _without_port(authority.rpartition("@")[2]):
        # A host with a colon is put between brackets, which the query string then cuts in two.
        log = f"AH00898: URI cannot be parsed: {url} returned by {exchange.uri}"
        return _answered(exchange, 400, "proxy-url", log, f"{url} is no URL")
    name = _without_port(host)
    if ":" in name and parse_plain(name) is None and _socket_of(exchange, server, url) is None:
        log = f"AH00898: DNS lookup failure for: {name} returned by {exchange.uri}"
        return _answered(exchange, SERVER_ERROR, "proxy-host", log, f"{name} can be the name of no host")
    if module != "proxy_balancer" and _is_blocked(exchange, server, name, url):
        return FORBIDDEN
    return _handed_on(exchange, server, url)


def _handed_on(exchange: Exchange, server: ProxyServer, url: str) -> int:
    socket = exchange.notes.get("uds_path")
    exchange.handed_to = url if socket is None else f"{url} at {socket}"
    exchange.step("handler", f"{exchange.handed_to} answers", place_of_pass(exchange))
    if url.startswith("fcgi://") and _is_refused_by_php_fpm(exchange, url, _socket_of(exchange, server, url)):
        return FORBIDDEN
    exchange.status_known = False
    return OK


def _socket_of(exchange: Exchange, server: ProxyServer, url: str) -> str | None:
    """The socket in `unix:/run/y.sock|fcgi://host/`, whatever has sent the request there.

    That of a ProxyPass is one of its worker, which is found by the URL: the longest that it begins with, and that has
    its host and port.
    """
    noted = exchange.notes.get("uds_path")
    if isinstance(noted, str) and noted:
        return noted
    workers: dict[str, str | None] = {}
    own = exchange.extra.get(PROXY)
    for directive in (*([own] if isinstance(own, Directive) else []), *(one.directive for one in server.passes)):
        for word in directive.args:
            socket, bar, origin = word.partition("|") if word.startswith("unix:") else ("", "", word)
            name = origin.partition("$")[0]
            if "://" in name and url.startswith(name) and _host_of(origin) == _host_of(url):
                workers.setdefault(name, socket.removeprefix("unix:") if bar else None)
    return workers[max(workers, key=len)] if workers else None


def _host_of(url: str) -> str:
    return url.partition("://")[2].partition("/")[0]


def _is_refused_by_php_fpm(exchange: Exchange, url: str, socket: object) -> bool:
    """Whether php-fpm refuses the script by itself. What is escaped in the URL is left to it."""
    from audit403.http.php_fpm import LISTED, Pools

    host, slash, path = url.removeprefix("fcgi://").partition("?")[0].partition("/")
    if "%" in path:
        return False
    evaluator = exchange.evaluator
    if evaluator.php_pools is None:
        evaluator.php_pools = Pools(evaluator.evidence)
    found = evaluator.php_pools.refused(f"unix:{socket}" if socket else host, slash + path)
    if found is None:
        return False
    if found.cause == LISTED:
        why = f"php-fpm runs nothing but {' '.join(found.pool.extensions)}"
        where: Place | None = found.pool.where or place_of_pass(exchange) or found.pool.header
    else:
        where, why = found.place, f"php-fpm, as {found.pool.user}, may not read this script"
    exchange.decided(found.cause, where, why)
    return True


def _method(exchange: Exchange) -> int:
    """Max-Forwards, and TRACE, which goes on only as TraceEnable lets it."""
    most = exchange.header("max-forwards")
    if isinstance(most, str):
        if not _NUMBER.match(most.strip()) or int(most) < 0:
            log = f"AH10188: Max-Forwards value '{most}' could not be parsed"
            return _answered(exchange, 400, "max-forwards", log, "Max-Forwards is no number")
        if int(most) == 0:
            if exchange.method == "TRACE":
                return send_trace(exchange)
            if exchange.method == "OPTIONS":
                exchange.step("handler", "Max-Forwards is zero: OPTIONS is answered here")
                return DONE
            return _answered(exchange, 400, "max-forwards", None, "Max-Forwards has reached zero - proxy loop?")
    if exchange.method != "TRACE":
        return OK
    trace = exchange.server.core.trace or "on"
    if trace == "off":
        log = "AH01139: TRACE forbidden by server configuration"
        return _answered(exchange, 405, "trace-off", log, "TraceEnable is off")
    if exchange.request.body_length and trace != "extended":
        return _answered(exchange, 413, "trace-body", "AH01140: TRACE with request body is not allowed", "a body")
    return OK


def _connect(exchange: Exchange, server: ProxyServer, url: str) -> int:
    host, _, port = url.rpartition(":")
    if not port.isascii() or not port.isdigit() or "/" in host:
        log = f"AH00898: URI cannot be parsed: {url} returned by {exchange.uri}"
        return _answered(exchange, 400, "proxy-url", log, f"{url} is no host and port")
    if _is_blocked(exchange, server, host.strip("[]"), url):
        return FORBIDDEN
    ports = server.connect_ports or DEFAULT_CONNECT_PORTS
    number = int(port)
    where = None if server.connect_directive is None else server.connect_directive.span
    met = any(first <= number <= last for first, last in ports)
    exchange.step("handler", f"AllowCONNECT lets clients connect to port {number}", where, met)
    if not met:
        return _blocked(exchange, "connect-port", where, "this port is none of those that AllowCONNECT lets in")
    return _handed_on(exchange, server, url)


def _is_blocked(exchange: Exchange, server: ProxyServer, host: str, url: str) -> bool:
    """Whether ProxyBlock forbids a host. A host whose name leads nowhere fails before that.

    Where another proxy or a socket is asked for it, only its name counts: httpd does not look for its address.
    """
    only_by_name = _socket_of(exchange, server, url) is not None or any(
        remote.what == "*"
        or (remote.pattern is not None and remote.pattern.search(url) is not None)
        or (remote.pattern is None and _begins(url, remote.what))
        for remote in server.remotes
    )
    address = parse_plain(host.strip("[]"))
    for blocked in server.blocked:
        where = blocked.directive.span
        met = blocked.name in host or blocked.name.startswith("*")
        named = parse_plain(blocked.name)
        if not met and not only_by_name:
            if address is not None or host == "localhost":
                known = parse_plain("127.0.0.1") if address is None else address
                met = named is not None and named == known
                if named is None and blocked.name == "localhost":
                    met = known in (parse_plain("127.0.0.1"), parse_plain("::1"))
            elif named is not None:
                met = exchange.ask(Missing(REASON_HOST, f"whether {host} and {blocked.name} are the same"))
        exchange.step("handler", f"ProxyBlock {blocked.name} for {host}", where, met)
        if not met:
            continue
        is_name = address is None and host != "localhost" and not only_by_name
        if is_name and not exchange.ask(Missing(REASON_HOST, host)):
            return False
        _blocked(exchange, "proxy-block", where, f"httpd asks no server that has {blocked.name} in its name")
        return True
    return False


def _begins(url: str, what: str) -> bool:
    low = url.lower()
    return low.startswith(what.lower()) if ":" in what else low.partition(":")[0] == what.lower()


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    name, colon, port = host.rpartition(":")
    return name if colon and port.isascii() and port.isdigit() else host


def _blocked(exchange: Exchange, cause: str, where: Place | None, message: str) -> int:
    log = f"AH00898: Connect to remote machine blocked returned by {exchange.uri}"
    exchange.step("handler", "Connect to remote machine blocked: 403")
    exchange.decided(cause, where, message, log=log)
    return FORBIDDEN


def _answered(exchange: Exchange, status: int, cause: str, log: str | None, message: str) -> int:
    exchange.step("handler", f"{message}: {status}")
    exchange.decided(cause, place_of_pass(exchange), message, log=log)
    return status
