"""A dense sample of requests around a configuration, drawn from what is written in it and not from the code under test.

Every word that decides something – networks, patterns, headers, cookies, arguments, hosts, methods, paths, files – is
noted with texts on either side of it. A request is ordinary in most things, and in some on one side of what is noted.
"""

from __future__ import annotations

import os
import re
from ipaddress import ip_address, ip_network
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from audit403.core.request import Request, Tls
from differential.nginx.random_texts import texts_of
from differential.nginx.tree_generator import quoted

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Iterator

    from audit403.nginx.read.tree import Directive

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
ORDINARY = ("203.0.113.9", "2001:db8::9")
CLIENTS = (*ORDINARY, "198.51.100.200", "127.0.0.1", "::1", "192.168.1.7", "10.1.2.3", "10.1.2.4")
METHODS = ("HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND", "PATCH")
AGENTS = (None, "curl/8.0", "Googlebot/2.1", "python-requests/2.31", "Wget/1.21", "")
_TEXTS = 6
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_BETWEEN = re.compile(r"\$(?:\{\w+\}|\w+)")


class Change(NamedTuple):
    """One thing that a request may have that an ordinary one has not; `value` None takes a header away."""

    kind: str
    name: str
    value: str | None


class Port(NamedTuple):
    """A socket that is asked: the server's address, the port, whether it speaks TLS."""

    address: str
    number: int
    tls: bool


class Notes:
    """What one server block, or what is around all of them, says."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.hosts: list[str] = []
        self.clients: list[str] = []
        self.changes: list[tuple[Change, ...]] = []
        self.limited = False

    def change(self, *changes: Change) -> None:
        self.changes.append(changes)


class DenseSample:
    """Reads a configuration's statements and draws requests around them."""

    def __init__(self, rng: random.Random, ports: list[Port], directives: Iterable[Directive]) -> None:
        self.rng = rng
        self.ports = ports
        self.around = Notes()
        self.servers: list[Notes] = []
        self.tables: dict[str, tuple[str, list[str]]] = {}
        for directive in directives:
            self._top(directive)
        self.servers = self.servers or [Notes()]

    # the sample

    def requests(self, count: int) -> Iterator[Request]:
        for _ in range(count):
            yield self._request()

    def clients(self) -> list[str]:
        """Everybody whom the configuration may mean, and some others."""
        every = [self.around, *self.servers]
        return list(dict.fromkeys((*CLIENTS, *(client for notes in every for client in notes.clients))))

    def _request(self) -> Request:
        rng = self.rng
        own = rng.choice(self.servers)
        host = rng.choice(own.hosts) if own.hosts and rng.random() < 0.85 else self._any_host()
        client = self._client(own) if rng.random() < 0.4 else ORDINARY[0]
        ports = [port for port in self.ports if (":" in port.address) == (":" in client)]
        if not ports:
            client, ports = ORDINARY[0], [port for port in self.ports if ":" not in port.address] or self.ports
        port = rng.choice(ports)
        target = self._path(own)
        tls = Tls(host.partition(":")[0], rng.choice(("none", "none", "verified", "failed"))) if port.tls else None
        request = Request(
            "GET", "https" if port.tls else "http", host, port.number, target, client, (("User-Agent", BROWSER),),
            port.address, tls, None, own.limited and rng.random() < 0.06,
        )  # fmt: skip
        for changes in self._changes(own):
            for change in changes:
                request = changed(request, change)
        return request

    def _any_host(self) -> str:
        every = [host for notes in self.servers for host in notes.hosts]
        return self.rng.choice([*every, "unknown.example", "192.0.2.1"])

    def _client(self, own: Notes) -> str:
        return self.rng.choice([*CLIENTS, *own.clients * 2, *self.around.clients])

    def _changes(self, own: Notes) -> Iterator[tuple[Change, ...]]:
        rng = self.rng
        noted = [*own.changes, *self.around.changes]
        yield from rng.sample(noted, min(len(noted), rng.choice((0, 0, 1, 1, 2, 2, 3))))
        if rng.random() < 0.12:
            yield (Change("method", "", rng.choice(METHODS)),)
        if rng.random() < 0.08:
            yield (Change("header", "User-Agent", rng.choice(AGENTS)),)

    def _path(self, own: Notes) -> str:
        rng = self.rng
        if not own.paths or rng.random() < 0.06:
            return rng.choice(("/", "/nothing", "/index.html", "/a/b.php", "/.hidden", "/.well-known/acme-challenge/x"))
        path = rng.choice(own.paths)
        if rng.random() < 0.12:
            path = path.rstrip("/") + rng.choice(("/", "/x", ".bak", "/x.php", "/.git/config", "/a/b.html", "~", "/.x"))
        elif rng.random() < 0.06:
            path = path.rpartition("/")[0] + rng.choice(("/", "/other.html"))
        return quoted(path) if path.startswith("/") else "/" + quoted(path)

    # the notes

    def _top(self, directive: Directive) -> None:
        if directive.name == "http":
            for inner in directive.block or ():
                self._top(inner)
        elif directive.name == "server":
            self.servers.append(Notes())
            for inner in directive.block or ():
                self._note(inner, self.servers[-1], "")
        else:
            self._note(directive, self.around, "")

    def _note(self, directive: Directive, notes: Notes, prefix: str) -> None:
        name, args = directive.name, directive.args
        note = getattr(self, f"_of_{name}", None)
        if note is not None and args:
            note(directive, notes, prefix)
        if name in ("map", "geo", "types", "split_clients"):
            return
        if name == "location" and args:
            prefix = prefix if args[0].startswith("~") else args[-1]
        for inner in directive.block or ():
            self._note(inner, notes, prefix)

    def _of_location(self, directive: Directive, notes: Notes, prefix: str) -> None:
        name = directive.args[-1]
        if directive.args[0] in ("~", "~*"):
            self._pattern(name, notes, prefix)
        elif name.startswith("/"):
            stem = name.rstrip("/")
            notes.paths += [name, name, f"{stem}/", f"{stem}/more", f"{name}x", f"{stem}/x.php", f"{stem}/a/b.html"]

    def _pattern(self, pattern: str, notes: Notes, prefix: str) -> None:
        for text in texts_of(self.rng, pattern, _TEXTS):
            rooted = text if text.startswith("/") else f"/{text}"
            notes.paths += [rooted, f"{prefix.rstrip('/')}{rooted}", f"{prefix.rstrip('/')}/a{text}"]

    def _of_rewrite(self, directive: Directive, notes: Notes, prefix: str) -> None:
        self._pattern(directive.args[0], notes, prefix)

    def _of_try_files(self, directive: Directive, notes: Notes, prefix: str) -> None:
        notes.paths += [word for word in directive.args if word.startswith("/") and "$" not in word]

    _of_index = _of_error_page = _of_auth_request = _of_try_files

    def _of_server_name(self, directive: Directive, notes: Notes, prefix: str) -> None:
        for name in directive.args:
            if name.startswith("~"):
                notes.hosts += texts_of(self.rng, name[1:].strip("^$"), 3)
            elif name not in ("_", ""):
                notes.hosts += [name.replace("*", "some").lstrip("."), name.replace("*", "www").lstrip(".")]
                notes.hosts += [f"x{name}"] if name.startswith(".") else []
        notes.hosts = [host for host in notes.hosts if re.fullmatch(r"[\w.:-]+", host)]

    def _of_allow(self, directive: Directive, notes: Notes, prefix: str) -> None:
        notes.clients += around(directive.args[0])

    _of_deny = _of_set_real_ip_from = _of_allow

    def _of_limit_except(self, directive: Directive, notes: Notes, prefix: str) -> None:
        for method in (*directive.args, "POST", "DELETE"):
            notes.change(Change("method", "", method))

    def _of_limit_req(self, directive: Directive, notes: Notes, prefix: str) -> None:
        notes.limited = True

    _of_limit_conn = _of_limit_req

    def _of_client_max_body_size(self, directive: Directive, notes: Notes, prefix: str) -> None:
        notes.change(Change("method", "", "POST"), Change("body", "", "5000"))

    def _of_valid_referers(self, directive: Directive, notes: Notes, prefix: str) -> None:
        values: list[str | None] = [None, "xyz", "http://stranger.example/x", "https://a.example/"]
        for word in directive.args:
            if word.startswith("~"):
                values += [f"http://{text}" for text in texts_of(self.rng, word[1:], 3)]
            elif "." in word:
                values += [f"http://{word.replace('*', 'www').lstrip('.')}/x"]
        for value in values:
            notes.change(Change("header", "Referer", value))

    def _of_auth_basic_user_file(self, directive: Directive, notes: Notes, prefix: str) -> None:
        for pair in ("joe:secret", "joe:wrong", "nobody:secret"):
            notes.change(Change("user", "", pair))

    def _of_root(self, directive: Directive, notes: Notes, prefix: str) -> None:
        folder = directive.args[0]
        if os.path.isdir(folder) and "$" not in folder:
            start = prefix.rstrip("/") if directive.name == "alias" else ""
            notes.paths += [start + below for below in islice(_entries(folder), 400)]

    _of_alias = _of_root

    def _of_if(self, directive: Directive, notes: Notes, prefix: str) -> None:
        words = " ".join(directive.args).removeprefix("(").removesuffix(")").strip()
        found = re.fullmatch(r"\$\{?(\w+)\}?\s*(?:(!?~\*?|!?=)\s*(.*))?", words, re.DOTALL)
        if found is None:
            return
        name, operator, value = found[1], found[2] or "", (found[3] or "").strip().strip("\"'")
        texts = texts_of(self.rng, value, _TEXTS) if "~" in operator else [value]
        for text in ("1", "") if not operator else texts:
            self._set(name, text, notes)

    def _of_map(self, directive: Directive, notes: Notes, prefix: str) -> None:
        for row in directive.block or ():
            key = row.name
            if key in ("default", "hostnames", "volatile", "include"):
                continue
            pattern = key[1:].removeprefix("*") if key.startswith("~") else None
            texts = [key.removeprefix("\\")] if pattern is None else texts_of(self.rng, pattern, _TEXTS)
            for text in texts:
                self._make(directive.args[0], text, notes)

    def _of_geo(self, directive: Directive, notes: Notes, prefix: str) -> None:
        source = directive.args[0] if len(directive.args) > 1 else ""
        for row in directive.block or ():
            for address in around(row.args[0] if row.name == "proxy" and row.args else row.name):
                if source:
                    self._make(source, address, notes)
                else:
                    notes.clients.append(address)

    def _make(self, template: str, text: str, notes: Notes) -> None:
        """Changes for which a text with variables may be what is written."""
        names = [found[1] or found[2] for found in _VARIABLE.finditer(template)]
        if len(names) == 1:
            self._set(names[0], text, notes)
            return
        found = re.fullmatch("(.*?)".join(map(re.escape, _BETWEEN.split(template))), text, re.DOTALL)
        pieces = found.groups() if found else [text] * len(names)
        made = [change for name, piece in zip(names, pieces, strict=False) for change in changes_for(name, piece)]
        if made:
            notes.change(*made)

    def _set(self, name: str, text: str, notes: Notes) -> None:
        if name in ("remote_addr", "realip_remote_addr"):
            notes.clients += [text] if _is_address(text) else [f"{text.strip('.')}.1.1.1"[:15]]
            notes.clients[:] = [client for client in notes.clients if _is_address(client)]
            return
        made = changes_for(name, text)
        if made:
            notes.change(*made)


def changes_for(name: str, text: str) -> tuple[Change, ...]:
    """What makes `$name` this text, where a client has a say in it."""
    if name.startswith("cookie_"):
        return (Change("cookie", name[7:], text),)
    if name.startswith("arg_"):
        return (Change("argument", name[4:], text),)
    if name in ("host", "http_host"):
        return (Change("host", "", text),)
    if name.startswith("http_") or name == "content_type":
        header = name.removeprefix("http_").replace("_", "-").title()
        return (Change("header", header, text or None),)
    kinds = {
        "args": "query", "query_string": "query", "is_args": "query", "request_uri": "target", "uri": "path",
        "document_uri": "path", "request_method": "method",
    }  # fmt: skip
    return (Change(kinds[name], "", text),) if name in kinds else ()


def changed(request: Request, change: Change) -> Request:
    """The request with a change; one that cannot be sent leaves it as it is."""
    kind, name, value = change
    text = value or ""
    if any(character < " " for character in text):
        return request
    path, _, arguments = request.target.partition("?")
    if kind == "method":
        return request._replace(method=text) if re.fullmatch("[A-Z_-]+", text) else request
    if kind == "header":
        return _with_header(request, name, value)
    if kind == "user":
        import base64

        return _with_header(request, "Authorization", "Basic " + base64.b64encode(text.encode()).decode())
    if kind == "cookie":
        known = next((line for key, line in request.headers if key == "Cookie"), "")
        return _with_header(request, "Cookie", f"{known}; {name}={text}".lstrip("; "))
    if kind == "body":
        return request._replace(body_length=int(text))
    if kind == "host":
        return request._replace(host=text) if re.fullmatch(r"[\w.:-]+", text) else request
    if kind == "path":
        return request._replace(target=quoted(text)) if text.startswith("/") else request
    if any(not "!" <= character <= "~" for character in text):
        return request
    if kind == "argument":
        return request._replace(target=f"{path}?{arguments}&{name}={text}".replace("?&", "?"))
    if kind == "query":
        return request._replace(target=f"{path}?{text}")
    return request._replace(target=text if text.startswith("/") else f"{path}?{text}")


def around(text: str) -> list[str]:
    """Addresses inside and beside a network or a range."""
    first, _, last = text.partition("-")
    if last and _is_address(first) and _is_address(last):
        return [*around(first), *around(last)]
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return []
    low, high = int(network.network_address), int(network.broadcast_address)
    bits = 32 if network.version == 4 else 128
    beside = (low - 1, low, low + 1, high - 1, high, high + 1)
    return [str(ip_address(number.to_bytes(bits // 8, "big"))) for number in beside if 0 < number < 2**bits - 1]


def _with_header(request: Request, name: str, value: str | None) -> Request:
    kept = tuple(pair for pair in request.headers if pair[0].lower() != name.lower())
    return request._replace(headers=kept if value is None else (*kept, (name, value.strip())))


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _entries(folder: str) -> Iterator[str]:
    """What lies below a folder, as paths below it; links are not followed."""
    for path, directories, files in os.walk(folder):
        below = path[len(folder.rstrip("/")) :]
        yield f"{below}/"
        yield from (f"{below}/{name}" for name in (*directories, *files))
