"""Whom a refusal hits, in words: what requests must have to be refused."""

from collections.abc import Iterable, Sequence

from audit403.core.decision import Decision
from audit403.core.request import Request
from audit403.explore.asked import Asked, differences, is_let_through

_ABOUT_CLIENTS = ("client", "value:$remote_addr", "value:$binary_remote_addr", "header:x-forwarded-for")
EVERY_CLIENT = "every client"


def served_beside(witness: Request, asked: Sequence[Asked]) -> Request | None:
    """A request that differs from the witness in one thing and is not refused.

    Of several, one by another client; one for another target says the least.
    """
    found: Request | None = None
    elsewhere: Request | None = None
    for request, decision, _ in asked:
        if not is_let_through(decision):
            continue
        fields = differences(witness, request)
        if fields == {"client"}:
            return request
        if fields == {"target"}:
            elsewhere = elsewhere or request
        elif found is None and len(fields) == 1:
            found = request
    return found or elsewhere


def about_clients(decision: Decision) -> bool:
    """Whether who the client is was looked at on the way."""
    return any(step.field is not None and step.field.startswith(_ABOUT_CLIENTS) for step in decision.trace)


def by_family(fates: dict[str, bool]) -> str | None:
    """Which of some clients are refused, by their addresses' family; None where none is."""
    families = {(":" in client, is_refused) for client, is_refused in fates.items()}
    if families == {(True, True), (False, False)}:
        return "IPv6 clients"
    if families == {(True, False), (False, True)}:
        return "IPv4 clients"
    return None if not any(fates.values()) else "some clients"


def who(witness: Request, needed: Iterable[str], clients: str | None) -> str:
    """Whom a refusal hits: some clients (None: every one), if their requests have what is `needed`."""
    fields = sorted((field for field in needed if field != "client"), key=lambda field: field != "method")
    if clients is not None:
        first = clients
    elif fields:
        first = _requests_that(witness, fields.pop(0))
    else:
        first = EVERY_CLIENT
    rest = " and ".join(_having(witness, field) for field in fields)
    return f"{first} with {rest}" if rest else first


def _requests_that(witness: Request, field: str) -> str:
    if field == "method":
        return f"{witness.method} requests"
    if field == "tls":
        certificate = "none" if witness.tls is None else witness.tls.client_certificate
        return {"none": "clients without a certificate", "failed": "clients whose certificate does not verify"}.get(
            certificate, "clients whose certificate verifies"
        )
    if field == "over_limits":
        return "clients over their limit"
    if field in ("target", "arguments"):
        return f"requests for {witness.target}"
    if field == "body_length":
        return "requests with a large body"
    if field in ("host", "port"):
        return f"requests to {witness.host}"
    name, title, value = _header(witness, field)
    if name == "authorization" and (value or "").startswith("Basic "):
        return "clients that send a user name and a password"
    return f"requests without {title}" if value is None else f'requests whose {title} is like "{value}"'


def _having(witness: Request, field: str) -> str:
    """The same as something more that a request has."""
    if not field.startswith("header:"):
        return {
            "tls": "such a certificate",
            "over_limits": "more than their limit",
            "body_length": "a large body",
            "arguments": f"?{witness.target.partition('?')[2]}",
            "host": f"the Host {witness.host}",
            "method": witness.method,
        }.get(field, _requests_that(witness, field))
    name, title, value = _header(witness, field)
    if name == "authorization" and (value or "").startswith("Basic "):
        return "a user name and a password"
    return f"no {title}" if value is None else f'{title} like "{value}"'


def _header(witness: Request, field: str) -> tuple[str, str, str | None]:
    name = field.partition(":")[2]
    return name, "-".join(part.capitalize() for part in name.split("-")), witness.header(name)
