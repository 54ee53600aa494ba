"""Requests like a witness that a fix might let in too: other clients, methods and headers, and paths beside it."""

from collections.abc import Iterator

from audit403.core.decision import ANYBODY, Decision
from audit403.core.request import Request

CLIENTS = ("203.0.113.9", "198.51.100.77", "10.0.0.5", "172.16.0.5", "192.168.1.5", "127.0.0.1")
CLIENTS_6 = ("2001:db8::9", "fd00::5", "::1")
METHODS = ("GET", "HEAD", "POST")
MORE_METHODS = ("PUT", "PATCH", "DELETE", "OPTIONS")
KEPT_CLOSED = ("/.git/config", "/.env", "/.htpasswd", "/wp-config.php")
"""What a server that refuses anything at all refuses."""
ABOUT_WHO = frozenset(("client", "tls.client_certificate", "header:authorization", "user"))
MOST_CLIENTS = 24


def variants(witness: Request, decision: Decision, clients: tuple[str, ...]) -> Iterator[Request]:
    """Requests that differ from the witness in one thing; `clients` are those that the site's facts speak of."""
    tested = {step.field for step in decision.trace if step.field is not None}
    is_six = ":" in witness.client
    fixed = (*CLIENTS_6, *CLIENTS) if is_six else (*CLIENTS, *CLIENTS_6)
    for client in (*fixed, *clients[:MOST_CLIENTS]):
        if client != witness.client:
            same = (":" in client) == is_six
            yield witness._replace(client=client, to=witness.to if same else None)
    for method in METHODS + (MORE_METHODS if "method" in tested else ()):
        if method != witness.method:
            yield witness._replace(method=method)
    yield from _headers(witness, tested)
    for target in _targets(witness.target):
        if target != witness.target:
            yield witness._replace(target=target)


def differs_in_a_tested_way(request: Request, witness: Request, decision: Decision) -> bool:
    """Whether the two differ in something about the client that the decision on the witness looked at."""
    tested = {step.field for step in decision.trace}
    looked = any(step.field == "client" and step.value not in ANYBODY for step in decision.trace)
    if request.client != witness.client and looked:
        return True
    if request.method != witness.method and "method" in tested:
        return True
    mine, other = dict(request.headers), dict(witness.headers)
    changed = {name.lower() for name in mine.keys() | other.keys() if mine.get(name) != other.get(name)}
    return any(f"header:{name}" in tested for name in changed)


def _headers(witness: Request, tested: set[str]) -> Iterator[Request]:
    own = f"{witness.scheme}://{witness.host or 'localhost'}/"
    for referer in (None, own, "https://elsewhere.example/"):
        if witness.header("referer") != referer:
            yield with_header(witness, "Referer", referer)
    for field in sorted(tested):
        name = field[7:] if field.startswith("header:") else ""
        if name and name != "referer":
            for value in (None, "x"):
                yield with_header(witness, name.title(), value)


def with_header(request: Request, name: str, value: str | None) -> Request:
    """The request with another value of one header, or without it."""
    kept = tuple(pair for pair in request.headers if pair[0].lower() != name.lower())
    return request._replace(headers=kept if value is None else (*kept, (name, value)))


def _targets(target: str) -> Iterator[str]:
    path = target.partition("?")[0]
    folder = path.rpartition("/")[0]
    yield f"{folder}/"
    yield f"{folder}/audit403-beside"
    yield f"{path.rstrip('/')}/audit403-below"
    yield "/"
    for name in KEPT_CLOSED:
        yield name
        if folder:
            yield folder + name
