"""Who asks: what the principal of a request is, and to which account it belongs.

Truth: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

import re

from audit403.core.decision import Missing
from audit403.core.named_tuple import NamedTuple
from audit403.s3.model.holes import HOLE_START, not_known
from audit403.s3.model.truth import Truth

ANONYMOUS, USER, SESSION, ROLE, ROOT, FEDERATED = "anonymous", "user", "session", "role", "root", "federated"
SERVICE, ORIGIN_IDENTITY, CANONICAL, ELSEWHERE = "service", "origin-access-identity", "canonical user", "unknown"
OF_IAM = frozenset((USER, SESSION, ROLE, ROOT, FEDERATED))
"""The kinds that belong to an account, and are bound by its own policies."""

#: A number, or the hole that a template has for it.
_NUMBER = r"\d{12}|⟨[^⟩:/]+⟩"
_ARN = re.compile(rf"arn:[^:]+:(iam|sts)::({_NUMBER}|cloudfront):([^/]+)(?:/(.*))?\Z", re.DOTALL)
_ACCOUNT = re.compile(r"(?:\d{12}|⟨account⟩)\Z")
_SERVICE = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?\Z")
_CANONICAL = re.compile(r"[0-9a-f]{64}\Z")


class Caller(NamedTuple):
    """The principal of a request: `name` as it was given, and the name of the role that a session has taken."""

    kind: str
    name: str
    account: str | None = None
    role: str | None = None

    @property
    def is_of_iam(self) -> bool:
        """Whether it belongs to an account and is bound by what that says of it."""
        return self.kind in OF_IAM

    def words(self) -> str:
        """The caller in a sentence."""
        if self.kind == ANONYMOUS:
            return "anonymous visitors"
        return f"the root user of {self.account}" if self.kind == ROOT else self.name


NOBODY_KNOWN = Caller(ANONYMOUS, "anonymous")


def same_account(one: str | Missing | None, other: str | None) -> Truth:
    """Whether two accounts are the same; that of a template, a hole, may be any."""
    if isinstance(one, Missing):
        return one
    if one is None or other is None or one == other:
        return one is not None and one == other
    holes = [account for account in (one, other) if account.startswith(HOLE_START)]
    return not_known(holes[0]) if holes else False


def caller_of(text: str) -> Caller:
    """What a principal's text says; what is none is of the kind ELSEWHERE, and nothing but "*" matches it."""
    if text in ("anonymous", "*"):
        return NOBODY_KNOWN
    if _ACCOUNT.match(text):
        return Caller(ROOT, text, text)
    if _SERVICE.match(text):
        return Caller(SERVICE, text)
    if _CANONICAL.match(text):
        return Caller(CANONICAL, text)
    found = _ARN.match(text)
    if found is None:
        return Caller(ELSEWHERE, text)
    _, account, kind, rest = found.groups()
    if account == "cloudfront":
        return Caller(ORIGIN_IDENTITY, text)
    if kind == "root" and rest is None:
        return Caller(ROOT, text, account)
    if kind == "assumed-role" and rest:
        return Caller(SESSION, text, account, rest.partition("/")[0])
    if kind == "role" and rest:
        return Caller(ROLE, text, account, rest.rpartition("/")[2])
    kinds = {"user": USER, "federated-user": FEDERATED}
    return Caller(kinds.get(kind, ELSEWHERE), text, account)
