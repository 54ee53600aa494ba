"""What an ordinary client looks like, and whom else a configuration may mean.

The addresses are those that RFC 5737 and RFC 3849 set aside for documentation: no configuration names them by chance.
"""

from audit403.core.request import Request, Tls
from audit403.nginx.model.address import IPV4, IPV6
from audit403.nginx.model.server import Server
from audit403.nginx.model.socket import Socket

CLIENT_IPV4 = "203.0.113.9"
CLIENT_IPV6 = "2001:db8::9"
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
        CLIENT_IPV6 if listen.family == IPV6 else CLIENT_IPV4,
        (("User-Agent", BROWSER),),
        None if listen.address is None else listen.address.text(),
        tls,
    )


def host_of(server: Server) -> str:
    """A name that the server block answers to."""
    for name in server.names:
        if name.text is not None and name.text not in ("", "_"):
            return concrete_name(name.text)
    for name in server.names:
        if name.regex is not None:
            from audit403.nginx.explore.regex_witness import witness_of

            made = witness_of(name.regex)
            if made:
                return made
    return UNKNOWN_HOST


def concrete_name(name: str) -> str:
    """A host name that fits a server_name with wildcards."""
    if name.startswith("*."):
        return "www" + name[1:]
    if name.startswith("."):
        return name[1:]
    return name[:-1] + "example" if name.endswith(".*") else name


def client_for(socket: Socket) -> str:
    """The ordinary client of a socket's family."""
    return CLIENT_IPV6 if socket.listen.family == IPV6 else CLIENT_IPV4


def sockets_of(server: Server, sockets: list[Socket]) -> list[Socket]:
    """One socket a family and kind through which the server block can be reached."""
    chosen: dict[tuple[str, bool], Socket] = {}
    for socket in sockets:
        if server in socket.servers and socket.listen.family in (IPV4, IPV6):
            chosen.setdefault((socket.listen.family, socket.tls), socket)
    return list(chosen.values())
