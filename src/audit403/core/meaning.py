"""What a message of a server says about the request that it answers, without the request being known."""

from audit403.core.named_tuple import NamedTuple


class Cause(NamedTuple):
    """One cause that a message may have: its name, as decisions have it, and a sentence about it."""

    name: str
    text: str


class Meaning(NamedTuple):
    """One message: its `code` and status, the causes that it may have (the likeliest first), and what it names."""

    message: str
    code: str
    status: int | None
    causes: tuple[Cause, ...]
    principal: str | None = None
    action: str | None = None
    resource: str | None = None
