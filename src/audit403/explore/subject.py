"""Why a request was asked, the kinds of requests that a refusal hits, and the files that refuse."""

from typing import Any

from audit403.core.named_tuple import NamedTuple
from audit403.core.request import Request

PURPOSE_PAGE = "page"
PURPOSE_PROBE = "probe"
PURPOSE_HOME = "home"
PURPOSE_CERTIFICATE = "certificate"
PURPOSE_TWIN_NAME = "twin-name"
PURPOSE_WRITTEN_NAME = "written-name"
PURPOSE_OTHER_SOCKET = "other-socket"
PURPOSE_TAKEN_NAME = "taken-name"
PURPOSE_DIRECTORY = "directory"
PURPOSE_FILE = "file"
PURPOSE_HIDDEN = "hidden"
PURPOSE_ORDINARY = "ordinary"
PURPOSE_EXCEPTION = "exception"
PURPOSE_LINKED = "linked"
"""Why a request was asked: an ordinary page of a location, a made-up file in it, the site's home page, the challenge of
a certificate authority, the name beside a served one (www or not), a name as a Host header has it where server_name is
written otherwise, a name that another socket serves, one that a server has and another one takes, a directory or a file
of the tree, or one whose name or folder begins with a dot; an address such as every site has, or one that a pattern
names as its exception, where the pattern refuses it; a file that a page loads."""
MEANT_NAMES = (PURPOSE_TWIN_NAME, PURPOSE_WRITTEN_NAME, PURPOSE_OTHER_SOCKET, PURPOSE_TAKEN_NAME)
"""The purposes of requests for a name that strays to a default server; the subject's `meant` is whose it is."""
WAY_INDEX = "index"
WAY_TRY_FILES = "try_files"
WAY_REWRITE = "rewrite"
WAY_ERROR_PAGE = "error_page"
"""What sent a request on inside nginx to the place that refuses it."""
_TELLING = (PURPOSE_HOME, PURPOSE_PAGE, PURPOSE_ORDINARY, PURPOSE_PROBE, PURPOSE_FILE, PURPOSE_DIRECTORY)


_ORDER = (PURPOSE_HOME, PURPOSE_PAGE, PURPOSE_DIRECTORY, PURPOSE_FILE, PURPOSE_PROBE, PURPOSE_CERTIFICATE)
_LAST = (PURPOSE_LINKED, PURPOSE_ORDINARY, PURPOSE_EXCEPTION, *MEANT_NAMES, PURPOSE_HIDDEN)
_RANK = {purpose: rank for rank, purpose in enumerate((*_ORDER, *_LAST))}


def rank_of(purpose: str) -> int:
    """How good a witness a request of a purpose is, the best first."""
    return _RANK.get(purpose, len(_RANK))


def telling(purpose: str) -> int:
    """How much it says that requests of a purpose are refused, the most first."""
    return _TELLING.index(purpose) if purpose in _TELLING else len(_TELLING)


class Hit(NamedTuple):
    """One of the kinds of request that a refusal hits, and the most ordinary of its kind.

    `way` is what sent it on to where it is refused, None where it came by its own address; `meant` the location that it
    was made for, where another one refuses it; `members` the files that share its fate; `page` the page that loads it.
    """

    request: Request
    purpose: str
    way: str | None
    path: str | None = None
    meant: Any | None = None
    members: tuple[str, ...] = ()
    page: str | None = None


class Blocked(NamedTuple):
    """One file or directory that refuses.

    `target` is refused by it, `purpose` the best reason that anybody had to come there, and `places` lie behind it.
    """

    path: str
    target: str
    places: int
    purpose: str
