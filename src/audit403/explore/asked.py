"""One request that exploration has asked, and in what two requests differ."""

from audit403.core.decision import NOT_REFUSED, Decision
from audit403.core.named_tuple import NamedTuple
from audit403.core.request import Request


class Asked(NamedTuple):
    """One decided request, and how many proposals led to it."""

    request: Request
    decision: Decision
    depth: int


_WITHOUT_TLS = "plain-http"


def is_let_through(decision: Decision) -> bool:
    """Whether a request was answered by a server, or handed on, that refused nothing."""
    has_answer = decision.status is not None or decision.handed_to is not None
    return decision.verdict == NOT_REFUSED and has_answer and decision.cause != _WITHOUT_TLS


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
