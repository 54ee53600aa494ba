"""The way back from a variable that nginx takes from the request to what a client sends.

Each function proposes requests in which the variable may be what is wanted; the evaluator says whether it is.
"""

from collections.abc import Iterator

from audit403.core.request import Request, Tls
from audit403.explore.borders import addresses_like
from audit403.explore.fields import (
    METHODS,
    USER_AGENTS,
    header_of,
    with_argument,
    with_cookie,
    with_credentials,
    with_header,
    with_target,
)
from audit403.explore.ordinary import UNKNOWN_HOST, quoted
from audit403.explore.regex_witness import witnesses
from audit403.explore.wish import Wish, matching
from audit403.http.regex import InvalidRegex, compile_regex
from audit403.nginx.explore.doors import Door, family_of, from_client, hosts_of, taken_by, through
from audit403.nginx.model.context import Context
from audit403.nginx.model.server import Server

_CERTIFICATES = (("none", "NONE"), ("verified", "SUCCESS"), ("failed", "FAILED:unable to verify the first certificate"))
_REFERERS = ("", "https://www.google.com/", "https://some-other-site.example/", "blocked")
_MOST_LISTS = 8
OF_DOORS = ("scheme", "https", "server_port", "server_addr")


class Values:
    """Proposes requests to one server block."""

    def __init__(self, server: Server, doors: list[Door]) -> None:
        self.server = server
        self.doors = doors

    def known(self, name: str) -> tuple[str, ...] | None:
        """The values that a variable may have; None where it may be anything."""
        if name == "request_method":
            return METHODS
        if name in OF_DOORS:
            return tuple(dict.fromkeys(_of_door(door, name) for door in self.doors))
        if name == "ssl_client_verify":
            return ("", *(shown for _, shown in _CERTIFICATES))
        return {"is_args": ("", "?"), "invalid_referer": ("", "1"), "secure_link": ("", "0", "1")}.get(name)

    def requests(self, request: Request, name: str, wish: Wish) -> Iterator[Request]:
        """Requests like this one in which the variable may be what is wanted."""
        if name.startswith("arg_"):
            for text in wish.fitting(("1", "")):
                yield with_argument(request, name[4:], text)
        elif name.startswith("cookie_"):
            for text in wish.fitting(("1", "")):
                yield with_cookie(request, name[7:], text)
        elif name in ("host", "http_host", "ssl_server_name"):
            yield from self._hosts(request, name, wish)
        elif name.startswith("http_") or name == "content_type":
            header = header_of(name)
            for text in wish.fitting(USER_AGENTS if header == "user-agent" else ("",)):
                yield with_header(request, header, text or None)
        elif name == "request_method":
            for text in wish.fitting(METHODS):
                if text.isascii() and text.replace("-", "").replace("_", "").isalpha() and text.isupper():
                    yield request._replace(method=text)
        elif name in ("remote_addr", "binary_remote_addr", "realip_remote_addr"):
            for client in addresses_like(wish):
                changed = from_client(request, client, self.doors) if wish.accepts(client) else None
                if changed is not None:
                    yield changed
        else:
            yield from self._of_target(request, name, wish)

    def _of_target(self, request: Request, name: str, wish: Wish) -> Iterator[Request]:
        path, mark, arguments = request.target.partition("?")
        if name in ("uri", "document_uri", "request_filename"):
            for text in wish.fitting(tuple(_beside(path, wish))):
                if text.startswith("/"):
                    yield with_target(request, quoted(text) + mark + arguments)
        elif name == "request_uri":
            for text in wish.fitting(tuple(_raw_targets(path, wish))):
                yield with_target(request, text)
        elif name == "request":
            for target in _raw_targets(path, wish):
                for method in dict.fromkeys((request.method, *METHODS)):
                    if wish.accepts(f"{method} {target} HTTP/1.1"):
                        yield with_target(request, target)._replace(method=method)
        elif name in ("args", "query_string", "is_args"):
            for text in wish.fitting(("", "a=1")):
                yield with_target(request, f"{path}?{text.removeprefix('?')}" if text else path)
        else:
            yield from self._less_common(request, name, wish)

    def _less_common(self, request: Request, name: str, wish: Wish) -> Iterator[Request]:
        if name in OF_DOORS:
            for door in self.doors:
                if wish.accepts(_of_door(door, name)):
                    yield through(request, door)
        elif name == "ssl_client_verify":
            yield from self._certificates(request, wish)
        elif name == "invalid_referer":
            yield from self._referers(request)
        elif name == "content_length":
            for text in wish.fitting(("", "1", "100", "1000000", "100000000")):
                if not text or (text.isascii() and text.isdigit()):
                    length = int(text) if text else None
                    yield request._replace(method="POST" if text else request.method, body_length=length)
        elif name == "remote_user":
            for text in wish.fitting(("",)):
                yield (
                    with_credentials(request, text, "password") if text else with_header(request, "authorization", None)
                )

    def _certificates(self, request: Request, wish: Wish) -> Iterator[Request]:
        secure = (
            [request] if request.tls is not None else [through(request, door) for door in self.doors if door.socket.tls]
        )
        for base in secure[:1]:
            for certificate, shown in _CERTIFICATES:
                if wish.accepts(shown) and base.tls is not None:
                    yield base._replace(tls=Tls(base.tls.sni, certificate))
        if request.tls is not None and wish.accepts(""):
            yield from (through(request, door) for door in self.doors if not door.socket.tls)

    def _hosts(self, request: Request, name: str, wish: Wish) -> Iterator[Request]:
        """Other names of this server block; a default server answers to any."""
        names = (*hosts_of(self.server), *_more_hosts(self.server, wish), UNKNOWN_HOST)
        ports = (f":{request.port}", *(f":{text.rpartition(':')[2]}" for text in wish.texts if ":" in text))
        with_ports = tuple(f"{host}{port}" for port in ports for host in names) if name == "http_host" else ()
        for text in wish.fitting((*names, *with_ports)):
            door = self._door_for(request, text)
            if door is not None:
                moved = through(request, door) if _kind_of(request) != door.kind else request
                tls = moved.tls if moved.tls is None else moved.tls._replace(sni=text.partition(":")[0])
                yield moved._replace(host=text, tls=tls)

    def _door_for(self, request: Request, host: str) -> Door | None:
        """A door where a host leads to this server block; the one that the request takes if it is among them."""
        fitting = [door for door in self.doors if host and taken_by(door.socket, host) is self.server]
        kind = _kind_of(request)
        return next((door for door in fitting if door.kind == kind), fitting[0] if fitting else None)

    def _referers(self, request: Request) -> Iterator[Request]:
        own = f"{request.scheme}://{request.host}/"
        for referer in (own, *_REFERERS):
            yield with_header(request, "referer", referer or None)
        for words in self._every("valid_referers"):
            for word in words:
                if not word.startswith("~") and word not in ("none", "blocked", "server_names"):
                    yield with_header(request, "referer", "https://" + word.replace("*", "www") + "/")
                elif word.startswith("~"):
                    yield from _matching_referers(request, word[1:])

    def _every(self, name: str) -> list[list[str]]:
        """The arguments of a directive at every level of this server block and around it."""
        found: list[list[str]] = []
        pending: list[Context] = [*self.server.tree.all()]
        while pending:
            context = pending.pop()
            found += [directive.args for directive in context.own.get(name, ())]
            pending += context.tree.all() if hasattr(context, "tree") else ()
        return [*found[:_MOST_LISTS], *(directive.args for directive in self.server.effective(name))]


def _matching_referers(request: Request, pattern: str) -> Iterator[Request]:
    try:
        texts = matching(compile_regex(pattern, True)).texts
    except InvalidRegex:
        return
    for text in texts:
        yield with_header(request, "referer", f"https://{text.ljust(4, 'x')}/")


def _kind_of(request: Request) -> tuple[str, bool, int]:
    return family_of(request.client), request.tls is not None, request.port


def _more_hosts(server: Server, wish: Wish) -> Iterator[str]:
    """Further names that fit the server's wildcards and patterns, some of them like the texts of a wish."""
    for name in server.names:
        if name.regex is not None:
            made = witnesses(name.regex)
            yield from (text for _, text in zip(range(4), made, strict=False))
        elif name.text is not None and name.text.startswith(("*.", ".")):
            for label in (*wish.texts, "x", "www", "m"):
                if label.strip("."):
                    yield f"{label.strip('.').lower()}.{name.text.lstrip('*.')}"
        elif name.text is not None and name.text.endswith(".*"):
            yield from (f"{name.text[:-1]}{top}" for top in ("org", "net", "x"))


def _beside(path: str, wish: Wish) -> Iterator[str]:
    """Paths at and below this one, made with the texts of a wish."""
    folder = path.rpartition("/")[0]
    yield path
    for text in wish.texts:
        yield f"{path.rstrip('/')}/{text.lstrip('/')}"
        yield f"{path}{text}"
        yield f"{folder}/{text.lstrip('/')}"
        yield f"{folder}/a{text}"
        yield f"/{text.lstrip('/')}"
        yield f"/a{text}"
    yield f"{folder}/"
    yield f"{folder}/something-else"


def _raw_targets(path: str, wish: Wish) -> Iterator[str]:
    yield path
    for text in wish.texts:
        if all("!" <= character <= "~" for character in text):
            yield f"{path}{text}"
            yield f"{path}?{text}"
            yield f"{path.rstrip('/')}/{text.lstrip('/')}"
            yield f"/{text.lstrip('/')}"


def _of_door(door: Door, name: str) -> str:
    socket = door.socket
    if name == "scheme":
        return "https" if socket.tls else "http"
    if name == "https":
        return "on" if socket.tls else ""
    if name == "server_port":
        return str(socket.listen.port)
    return "" if socket.listen.address is None else socket.listen.address.text()
