"""Other requests that differ from one in the outcome of one recorded test.

Only tests that were met on the way are flipped, so the work grows with what a request passes and not with the whole
configuration.
"""

from base64 import b64encode
from collections.abc import Iterator

from audit403.core.decision import Decision, Step
from audit403.core.request import Request, Tls
from audit403.nginx.explore.ordinary import BROWSER, CLIENT_IPV4, CLIENT_IPV6
from audit403.nginx.explore.regex_witness import witness_of
from audit403.nginx.model.address import IPV4, UNIX, Address, Network, parse_network
from audit403.nginx.model.regex import InvalidRegex, compile_regex

CREDENTIALS = "Basic " + b64encode(b"somebody:password").decode()
METHODS = ("GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE")
USER_AGENTS = ("", BROWSER, "curl/8.5.0", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)")


def flips(request: Request, decision: Decision) -> Iterator[Request]:
    """Requests on the other side of each test on the client, method, headers, arguments, cookies or certificate."""
    seen: set[tuple[str | None, str | None, str | None]] = set()
    for step in decision.trace:
        key = (step.field, step.operator, step.value)
        if step.field is None or key in seen:
            continue
        seen.add(key)
        yield from _flip(request, step)


def inside(network: Network) -> str:
    """An address of a network: its second one where it has more than one."""
    bits = 32 if network.family == IPV4 else 128
    return Address(network.family, network.number + (1 if network.prefix < bits - 1 else 0)).text()


def with_header(request: Request, name: str, value: str | None) -> Request:
    """The request with a header set, or without it."""
    kept = tuple(pair for pair in request.headers if pair[0].lower() != name)
    title = "-".join(part.capitalize() for part in name.split("-"))
    return request._replace(headers=kept if value is None else (*kept, (title, value)))


def _flip(request: Request, step: Step) -> Iterator[Request]:
    field, value = step.field or "", step.value or ""
    if field == "client":
        yield from _clients(request, step)
    elif field == "method":
        for method in METHODS:
            if method != request.method:
                yield request._replace(method=method)
    elif field == "header:authorization":
        yield with_header(request, "authorization", CREDENTIALS)
    elif field == "header:referer" and step.operator == "valid-referer":
        for referer in (f"{request.scheme}://{request.host}/", "https://www.google.com/", None):
            yield with_header(request, "referer", referer)
    elif field.startswith("header:"):
        yield from _header_values(request, field[7:], step)
    elif field == "tls.client_certificate" and request.tls is not None:
        for certificate in ("none", "verified", "failed"):
            yield request._replace(tls=Tls(request.tls.sni, certificate))
    elif field == "over_limits" and value == "403":
        yield request._replace(over_limits=True)
    elif field.startswith("argument:"):
        yield from (_with_argument(request, field[9:], text) for text in _values(step))
    elif field.startswith("cookie:"):
        yield from (with_header(request, "cookie", f"{field[7:]}={text}") for text in _values(step))
    elif field == "arguments":
        yield from (request._replace(target=f"{request.target.partition('?')[0]}?{text}") for text in _values(step))


def _clients(request: Request, step: Step) -> Iterator[Request]:
    network = parse_network(step.value or "") if step.operator == "in-network" else None
    if network is not None and network.family != UNIX:
        yield _from(request, inside(network))
    yield _from(request, CLIENT_IPV6 if ":" in request.client else CLIENT_IPV4)


def _from(request: Request, client: str) -> Request:
    return request._replace(client=client)


def _header_values(request: Request, name: str, step: Step) -> Iterator[Request]:
    for text in _values(step):
        yield with_header(request, name, text)
    if name == "user-agent":
        for agent in USER_AGENTS:
            yield with_header(request, name, agent or None)
    else:
        yield with_header(request, name, None)


def _values(step: Step) -> list[str]:
    """Texts on either side of a test: equal to what it compares with, matching its pattern, something else, nothing."""
    value = step.value or ""
    texts = ["", "something-else"]
    if step.operator in ("equals", "differs"):
        texts.insert(0, value)
    elif step.operator in ("~", "~*", "!~", "!~*"):
        try:
            made = witness_of(compile_regex(value, step.operator.endswith("*")))
        except InvalidRegex:
            made = None
        if made is not None:
            texts.insert(0, made.lstrip("/") if not value.startswith("/") else made)
    elif step.operator == "true":
        texts.insert(0, "1")
    return texts


def _with_argument(request: Request, name: str, value: str) -> Request:
    path, _, arguments = request.target.partition("?")
    kept = [pair for pair in arguments.split("&") if pair and pair.partition("=")[0].lower() != name]
    return request._replace(target=f"{path}?{'&'.join([*kept, f'{name}={value}'])}")
