"""Whom a refusal hits, told from the requests beside it that are let through."""

from collections.abc import Callable, Sequence

from audit403.core.decision import NOT_REFUSED, Decision
from audit403.core.place import Span
from audit403.core.request import Request
from audit403.nginx.explore.regions import RuleTable
from audit403.nginx.explore.search import Asked
from audit403.nginx.model.address import IPV6, UNIX, Address
from audit403.nginx.model.context import AccessRule

_ABOUT_CLIENTS = ("client", "value:$remote_addr", "value:$binary_remote_addr", "header:x-forwarded-for")
EVERY_CLIENT = "every client"
_MOST_NAMED = 4


def served_beside(witness: Request, asked: Sequence[Asked]) -> Request | None:
    """A request that differs from the witness in one thing and is not refused; of several, one by another client.

    One for another path tells nothing about who is refused.
    """
    found: Request | None = None
    for request, decision, _ in asked:
        if decision.verdict != NOT_REFUSED:
            continue
        fields = differences(witness, request)
        if fields == {"client"}:
            return request
        if found is None and len(fields) == 1 and _path(request) == _path(witness):
            found = request
    return found


def _path(request: Request) -> str:
    return request.target.partition("?")[0]


def about_clients(decision: Decision) -> bool:
    """Whether who the client is was looked at on the way."""
    return any(step.field is not None and step.field.startswith(_ABOUT_CLIENTS) for step in decision.trace)


def _about_clients_before(decision: Decision) -> bool:
    """Whether who the client is was looked at before the allow/deny list, too."""
    fields = (step.field for step in decision.trace if step.phase != "access")
    return any(field is not None and field.startswith(_ABOUT_CLIENTS) for field in fields)


def _is_denied(table: RuleTable, address: Address) -> bool:
    found = table.first(address)
    return found is not None and not found.permits


def who(
    witness: Request,
    decision: Decision,
    served: Request | None,
    table: RuleTable,
    is_refused: Callable[[str], bool],
) -> str:
    """In words, which clients or requests are refused; `is_refused` asks for another client's fate."""
    if decision.cause in ("access-rule", "limit-except"):
        named = _of_list(decision, table)
        if named is not None and (named != EVERY_CLIENT or served is None):
            refused = [address.text() for address in _borders_of(table) if _is_denied(table, address)]
            if not _about_clients_before(decision) or all(is_refused(client) for client in refused):
                return named
    if served is None:
        if not about_clients(decision):
            return EVERY_CLIENT
        others = [address.text() for address in _borders_of(table)]
        return EVERY_CLIENT if all(is_refused(client) for client in others) else f"clients such as {witness.client}"
    return _by_difference(witness, next(iter(differences(witness, served))))


def _by_difference(witness: Request, field: str) -> str:
    if field == "client":
        return f"clients such as {witness.client}"
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
    if field == "body_length":
        return "requests with a large body"
    if field == "host":
        return f"requests to {witness.host}"
    return _header(witness, field)


def differences(one: Request, other: Request) -> set[str]:
    """The names of the fields in which two requests differ; headers by their own names."""
    found = {
        name
        for name in ("method", "client", "target", "host", "port", "tls", "over_limits", "body_length")
        if getattr(one, name) != getattr(other, name)
    }
    if one.headers == other.headers:
        return found
    mine = {name.lower(): value for name, value in one.headers}
    theirs = {name.lower(): value for name, value in other.headers}
    return found | {f"header:{name}" for name in mine.keys() | theirs.keys() if mine.get(name) != theirs.get(name)}


def _of_list(decision: Decision, table: RuleTable) -> str | None:
    """Whom an allow/deny list refuses, as far as its rules say it in few words."""
    rule = _rule_at(decision, table.rules)
    if rule is None:
        return None
    allowed = list(dict.fromkeys(one for one, _ in table.clients(permits=True)))
    if rule.all:
        if not allowed:
            return None if _some_pass(table) else EVERY_CLIENT
        names = [one.directive.args[0] for one in allowed]
        return "every client but " + ", ".join(names[:_MOST_NAMED]) + (", …" if len(names) > _MOST_NAMED else "")
    if rule.network is None or rule.network.family == UNIX:
        return None
    earlier = table.rules[: table.rules.index(rule)]
    exempt = [one for one in earlier if one.permits and _meets(one, rule)]
    if exempt:
        return None
    if rule.network.prefix == 0:
        return "IPv6 clients" if rule.network.family == IPV6 else "IPv4 clients"
    return f"clients in {rule.directive.args[0]}"


def _meets(one: AccessRule, other: AccessRule) -> bool:
    """Whether two rules have an address in common."""
    if one.all or one.network is None or other.network is None:
        return True
    if one.network.family != other.network.family:
        return False
    wide, narrow = sorted((one.network, other.network), key=lambda network: network.prefix)
    bits = 32 if wide.family != IPV6 else 128
    return wide.number >> (bits - wide.prefix) == narrow.number >> (bits - wide.prefix)


def _some_pass(table: RuleTable) -> bool:
    """Whether there are clients that no rule of the list refuses."""
    return any((found := table.first(address)) is None or found.permits for address in _borders_of(table))


def _borders_of(table: RuleTable) -> list[Address]:
    return list(table.borders().everywhere())


def _rule_at(decision: Decision, rules: list[AccessRule]) -> AccessRule | None:
    where = decision.where
    if not isinstance(where, Span):
        return None
    return next(
        (one for one in rules if one.directive.start == where.start and one.directive.source.path == where.file), None
    )


def _header(witness: Request, field: str) -> str:
    name = field.partition(":")[2]
    value = witness.header(name)
    if name == "authorization":
        return "clients that send a user name and a password"
    title = "-".join(part.capitalize() for part in name.split("-"))
    return f"requests without {title}" if value is None else f'requests whose {title} is like "{value}"'
