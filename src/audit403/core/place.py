"""Where something is written or lies: a span of a file, an entry of a file system, a statement of a policy.

Lines and columns are 1-based everywhere; byte offsets are 0-based and half open, because edits need them.
"""

from audit403.core.named_tuple import NamedTuple

#: The file of what is only taken for granted, around a file of which the server's configuration is not at hand.
ASSUMED = "(assumed surroundings)"


class Span(NamedTuple):
    """A range of bytes in one file; the columns count characters, `start` and `end` count bytes."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    start: int
    end: int


class PathPlace(NamedTuple):
    """One entry of a file system: `mode` is the permission bits (07777), owner and group are names where known."""

    path: str
    mode: int | None = None
    owner: str | None = None
    group: str | None = None


class StatementPlace(NamedTuple):
    """One statement of a bucket's policy; `statement` is its Sid or its index.

    `policy` names what it stands in, where that is another policy or a setting: then `statement` is the setting.
    """

    bucket: str
    statement: str
    policy: str | None = None


Place = Span | PathPlace | StatementPlace


class Because(NamedTuple):
    """One link of the chain that led to an answer: where it is written and what it does there."""

    where: Place
    message: str
