"""The Principal element: whom a statement names, and how directly.

Truth: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html and
…_notprincipal.html.
An account is named for all its users, but only lets their own policies decide; a role is named for its sessions; a user
or a session is meant itself, as is everybody by "*".
"""

import re
from collections.abc import Iterable
from typing import Any

from audit403.core.named_tuple import NamedTuple
from audit403.s3.model.caller import CANONICAL, ORIGIN_IDENTITY, ROLE, ROOT, SERVICE, SESSION, Caller, caller_of

NONE, BY_ACCOUNT, BY_ROLE, AS_EVERYBODY, DIRECT = 0, 1, 2, 3, 4
"""How directly a statement names somebody, the most direct last."""

#: A user or a role that was deleted: what is left of it is its number.
DELETED = re.compile(r"A(?:ID|RO)A[A-Z0-9]{12,}\Z")


class Named(NamedTuple):
    """Whom a list of principals names; `written` is each with its type, as it stands in the policy."""

    everybody: bool
    accounts: frozenset[str]
    names: frozenset[str]
    roles: frozenset[tuple[str | None, str | None]]
    services: frozenset[str]
    canonical: frozenset[str]
    written: tuple[tuple[str, str], ...]

    def names_caller(self, caller: Caller) -> int:
        """How directly a caller is named: one of the values above."""
        found = self._by_name(caller)
        return AS_EVERYBODY if self.everybody and found < AS_EVERYBODY else found

    def _by_name(self, caller: Caller) -> int:
        kind = caller.kind
        if kind == SERVICE:
            return DIRECT if caller.name in self.services else NONE
        if kind in (CANONICAL, ORIGIN_IDENTITY):
            return DIRECT if caller.name in self.names or caller.name in self.canonical else NONE
        if caller.account is None:
            return NONE
        if caller.name in self.names:
            return BY_ROLE if kind == ROLE else DIRECT
        if kind == SESSION and (caller.account, caller.role) in self.roles:
            return BY_ROLE
        if caller.account in self.accounts:
            return DIRECT if kind == ROOT else BY_ACCOUNT
        return NONE


def named_in(element: Any) -> Named:
    """What a Principal or NotPrincipal element says; parts that are no text name nobody."""
    written = tuple(_written(element))
    accounts, names, roles, services, canonical = set(), set(), set(), set(), set()
    everybody = False
    for kind, text in written:
        if text == "*" and kind in ("", "AWS"):
            everybody = True
        elif kind == "Service":
            services.add(text)
        elif kind == "CanonicalUser":
            canonical.add(text)
        elif kind == "Federated":
            names.add(text)
        elif kind == "AWS":
            who = caller_of(text)
            if who.kind == ROOT and who.account is not None:
                accounts.add(who.account)
            elif who.kind == ROLE:
                roles.add((who.account, who.role))
                names.add(text)
            elif who.kind == CANONICAL:
                canonical.add(text)
            else:
                names.add(text)
    return Named(
        everybody, frozenset(accounts), frozenset(names), frozenset(roles), frozenset(services), frozenset(canonical),
        written,
    )  # fmt: skip


def _written(element: Any) -> Iterable[tuple[str, str]]:
    if isinstance(element, str):
        yield "", element
    elif isinstance(element, dict):
        for kind, values in element.items():
            for value in values if isinstance(values, list) else [values]:
                if isinstance(value, str | int) and not isinstance(value, bool):
                    yield str(kind), str(value)
