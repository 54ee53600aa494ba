"""What a phase hands back to the run of phases, and what it cannot know."""

from audit403.core.decision import Missing
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Because, Place


class Status(NamedTuple):
    """The phase ends the request with a status; nginx then looks for an error_page."""

    code: int


class Body(NamedTuple):
    """What nginx knows of the body that it sends: `size` and `mtime` are None where the evidence does not show them.

    Only a file has a Last-Modified and an ETag; `ranges` says that Range counts, `single_range` that one does.
    """

    size: int | None
    mtime: int | None = None
    is_file: bool = False
    ranges: bool = False
    single_range: bool = False


class Sent(NamedTuple):
    """A response was sent as it stands, past error_page; None: no refusal, and its status hangs on content.

    A `body` goes through nginx's filters for Range and If-*.
    """

    code: int | None
    body: Body | None = None


class Redirect(NamedTuple):
    """An internal redirect to another URI."""

    uri: str
    arguments: str


class Named(NamedTuple):
    """A jump to a named location."""

    name: str


class HandedOn(NamedTuple):
    """Another program answers."""

    program: str


class Closed(NamedTuple):
    """nginx closes the connection without an answer (`return 444`)."""

    def __bool__(self) -> bool:
        """An outcome like any other, though it holds nothing: an empty tuple would be false."""
        return True


Outcome = Status | Sent | Redirect | Named | HandedOn | Closed


class Cause(NamedTuple):
    """Why a status came about: the mechanism's name, its place, the chain and the error log's words."""

    name: str
    where: Place | None
    because: tuple[Because, ...]
    log: str | None


class Unknown(NamedTuple):
    """A value that the evidence does not show; it may flow through values and stops only where a decision needs it."""

    missing: Missing


class Undecided(Exception):
    """A decision needs what the evidence does not show."""

    def __init__(self, missing: Missing) -> None:
        super().__init__(missing.name)
        self.missing = missing


class OpenQuestion(Exception):
    """A yes-or-no test hangs on what the evidence does not show; the run is repeated with either answer."""

    def __init__(self, missing: Missing) -> None:
        super().__init__(missing.name)
        self.missing = missing
