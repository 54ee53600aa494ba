"""One request as a client sends it: what every evaluator of an HTTP server is asked about.

The terms are those of RFC 9110 and RFC 9112. All text is UTF-8 with surrogate escapes, so that any byte survives.
"""

from audit403.core.named_tuple import NamedTuple


class Tls(NamedTuple):
    """The client's side of the handshake; `client_certificate` is none, verified or failed."""

    sni: str | None = None
    client_certificate: str = "none"


class Request(NamedTuple):
    """A request: `target` is everything after the authority, `host` the Host header (None: the header is absent).

    `to` is the server address that the client connected to, `port` the port; `body_length` is in bytes; `over_limits`
    says that the client has used up every rate and connection limit. Of services that know who
    signs a request, `principal` is that (None: nobody), and `context` what the request brings besides;
    `way` names the way in which it comes, of those that the service knows.
    """

    method: str
    scheme: str
    host: str | None
    port: int
    target: str
    client: str
    headers: tuple[tuple[str, str], ...] = ()
    to: str | None = None
    tls: Tls | None = None
    body_length: int | None = None
    over_limits: bool = False
    principal: str | None = None
    context: tuple[tuple[str, str], ...] = ()
    way: str | None = None

    def header(self, name: str) -> str | None:
        """The value of the first header with this lower-case name."""
        for key, value in self.headers:
            if key.lower() == name:
                return value
        return None

    def url(self) -> str:
        """The request's URL as a person would type it."""
        host = self.host or self.to or "localhost"
        default = 443 if self.scheme == "https" else 80
        if self.port != default and not host.rsplit(":", 1)[-1].isdigit():
            host = f"{host}:{self.port}"
        return f"{self.scheme}://{host}{self.target}"
