"""What a phase hands back to the run of phases."""

from audit403.core.named_tuple import NamedTuple


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
