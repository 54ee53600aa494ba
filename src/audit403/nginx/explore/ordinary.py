"""What an ordinary client looks like, and whom else a configuration may mean.

The addresses are those that RFC 5737 and RFC 3849 set aside for documentation: no configuration names them by chance.
"""

from audit403.core.request import Request, Tls
from audit403.nginx.model.address import IPV6, UNIX
from audit403.nginx.model.server import Server
from audit403.nginx.model.socket import Socket

CLIENT_IPV4 = "203.0.113.9"
CLIENT_IPV6 = "2001:db8::9"
CLIENT_PRIVATE_IPV6 = "fd00::5"
CLIENTS = (
    CLIENT_IPV4,
    CLIENT_IPV6,
    "10.0.0.5",
    "192.168.1.5",
    "172.16.0.5",
    "127.0.0.1",
    "198.51.100.7",
    CLIENT_PRIVATE_IPV6,
    "::1",
)
"""Addresses of every kind that configurations speak of, the most ordinary first."""
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
UNKNOWN_HOST = "unknown.example"


def ordinary_request(server: Server, socket: Socket, target: str, host: str | None = None) -> Request:
    """A browser's direct visit to a URL of a server block, through one of its sockets."""
    listen = socket.listen
    name = host if host is not None else host_of(server)
    tls = Tls(name, "none") if socket.tls else None
    return Request(
        "GET",
        "https" if socket.tls else "http",
        name,
        listen.port,
        target,
        client_for(socket),
        (("User-Agent", BROWSER),),
        None if listen.address is None else listen.address.text(),
        tls,
    )


def host_of(server: Server) -> str:
    """A name that the server block answers to."""
    return next(iter(hosts_of(server)), UNKNOWN_HOST)


def hosts_of(server: Server) -> list[str]:
    """A name for each server_name, the plain ones first."""
    found: dict[str, None] = {}
    for name in server.names:
        if name.text is not None and name.text not in ("", "_"):
            found[concrete_name(name.text)] = None
    for name in server.names:
        if name.regex is not None:
            from audit403.nginx.explore.regex_witness import witness_of

            made = witness_of(name.regex)
            if made:
                found[made] = None
        elif name.text == "_":
            found["_"] = None
    return list(found)


def concrete_name(name: str) -> str:
    """A host name that fits a server_name with wildcards."""
    if name.startswith("*."):
        return "www" + name[1:]
    if name.startswith("."):
        return name[1:]
    return name[:-1] + "example" if name.endswith(".*") else name


def client_for(socket: Socket) -> str:
    """The ordinary client of a socket's family."""
    if socket.listen.family == UNIX:
        return "unix:"
    return CLIENT_IPV6 if socket.listen.family == IPV6 else CLIENT_IPV4
