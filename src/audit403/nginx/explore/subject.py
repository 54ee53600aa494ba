"""nginx's own view of a refusal: where in the configuration the request ended, and why it was asked."""

from collections.abc import Collection

from audit403.core.named_tuple import NamedTuple
from audit403.explore.subject import Blocked, Hit
from audit403.nginx.model.context import AccessRule, Context
from audit403.nginx.model.location import Location
from audit403.nginx.model.server import Server
from audit403.nginx.model.socket import Socket


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
    names: Collection[str] = ()
    members: tuple[str, ...] = ()
    way: str | None = None
    hits: tuple[Hit, ...] = ()
    blocking: tuple[Blocked, ...] = ()
