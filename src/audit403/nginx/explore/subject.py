"""nginx's own view of a refusal: where in the configuration the request ended, and why it was asked."""

from audit403.core.named_tuple import NamedTuple
from audit403.core.request import Request
from audit403.nginx.model.context import AccessRule, Context
from audit403.nginx.model.location import Location
from audit403.nginx.model.server import Server
from audit403.nginx.model.socket import Socket

PURPOSE_PAGE = "page"
PURPOSE_PROBE = "probe"
PURPOSE_HOME = "home"
PURPOSE_CERTIFICATE = "certificate"
PURPOSE_TWIN_NAME = "twin-name"
PURPOSE_WRITTEN_NAME = "written-name"
PURPOSE_OTHER_SOCKET = "other-socket"
PURPOSE_DIRECTORY = "directory"
PURPOSE_FILE = "file"
PURPOSE_HIDDEN = "hidden"
PURPOSE_ORDINARY = "ordinary"
PURPOSE_EXCEPTION = "exception"
PURPOSE_LINKED = "linked"
"""Why a request was asked: an ordinary page of a location, a made-up file in it, the site's home page, the challenge of
a certificate authority, the name beside a served one (www or not), a name as a Host header has it where server_name is
written otherwise, a name that another socket serves, a directory or a file of the tree, or one whose name or folder
begins with a dot; an address such as every site has, or one that a pattern names as its exception, where the pattern
refuses it; a file that a page loads."""
MEANT_NAMES = (PURPOSE_TWIN_NAME, PURPOSE_WRITTEN_NAME, PURPOSE_OTHER_SOCKET)
"""The purposes of requests for a name that strays to a default server; the subject's `meant` is whose it is."""


WAY_INDEX = "index"
WAY_TRY_FILES = "try_files"
WAY_REWRITE = "rewrite"
WAY_ERROR_PAGE = "error_page"
"""What sent a request on inside nginx to the place that refuses it."""


_TELLING = (PURPOSE_HOME, PURPOSE_PAGE, PURPOSE_ORDINARY, PURPOSE_PROBE, PURPOSE_FILE, PURPOSE_DIRECTORY)


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
    meant: Location | None = None
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


class Subject(NamedTuple):
    """The server block and location that took the witness, its purpose, and what else a judgement needs.

    `permitted_below` is the allow that stands behind the deny that refused this client, `permitted_above` the allow of
    the list that a nearer one replaces, `path` the file or directory that the witness names, `meant` the server block
    that a twin name belongs to, `names` what lies in
    the directory, `members` the files that share the fate of the one that was asked for, `way` what sent the witness
    on to where it is refused, `hits` the kinds of requests that are refused here, the witness among them, `blocking`
    the files or directories of one kind that refuse, each in its place.
    """

    server: Server
    socket: Socket
    location: Location | None
    context: Context | None
    purpose: str
    path: str | None = None
    permitted_below: AccessRule | None = None
    permitted_above: AccessRule | None = None
    meant: Server | None = None
    names: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    way: str | None = None
    hits: tuple[Hit, ...] = ()
    blocking: tuple[Blocked, ...] = ()
