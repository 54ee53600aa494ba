"""One request on its way through httpd: the mutable state that the phases share.

Truth: request_rec in include/httpd.h. A subrequest has its `main`, an internal redirect its `prev`.
"""

from typing import TYPE_CHECKING, Any

from audit403.apache.model.core_config import CORE, CoreConfig
from audit403.apache.model.per_dir import PerDir
from audit403.apache.model.server import Server
from audit403.core.named_tuple import NamedTuple
from audit403.core.open_question import Unknown
from audit403.core.request import Request, Tls
from audit403.core.traced import Traced
from audit403.evidence.interface import Entry
from audit403.http.address import Address

if TYPE_CHECKING:
    from audit403.apache.decide.directory_walk import WalkCache
    from audit403.apache.decide.evaluator import Evaluator

Value = str | Unknown
"""An environment variable's or a header's value; what is not there is not in the table."""

NOT_PROXIED, FORWARD, REVERSE = "", "forward", "reverse"
"""What `proxied` says: httpd's r->proxyreq."""


class Connection(NamedTuple):
    """What the connection says: its two addresses (`local` None: any), the port, TLS, and its virtual hosts."""

    local: Address | None
    port: int
    client: Address
    tls: Tls | None


class Table:
    """An apr_table: names in any case, the last value set for each."""

    __slots__ = ("_values",)

    def __init__(self, values: "dict[str, tuple[str, Value]] | None" = None) -> None:
        self._values = {} if values is None else values

    def get(self, name: str) -> Value | None:
        """The value, or None."""
        found = self._values.get(name.lower())
        return None if found is None else found[1]

    def set(self, name: str, value: Value) -> None:
        """Set a value; a name that is there keeps its letters."""
        key = name.lower()
        known = self._values.get(key)
        self._values[key] = (name if known is None else known[0], value)

    def unset(self, name: str) -> None:
        """Take a value away."""
        self._values.pop(name.lower(), None)

    def items(self) -> list[tuple[str, Value]]:
        """All names, as they are written, with their values."""
        return list(self._values.values())

    def copy(self) -> "Table":
        """The same values, in a table of its own."""
        return Table(dict(self._values))

    def renamed(self, prefix: str) -> "Table":
        """The same values under other names."""
        return Table({prefix.lower() + key: (prefix + name, value) for key, (name, value) in self._values.items()})


class Exchange(Traced):
    """The state of one request, of an internal redirect, or of a subrequest.

    `uri` is the decoded path, `unparsed_uri` what was asked for, `args` the query string or None. `filename` is the
    path in the file system as far as it is there, `path_info` what is left of it; `found` is the entry at `filename`
    (None: nothing is there), links followed.
    """

    __slots__ = (
        "allowed",
        "answered_by",
        "args",
        "client",
        "connection",
        "content_encoding",
        "content_languages",
        "content_type",
        "context_document_root",
        "context_prefix",
        "deliver_script",
        "depth",
        "env",
        "error_code",
        "evaluator",
        "extra",
        "filename",
        "found",
        "handed_to",
        "handler",
        "headers",
        "hostname",
        "is_head",
        "main",
        "method",
        "method_text",
        "notes",
        "page_of",
        "path_info",
        "per_dir",
        "prev",
        "protocol",
        "proxied",
        "request",
        "request_scheme",
        "server",
        "status",
        "status_known",
        "type_trusted",
        "unparsed_uri",
        "uri",
        "used_path_info",
        "user",
        "user_auth_type",
        "walk_cache",
    )

    def __init__(self, evaluator: "Evaluator", request: Request, connection: Connection, server: Server) -> None:
        super().__init__()
        self.evaluator = evaluator
        self.request = request
        self.connection = connection
        self.server = server
        self.per_dir: PerDir = server.lookup_defaults
        self.main: Exchange | None = None
        self.prev: Exchange | None = None
        #: The exchange that the answer came from in the end, where a handler has redirected the request internally.
        self.answered_by: Exchange | None = None
        #: The exchange that was refused, where this one is the page of its ErrorDocument.
        self.page_of: Exchange | None = None
        self.method = "GET" if request.method == "HEAD" else request.method
        self.is_head = request.method == "HEAD"
        #: The method as it is written; `method` is what counts for `<Limit>`, and HEAD counts as GET.
        self.method_text = request.method
        self.protocol = "HTTP/1.1"
        self.hostname: str | None = None
        self.request_scheme: str | None = None
        self.headers = Table()
        self.uri = "/"
        self.unparsed_uri = request.target
        self.args: str | None = None
        self.filename: str | None = None
        self.path_info = ""
        self.found: Entry | None = None
        self.client: Address = connection.client
        self.user: Value | None = None
        self.user_auth_type: str | None = None
        self.handler: str | None = None
        self.content_type: str | None = None
        self.content_encoding: str | None = None
        self.content_languages: tuple[str, ...] = ()
        #: Whether the type may name the handler; a response header's may not.
        self.type_trusted = False
        self.proxied = NOT_PROXIED
        self.env = Table()
        self.notes: dict[str, Any] = {}
        self.allowed: set[str] = set()
        self.used_path_info = "default"
        self.deliver_script = True
        self.status = 200
        self.status_known = True
        self.handed_to: str | None = None
        self.error_code = 0
        self.context_prefix = ""
        self.context_document_root: str | None = None
        self.depth = 0
        #: What the directory walk leaves for subrequests and redirects.
        self.walk_cache: WalkCache | None = None
        #: What modules keep for a request (r->request_config), by module.
        self.extra: dict[str, Any] = {}

    def merged_onto(self, base: PerDir, found: PerDir, *, familiar: bool) -> PerDir:
        """What a walk has found, laid over what is in effect.

        httpd lets a subrequest in without asking again where its configuration is the very same object; with modules
        that look at more than the configuration it is a new one, unless the walk was `familiar`.
        """
        if familiar or self.evaluator.trusts_same_configuration:
            return base.merged(found)
        return base.merged_again(found)

    def set_type(self, content_type: str | None, *, trusted: bool) -> None:
        """Set the content type; one that the configuration says is trusted to name the handler."""
        self.content_type, self.type_trusted = content_type, trusted

    def config(self, module: str, empty: Any) -> Any:
        """What the module is told here, or `empty`."""
        found = self.per_dir.slots.get(module)
        return empty if found is None else found

    @property
    def core(self) -> CoreConfig:
        """What the core is told here."""
        found: CoreConfig = self.per_dir.slots.get(CORE, _NO_CORE)  # type: ignore[assignment]
        return found

    @property
    def document_root(self) -> str:
        """The document root, which a module may have changed for this request."""
        found: str = self.notes.get("document-root") or self.server.document_root
        return found

    def header(self, name: str) -> Value | None:
        """A request header."""
        return self.headers.get(name)

    def subject(self) -> str:
        """What httpd names in `client denied by server configuration`: the file name, otherwise the URI."""
        return f"uri {self.uri}" if self.filename is None else self.filename

    def share_trace(self, other: "Exchange") -> None:
        """Go on in the trace of another exchange, with its assumed answers."""
        self.steps, self.answers, self.asked = other.steps, other.answers, other.asked


_NO_CORE = CoreConfig()
