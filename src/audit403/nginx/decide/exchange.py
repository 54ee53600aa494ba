"""One request on its way through nginx: the mutable state that the phases share.

Truth: ngx_http_request_t in src/http/ngx_http_request.h.
"""

from typing import TYPE_CHECKING

from audit403.core.open_question import Unknown
from audit403.core.request import Request
from audit403.core.traced import Cause, Traced
from audit403.http.regex import Captured
from audit403.nginx.model.address import Address
from audit403.nginx.model.context import Context
from audit403.nginx.model.server import Server
from audit403.nginx.model.socket import Socket
from audit403.nginx.read.tree import Directive

if TYPE_CHECKING:
    from audit403.nginx.decide.evaluator import Evaluator

MAX_URI_CHANGES = 10
Value = str | Unknown | None
"""A variable's value; None is nginx's `not found`."""


class Exchange(Traced):
    """The state of one request, or of one subrequest of it."""

    __slots__ = (
        "add_uri_to_alias",
        "args",
        "before_uri",
        "body_discarded",
        "cached_directories",
        "captures",
        "client",
        "connection_client",
        "content_handler",
        "context",
        "counted",
        "credentials",
        "depth",
        "err_status",
        "error_page_used",
        "evaluator",
        "fastcgi_names",
        "filtered",
        "flushed",
        "handed_on",
        "host",
        "http_10",
        "internal",
        "is_subrequest",
        "left_over",
        "limit_rate",
        "location_context",
        "main",
        "method",
        "plus_in_uri",
        "quoted_uri",
        "real_ip_done",
        "refusal",
        "request",
        "request_line_target",
        "response_status",
        "response_text",
        "secure_link_expires",
        "server",
        "socket",
        "tls_server",
        "uri",
        "uri_changed",
        "uri_changes",
        "valid_location",
        "valid_unparsed_uri",
        "variable_depth",
        "variables",
        "variables_computed",
    )

    def __init__(self, evaluator: "Evaluator", request: Request, socket: Socket, server: Server) -> None:
        super().__init__()
        self.evaluator = evaluator
        self.main: Exchange = self
        self.request = request
        self.socket = socket
        self.server = server
        self.context: Context = server
        self.location_context: Context = server
        self.method = request.method
        self.host = ""
        self.uri = "/"
        self.before_uri = ""
        self.cached_directories: set[tuple[Directive | None, str]] = set()
        self.args = ""
        self.request_line_target = request.target
        self.quoted_uri = False
        self.plus_in_uri = False
        self.internal = False
        self.http_10 = False
        self.valid_unparsed_uri = True
        self.body_discarded = False
        self.counted: set[str] = set()
        self.uri_changed = False
        self.valid_location = True
        self.add_uri_to_alias = False
        self.uri_changes = MAX_URI_CHANGES + 1
        self.error_page_used = False
        self.err_status = 0
        self.filtered = False
        self.handed_on = False
        self.fastcgi_names: tuple[str, str] | None = None
        self.content_handler: Directive | None = None
        self.is_subrequest = False
        self.captures: Captured | None = None
        self.variables: dict[str, Value] = {}
        self.left_over: dict[str, Value] = {}
        self.variable_depth = 0
        self.variables_computed = 0
        self.flushed: set[str] = set()
        self.limit_rate = 0
        self.client: Address = Address("ipv4", 0)
        self.connection_client: Address = self.client
        self.real_ip_done = False
        self.response_status = 0
        self.response_text: str | Unknown | None = None
        self.credentials: tuple[str, str] | None = None
        self.secure_link_expires: str | None = None
        self.refusal: Cause | None = None
        self.depth = 0
        self.tls_server: Server = server

    def discard_body(self) -> None:
        """Nginx reads the body and throws it away; after that no limit on it counts. A subrequest leaves it alone."""
        self.body_discarded = self.body_discarded or not self.is_subrequest
