"""Whom a refusal hits, told from the requests beside it that are let through."""

from audit403.core.decision import REFUSED, Decision
from audit403.core.request import Request
from audit403.nginx.model.address import IPV6, parse_address
from audit403.nginx.model.context import AccessRule

Asked = tuple[Request, Decision]


def served_beside(witness: Request, asked: list[Asked]) -> Request | None:
    """A request that differs from the witness in one thing and is not refused."""
    for request, decision in asked:
        if decision.verdict != REFUSED and differences(witness, request) and len(differences(witness, request)) == 1:
            return request
    return None


def who(witness: Request, decision: Decision, served: Request | None, rules: list[AccessRule]) -> str:
    """In words, which clients or requests are refused."""
    if served is None:
        return "every client"
    field = next(iter(differences(witness, served)))
    if field == "client":
        return _clients(witness, rules) if decision.cause == "access-rule" else f"clients such as {witness.client}"
    if field == "method":
        return f"{witness.method} requests"
    if field == "tls":
        certificate = "none" if witness.tls is None else witness.tls.client_certificate
        return {"none": "clients without a certificate", "failed": "clients whose certificate does not verify"}.get(
            certificate, "clients whose certificate verifies"
        )
    if field == "over_limits":
        return "clients over their limit"
    if field == "target":
        return f"requests for {witness.target}"
    return _header(witness, field)


def differences(one: Request, other: Request) -> set[str]:
    """The names of the fields in which two requests differ; headers by their own names."""
    found = {
        name
        for name in ("method", "client", "target", "host", "tls", "over_limits")
        if getattr(one, name) != getattr(other, name)
    }
    mine = {name.lower(): value for name, value in one.headers}
    theirs = {name.lower(): value for name, value in other.headers}
    return found | {f"header:{name}" for name in mine.keys() | theirs.keys() if mine.get(name) != theirs.get(name)}


def _clients(witness: Request, rules: list[AccessRule]) -> str:
    allowed = [rule.directive.args[0] for rule in rules if rule.permits and not rule.all]
    if allowed and any(rule.all and not rule.permits for rule in rules):
        return "every client but " + ", ".join(allowed[:4]) + (", …" if len(allowed) > 4 else "")
    address = parse_address(witness.client)
    if address is not None and address.family == IPV6 and not any(":" in name for name in allowed):
        return "IPv6 clients"
    return f"clients such as {witness.client}"


def _header(witness: Request, field: str) -> str:
    name = field.partition(":")[2]
    value = witness.header(name)
    if name == "authorization":
        return "clients that send a user name and a password"
    title = "-".join(part.capitalize() for part in name.split("-"))
    return f"requests without {title}" if value is None else f'requests whose {title} is like "{value}"'
