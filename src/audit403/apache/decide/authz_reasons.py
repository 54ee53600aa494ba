"""Why a `Require` lets nobody in, or shuts somebody out, in a few words for people."""

from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.hosts import client_host
from audit403.apache.model.authn import AUTHZ_GROUPFILE
from audit403.apache.model.authz import AUTHZ_CORE, AuthzServer, Requirement
from audit403.apache.model.providers import LDAP
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Because

ACCESS = "access-by-host"
"""The note of what Order, Allow and Deny have come to: a place and words, where they are worth telling."""
FAULTS = "authz-faults"
"""The note of files that authorization could not read."""
NEEDS_USER = "needs-user"
"""The note of where a user's name is needed."""


_NO_ALIASES = AuthzServer()


class Reason(NamedTuple):
    """One requirement that decided; `inverted` where it does so by being met."""

    requirement: Requirement
    inverted: bool = False

    def words(self, exchange: Exchange) -> str:
        """The reason as a sentence about the line."""
        found = self.requirement
        if self.inverted:
            return f"this shuts out whom `{f'{found.provider} {found.argument}'.strip()}` describes"
        return _words(exchange, found)


def because(exchange: Exchange, reasons: tuple[Reason, ...]) -> tuple[Because, ...]:
    """The lines that decided, the first of them first, and what else belongs to it."""
    together = ", together with what else is named here" if sum(reason.inverted for reason in reasons) > 1 else ""
    found = [
        Because(reason.requirement.directive.span, reason.words(exchange) + (together if reason.inverted else ""))
        for reason in reasons
    ]
    found += exchange.notes.get(FAULTS, ())
    access: Because | None = exchange.notes.get(ACCESS)
    return tuple(found if access is None else [*found, access])


def _words(exchange: Exchange, requirement: Requirement) -> str:
    provider = requirement.provider
    aliases: AuthzServer = exchange.server.slots.get(AUTHZ_CORE, _NO_ALIASES)
    aliased = aliases.alias(provider)
    if aliased is not None:
        found = aliased.requirement
        meant = f"{found.provider} {found.argument}".strip()
        return f"this stands for `{meant}`: {_words(exchange, found)}"
    user = exchange.user if isinstance(exchange.user, str) else "the user"
    if provider == "group" and exchange.per_dir.get(AUTHZ_GROUPFILE) is None:
        return "no AuthGroupFile says who is in it"
    if provider in ("group", "dbm-group", "dbd-group", "ldap-group"):
        return f"{user} is in none of these groups"
    if provider == "host":
        name = client_host(exchange)
        if name is None:
            return f"{exchange.client.text()} has no name that leads back to it"
        if isinstance(name, str):
            return f"{name}, which is {exchange.client.text()}, is in none of these"
    if provider in LDAP:
        return f"the directory does not say so of {user}"
    return _WORDS.get(provider, "this is not met").format(
        client=exchange.client.text(), method=exchange.method_text, user=user
    )


_WORDS = {
    "all": "this denies everybody",
    "ip": "{client} is none of these addresses",
    "host": "the name of {client} is none of these",
    "forward-dns": "{client} is not the address of any of these",
    "local": "{client} is not this machine",
    "env": "no such variable is set",
    "method": "{method} is none of these methods",
    "expr": "this does not hold",
    "user": "{user} is none of these users",
    "ssl": "the request does not come over TLS",
    "ssl-verify-client": "the client shows no certificate that is verified",
    "file-owner": "the file is not {user}'s",
    "file-group": "the file's group is none of {user}'s",
}
