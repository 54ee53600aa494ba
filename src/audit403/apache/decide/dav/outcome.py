"""How a DAV method ends without success, and what it is about: dav_error, dav_error_response and dav_handle_err.

Truth: modules/dav/main/mod_dav.c and util.c. What mod_dav sends itself (`sent`) is past ErrorDocument.
"""

from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.files import error_text
from audit403.apache.decide.outcome import DONE, FORBIDDEN
from audit403.apache.model.dav import DAV, DavConfig
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Because, PathPlace, Place
from audit403.evidence.interface import DIRECTORY, Entry
from audit403.files.resolve import Resolution

MULTI_STATUS, CONFLICT, PRECONDITION_FAILED, FAILED_DEPENDENCY = 207, 409, 412, 424
BAD_GATEWAY = 502
NOTHING = DavConfig()
_NEEDS = {
    "search": "httpd may not search this directory",
    "write": "httpd may not write here",
    "delete": "httpd may not delete this",
}


class Failure(Exception):
    """A method that ends with a status; `words` as httpd logs them, without the number for `number` (an AH number)."""

    def __init__(
        self,
        status: int,
        words: str = "",
        *,
        sent: bool = False,
        number: str | None = None,
        cause: str = "dav",
        place: Place | None = None,
        message: str = "",
        errno: int = 0,
    ) -> None:
        super().__init__(words)
        self.status, self.words, self.sent, self.number = status, words, sent, number
        self.cause, self.place, self.message, self.errno = cause, place, message, errno

    def log(self) -> str | None:
        """The line of the error log."""
        if self.number is not None:
            return f"{self.number}: {self.words}"
        if self.sent or not self.words:
            return None
        return f"{error_text(self.errno) if self.errno else ''}{self.words}  [{self.status}, #0]"


class TooLarge(Exception):
    """The body is larger than LimitRequestBody allows; why is recorded already."""


class Resource(NamedTuple):
    """What a method is about: dav_resource. `asked` says that it is what a request is for, and not its parent."""

    uri: str
    path: str
    entry: Entry | None
    place: str = ""
    asked: bool = True
    has_path_info: bool = False

    @property
    def exists(self) -> bool:
        """Whether it is there."""
        return self.entry is not None

    @property
    def is_collection(self) -> bool:
        """Whether it is a directory."""
        return self.entry is not None and self.entry.kind == DIRECTORY


def refused_by_file(found: Resolution, path: str, words: str, status: int = FORBIDDEN) -> Failure:
    """The failure that a system call makes."""
    place = PathPlace(path) if found.blocker is None else found.blocker.place
    need = "" if found.blocker is None else found.blocker.need
    message = _NEEDS.get(need, "this cannot be done here")
    return Failure(status, words, cause="dav-refused", place=place, message=message, errno=found.errno)


def config_of(exchange: Exchange) -> DavConfig:
    """What mod_dav is told here."""
    found: DavConfig = exchange.config(DAV, NOTHING)
    return found


def failed(exchange: Exchange, failure: Failure) -> int:
    """End a request with a failure."""
    config = config_of(exchange)
    where: Place | None = None if config.directive is None else config.directive.span
    also: tuple[Because, ...] = ()
    if failure.place is not None:
        if where is not None:
            also = (Because(where, f"lets {exchange.method} come here"),)
        where = failure.place
    met = False if failure.place is not None else None
    exchange.step("handler", f"{failure.words or exchange.method}: {failure.status}", failure.place, met)
    exchange.decided(failure.cause, where, failure.message or failure.words, log=failure.log(), also=also)
    return sent(exchange, failure.status) if failure.sent else failure.status


def sent(exchange: Exchange, status: int) -> int:
    """End a request with an answer that mod_dav sends itself."""
    exchange.status = status
    return DONE
