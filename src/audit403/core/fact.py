"""Facts that checks judge: a refusal, an idle directive, a fault in reading, a fault in a document.

A fact says what the server does and never whether that is right.
"""

from typing import Any

from audit403.core.decision import Decision
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Because, Place, Span
from audit403.core.request import Request


class Refusal(NamedTuple):
    """Requests that are refused for one cause at one place.

    `witness` is one concrete request; `who` says whom it hits in words; `served` is a request that differs in one
    thing and is let through, where one was found. `subject` is the family's own view of the place (for nginx the
    location or file) and `places` how many places share the cause, `addresses` those that were asked for.
    """

    family: str
    cause: str
    where: Place
    because: tuple[Because, ...]
    witness: Request
    decision: Decision
    who: str
    served: Request | None = None
    subject: Any = None
    places: int = 1
    addresses: tuple[str, ...] = ()


class IdleDirective(NamedTuple):
    """A directive on which no explored request's answer depends; `kind` names why."""

    family: str
    kind: str
    where: Span
    message: str
    because: tuple[Because, ...] = ()
    subject: Any = None


class ReadingFault(NamedTuple):
    """Something in a configuration that the server would not take or that could not be read."""

    family: str
    kind: str
    where: Span
    message: str


class DocumentFault(NamedTuple):
    """Something in a document that has no effect or cannot work."""

    family: str
    kind: str
    where: Place
    message: str
    subject: Any = None


class UnjudgedRefusal(NamedTuple):
    """A refusal in which none of the rules that want its cause saw a fault."""

    family: str
    kind: str
    where: Place
    refusal: Refusal


UNJUDGED = "unjudged-refusal"
"""The kind of every UnjudgedRefusal."""

Fact = Refusal | IdleDirective | ReadingFault | DocumentFault | UnjudgedRefusal
