"""nginx's own view of a refusal: where in the configuration the request ended, and why it was asked."""

from typing import NamedTuple

from audit403.nginx.model.context import AccessRule, Context
from audit403.nginx.model.location import Location
from audit403.nginx.model.server import Server
from audit403.nginx.model.socket import Socket

PURPOSE_PAGE = "page"
PURPOSE_PROBE = "probe"
PURPOSE_HOME = "home"
PURPOSE_CERTIFICATE = "certificate"
PURPOSE_TWIN_NAME = "twin-name"
PURPOSE_DIRECTORY = "directory"
PURPOSE_FILE = "file"
PURPOSE_HIDDEN = "hidden"
"""Why a request was asked: an ordinary page of a location, a made-up file in it, the site's home page, the challenge of
a certificate authority, the name beside a served one (www or not), a directory or a file of the tree, or one whose
name or folder begins with a dot."""


class Subject(NamedTuple):
    """The server block and location that took the witness, its purpose, and what else a judgement needs.

    `permitted_below` is the allow that stands behind the deny that refused this client, `permitted_above` the allow of
    the list that a nearer one replaces, `path` the file or directory that the witness names, `meant` the server block
    that a twin name belongs to, `names` what lies in
    the directory, `members` the files that share the fate of the one that was asked for.
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
