"""Other requests that differ from one in the outcome of one recorded test: the way back from what was tested to what a
client sends. Whether a request has the wanted effect is for the evaluator to say: these are proposals.
"""

import re
from collections.abc import Iterator
from itertools import islice

from audit403.apache.decide.evaluator import Evaluator
from audit403.apache.explore.doors import Door, Doors, door_of, from_client, hosts_of, through
from audit403.apache.explore.mounts import Mount, url_of
from audit403.apache.explore.wishes import wish_of
from audit403.apache.model.server import Server
from audit403.apache.model.subnet import parse_subnet
from audit403.core.decision import Step
from audit403.core.place import Span
from audit403.core.request import Request
from audit403.explore.borders import Borders, addresses_like
from audit403.explore.fields import METHODS, USER_AGENTS, with_credentials, with_header, with_target
from audit403.explore.ordinary import CLIENTS, PROBE, UNKNOWN_HOST, quoted
from audit403.explore.wish import Wish
from audit403.http.address import Network, parse_plain

_MOST_TEXTS = 6
_MOST_FOLDERS = 4
_CERTIFICATES = ("none", "verified", "failed")
_BEYOND = ("file-", "options", "override", "satisfy", "authorization")
"""Fields that no request changes."""
_ELSEWHERE = frozenset(("vhost", "connection"))
"""Phases whose tests lead to another server when they are turned."""
_LOCAL_NAMES = dict.fromkeys(("localhost", "ip6-localhost", "ip6-loopback"), ("127.0.0.1", "::1"))
_VARIABLE = re.compile(r"%\{([^{}]+)\}")
_REQUEST_LINE = re.compile(r"([A-Z]+) (\S*)")
_TLS_FIELDS = frozenset(("scheme", "port", "https"))


class Flips:
    """Proposes requests to one server on the other side of a test."""

    def __init__(self, evaluator: Evaluator, server: Server, every: Doors, mounts: list[Mount]) -> None:
        self.evaluator = evaluator
        self.server = server
        self.doors = every.of(server)
        self._every = every
        self.mounts = mounts
        #: Targets of files that are there and of directories, for tests of what is there.
        self.files: list[str] = []
        self.folders: list[str] = []
        self._credentials: list[tuple[str, str]] | None = None

    def leads(self, door: Door, host: str) -> bool:
        """Whether a name leads to this server."""
        return self._every.taken_by(door, host.rpartition(":")[0] or host) is self.server

    def can(self, step: Step) -> bool:
        """Whether there may be a way to turn a test."""
        field = step.field
        if field is None or step.met is None or step.phase in _ELSEWHERE or field.startswith(_BEYOND):
            return False
        return not field.startswith("file:") or isinstance(step.where, Span)

    def of(self, step: Step, request: Request) -> Iterator[Request]:
        """Requests for which a test on the way of a decided request may come out the other way."""
        field = step.field or ""
        if field in ("client", "connection-client"):
            yield from self._clients(step, request)
        elif field.startswith("file:"):
            yield from self._of_files(step, request)
        elif field in ("user", "password", "header:authorization"):
            yield from self._logins(request)
        elif field.startswith("tls."):
            yield from self._certificates(request)
        elif field in _TLS_FIELDS:
            yield from (through(request, door) for door in self.doors if (door.tls, door.port) != _kind(request))
        elif field != "expression" and not field.startswith("env:"):
            wish = wish_of(step)
            if wish is not None:
                yield from self.with_value(request, field, wish)

    def with_value(self, request: Request, field: str, wish: Wish) -> Iterator[Request]:
        """Requests in which a field may have a wanted value."""
        if field == "method":
            yield from _methods(request, wish)
        elif field in ("host", "header:host"):
            yield from self._hosts(request, wish)
        elif field.startswith("header:"):
            yield from _headers(request, field[7:], wish)
        elif field in ("uri", "rewritten-uri"):
            yield from _uris(request, wish, within=field != "uri")
        elif field == "file-name":
            folder = _path(request).rpartition("/")[0]
            for text in _texts(wish, PROBE):
                if text and "/" not in text:
                    yield with_target(request, quoted(f"{folder}/{text}"))
        elif field == "path":
            yield from self._paths(request, wish)
        elif field in ("arguments", "query"):
            path = request.target.partition("?")[0]
            for text in _texts(wish, "", "a=1"):
                yield with_target(request, f"{path}?{quoted_query(text)}" if text else path)
        elif field.startswith("variable:"):
            yield from self._variables(request, field[9:], wish)

    def _clients(self, step: Step, request: Request) -> Iterator[Request]:
        for client in islice(self._addresses(step), 24):
            changed = from_client(request, client, self.doors)
            if changed is not None:
                yield changed

    def _addresses(self, step: Step) -> Iterator[str]:
        network = network_of(step)
        if step.operator == "address-of":
            named = _LOCAL_NAMES.get((step.value or "").lower(), (step.value or "",))
            yield from (text for text in named if parse_plain(text) is not None) if not step.met else CLIENTS
        elif step.operator == "is-local":
            yield from ("127.0.0.1", "::1", "127.0.1.1", "127.9.9.9") if not step.met else CLIENTS
        elif network is not None:
            wanted = not step.met
            borders = Borders([network])
            near = borders.inside(network) if wanted else borders.everywhere()
            yield from (one.text() for one in near if network.contains(one.unmapped()) == wanted)
        else:
            wish = wish_of(step)
            if wish is not None:
                yield from (text for text in addresses_like(wish) if wish.accepts(text))

    def _hosts(self, request: Request, wish: Wish) -> Iterator[Request]:
        names = (*hosts_of(self.server), UNKNOWN_HOST)
        for text in wish.fitting((*names, *(f"{name}:{request.port}" for name in names))):
            door = door_of(request, self.doors)
            if door is not None and re.fullmatch(r"[\w.:\[\]-]+", text) and self.leads(door, text):
                tls = request.tls and request.tls._replace(sni=text.partition(":")[0])
                yield request._replace(host=text, tls=tls)

    def _of_files(self, step: Step, request: Request) -> Iterator[Request]:
        wants_none = bool(step.met)
        folder = _path(request).rpartition("/")[0]
        if wants_none:
            yield with_target(request, quoted(f"{folder}/{PROBE}"))
        elif step.operator in ("is-directory",):
            yield from (with_target(request, target) for target in self.folders[:_MOST_TEXTS])
        else:
            near = [target for target in self.files if target.startswith(f"{folder}/")]
            targets = dict.fromkeys((*near[:_MOST_TEXTS], *self.files[:_MOST_TEXTS]))
            yield from (with_target(request, target) for target in targets)

    def _logins(self, request: Request) -> Iterator[Request]:
        for user, password in self.credentials():
            yield with_credentials(request, user, password)
        yield with_credentials(request, "somebody", "password")
        yield with_header(request, "authorization", None)

    def credentials(self) -> list[tuple[str, str]]:
        """Names and passwords that password files give away: those in plain text, which httpd takes on no Unix."""
        if self._credentials is None:
            self._credentials = []
        return self._credentials

    def _certificates(self, request: Request) -> Iterator[Request]:
        secure = [request] if request.tls is not None else [through(request, door) for door in self.doors if door.tls]
        for base in secure[:1]:
            for certificate in _CERTIFICATES:
                if base.tls is not None and certificate != base.tls.client_certificate:
                    yield base._replace(tls=base.tls._replace(client_certificate=certificate))

    def _paths(self, request: Request, wish: Wish) -> Iterator[Request]:
        """URLs that lead to paths; a pattern of a whole path may begin with any directory that is served."""
        for text in islice(wish.fitting(()), _MOST_TEXTS):
            for path in dict.fromkeys(
                (text, *(f"{mount.directory.rstrip('/')}/{text.lstrip('/')}" for mount in self.mounts[-2:]))
            ):
                uri = url_of(self.mounts, path)
                if uri is not None:
                    yield with_target(request, quoted(uri))

    def _variables(self, request: Request, name: str, wish: Wish) -> Iterator[Request]:
        upper = name.upper()
        if upper in ("REQUEST_FILENAME", "SCRIPT_FILENAME"):
            yield from self._paths(request, wish)
            yield from _uris(request, wish, within=True)
        elif upper == "THE_REQUEST":
            yield from _request_lines(request, wish)
        elif upper in ("REMOTE_PORT", "SERVER_PROTOCOL", "IPV6"):
            if upper == "IPV6":
                yield from filter(None, (from_client(request, client, self.doors) for client in CLIENTS))
        elif "}" in name:
            yield from self._composed(request, f"%{{{name}}}", wish)
        elif upper.startswith(("SSL:", "SSL_")):
            yield from self._certificates(request)

    def _composed(self, request: Request, subject: str, wish: Wish) -> Iterator[Request]:
        """A text of several variables: each in turn is given what the whole should be."""
        from audit403.apache.decide.rewrite.variables import field_of

        for found in _VARIABLE.finditer(subject):
            field = field_of(found[0])
            if field is not None and not (field.startswith("variable:") and "}" in field):
                yield from islice(self.with_value(request, field, wish._replace(accepts=lambda _: True)), _MOST_TEXTS)


def network_of(step: Step) -> Network | None:
    """The network that a client's address was compared with."""
    if step.operator != "in-network" or step.value is None:
        return None
    base, slash, mask = step.value.partition("/")
    return parse_subnet(base, mask if slash else None)


def quoted_query(text: str) -> str:
    """A text as it stands in a query string."""
    data = text.encode("utf-8", "surrogateescape")
    return "".join(chr(byte) if 0x20 < byte < 0x7F and byte != 0x23 else f"%{byte:02X}" for byte in data)


def _kind(request: Request) -> tuple[bool, int]:
    return request.tls is not None, request.port


def _path(request: Request) -> str:
    if "%" not in request.target:
        return request.target.partition("?")[0]
    from urllib.parse import unquote

    return unquote(request.target.partition("?")[0], errors="surrogateescape")


def _texts(wish: Wish, *more: str) -> Iterator[str]:
    return islice(wish.fitting(more), _MOST_TEXTS)


def _methods(request: Request, wish: Wish) -> Iterator[Request]:
    for text in wish.fitting(METHODS):
        if text.isascii() and text.replace("-", "").isalpha():
            yield request._replace(method=text)


def _headers(request: Request, name: str, wish: Wish) -> Iterator[Request]:
    own = f"{request.scheme}://{request.host}/"
    usual = {"user-agent": USER_AGENTS, "referer": ("", own, "https://some-other-site.example/")}.get(name, ("", "a"))
    for text in wish.fitting(usual):
        value = text if name != "authorization" or text else None
        yield with_header(request, name, value or None)


def _uris(request: Request, wish: Wish, *, within: bool) -> Iterator[Request]:
    """Other paths; with `within` what was tested is the path below some folder of the request's."""
    _, mark, query = request.target.partition("?")
    folder = _path(request).rpartition("/")[0]
    bases = ["/", *(f"{'/'.join(folder.split('/')[:end])}/" for end in range(len(folder.split("/")), 1, -1))]
    if not within:
        ends = [text for text in wish.texts if not text.startswith("/")]
        placed = [f"{base}/{text}" for text in ends for base in (folder, "")]
        placed += [f"{folder}/a{text}" for text in ends]
        usual = (f"{folder}/", f"{folder}/{PROBE}", f"/{PROBE}", f"{_path(request).rstrip('/')}/a")
        fitting = (text for text in wish.fitting((*placed, *usual)) if text.startswith("/"))
        for text in islice(fitting, _MOST_TEXTS):
            yield with_target(request, quoted(text) + mark + query)
        return
    for text in islice((*wish.texts, PROBE, ""), _MOST_TEXTS + 2):
        for base in dict.fromkeys((f"{folder}/", *bases[:_MOST_FOLDERS])):
            yield with_target(request, quoted(f"{base}{text.lstrip('/')}") + mark + query)


def _request_lines(request: Request, wish: Wish) -> Iterator[Request]:
    """What stands in a request line: the method and the raw target."""
    path = request.target.partition("?")[0]
    for text in wish.texts:
        found = _REQUEST_LINE.match(text)
        if found is not None and found[2].startswith("/"):
            yield with_target(request, found[2])._replace(method=found[1] if found[1] in METHODS else request.method)
        word = next(iter(text.split()), "")
        for target in (f"{path}?{quoted_query(word)}", f"{path.rstrip('/')}/{quoted_query(word).lstrip('/')}"):
            yield with_target(request, target)
    for method in METHODS:
        if wish.accepts(f"{method} {request.target} HTTP/1.1"):
            yield request._replace(method=method)
    for target in ("/", f"/{PROBE}"):
        if wish.accepts(f"{request.method} {target} HTTP/1.1"):
            yield with_target(request, target)
