"""The lock database: where it is, and whether httpd can open it. Nothing is taken to be locked.

Truth: modules/dav/fs/lock.c, dav_get_resource_state in modules/dav/main/util_lock.c, and how Berkeley DB, which is what
APR uses for it where it is built in, opens a file. Which locks there are is the server's state.
"""

from errno import ENOENT

from audit403.apache.decide.dav.outcome import Failure, Resource, refused_by_file
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.outcome import SERVER_ERROR
from audit403.apache.model.dav import DAV_FS, DavFsServer
from audit403.core.place import Place
from audit403.evidence.interface import DIRECTORY
from audit403.files.changing_tree import ChangingTree

EXISTS, NULL, ERROR = "exists", "null", "error"
_NO_DATABASE = (
    "A lock database was not specified with the DAVLockDB directive. One must be specified to use the locking "
    "functionality."
)
_NO_SERVER = DavFsServer()


class Locks:
    """The lock database for one request."""

    def __init__(self, exchange: Exchange, tree: ChangingTree) -> None:
        server: DavFsServer = exchange.server.slots.get(DAV_FS, _NO_SERVER)
        self.path = server.lock_database
        self.place: Place | None = None if server.directive is None else server.directive.span
        self._tree = tree
        self._exchange = exchange
        self._opened = False

    def open(self) -> None:
        """Say that the database will be used. Raises Failure where there is none."""
        if self.path is None:
            raise Failure(SERVER_ERROR, _NO_DATABASE, cause="dav-no-lock-database")

    def query(self) -> None:
        """Open the database to write to it. Raises Failure where that cannot be done."""
        self.open()
        if self._opened:
            return
        assert self.path is not None
        tree, path = self._tree, self.path
        found = tree.stat(path)
        if found.errno == ENOENT:
            found = tree.may_create(path)
        elif not found.errno and found.entry is not None and found.entry.kind != DIRECTORY:
            found = tree.open(path)
            if not found.errno:
                found = tree.create(path)
        elif not found.errno:
            raise Failure(SERVER_ERROR, "Could not open the lock database.", cause="dav-lock-database")
        met = not found.errno
        self._exchange.step("handler", f"the lock database {path}", self.place, met, f"file:{path}", "writable")
        if not met:
            failure = refused_by_file(found, path, "Could not open the lock database.", SERVER_ERROR)
            failure.cause = "dav-lock-database"
            raise failure
        self._opened = True

    def state(self, resource: Resource) -> str:
        """Whether something is there (dav_get_resource_state)."""
        if resource.exists:
            return EXISTS
        if resource.has_path_info or self.path is not None:
            return NULL
        return ERROR
