"""Whole random configurations: everything that the other generators have by themselves, all at once and nested.

Two front servers and a back one, maps and geos, access rules, passwords, subrequests, rewrite code, error pages, roots
and aliases, try_files, index, listings, symlinks, real_ip, limit_except, referers, and proxy_pass to itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from differential.nginx.access_generator import CLIENTS, FORWARDED, NETWORKS, authorization
from differential.nginx.file_generator import INDEXES, LASTS, TRIES
from differential.nginx.routing_generator import REGEXES, path
from differential.nginx.tree_generator import Tree, quoted, random_path
from differential.nginx.trial import Trial

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

HOSTS = ("a.test", "www.a.test", "x.b.test", "b.test.x", "c7.test", "none.test", "A.TEST", "127.0.0.1", "a.test:80")
NAMES = ("a.test", "*.b.test", "b.test.*", r"~^c(?<n1>\d)\.test$", ".a.test", '""', "_", "none.test")
METHODS = ("GET",) * 12 + ("HEAD", "HEAD", "POST", "POST", "PUT", "DELETE", "OPTIONS", "BREW")
REFERERS = ("http://a.test/x", "http://q.test/", "-", "http://www.a.test", "ftp://x", "")
HEADERS = (
    ("X-Key", ("open", "shut", "")),
    ("User-Agent", ("curl/8", "Mozilla/5.0", "bot", "")),
    ("Cookie", ("c=1", "c=2; d=1", "d=x")),
    ("Referer", REFERERS),
    ("Accept-Encoding", ("gzip", "identity")),
    ("X-Real-IP", FORWARDED),
    ("X-Forwarded-For", FORWARDED),
    ("If-Modified-Since", ("Tue, 14 Nov 2023 22:13:20 GMT", "x")),
    ("Range", ("bytes=0-1", "bytes=90000-")),
)
CONDITIONS = (
    "$http_x_key = open", "$http_x_key != open", "$m0", "$m1 = 1", "$g0", "$g1 = b", "$request_method = POST",
    "$http_user_agent ~ bot",
    "$args ~ x=(.)", "$arg_x", "$invalid_referer", "$n1", "$uri ~ ^/(?<n2>[^/]+)", "$host ~* A", "-f $request_filename",
    "-d $request_filename", "!-e $request_filename", "-f $document_root/a.txt", "$cookie_c", "$remote_addr ~ ^127",
    "$v0 = 1",
    "$scheme = http", "$secure_link = 1", '$secure_link = ""',
)  # fmt: skip
SOURCES = ("$http_x_key", "$uri", "$host", "$arg_x", "$remote_addr", "$http_user_agent", "$cookie_c", "$g0", "$m1$args")
KEYS = ("open", "~^/a", "a.test", "~*MOZ", "1", "~(?<n2>.)$", '""', "curl/8", "127.0.0.1", "0", "*.b.test")
SUBREQUESTS = ("/auth/yes", "/auth/no", "/auth/key", "/auth/file", "/auth/back", "off")
WANTED = (
    "alias", "allow", "auth_basic", "auth_request", "default_server", "deny", "error_page", "geo", "if", "internal",
    "limit_except", "location", "map", "proxy_pass", "return", "rewrite", "root", "server_name", "try_files",
)  # fmt: skip
"""What decides often enough where everything is mixed; the rest is counted in the tests of its own."""


class Ports(NamedTuple):
    """The front servers' port, and the back server's: what a program answers that is not there is its own affair."""

    front: int
    back: int


class Whole:
    """One configuration."""

    def __init__(self, rng: random.Random, prefix: Path, tree: Tree, ports: Ports) -> None:
        self.rng = rng
        self.prefix = prefix
        self.tree = tree
        self.ports = ports
        self.named: list[str] = []
        self.prefixes: list[str] = [""]
        self.docroots: list[str] = [tree.root]

    def http(self) -> str:
        """The contents of `http {}`."""
        rng = self.rng
        parts = [self._table("map", number) for number in range(2)] + [
            self._table("geo", number) for number in range(2)
        ]
        parts += self._level(0.08)
        count = rng.randint(1, 3)
        names = rng.sample(NAMES, min(len(NAMES), count + rng.randrange(3)))
        default = rng.randrange(count)
        parts += [self._server(names[at::count], at == default) for at in range(count)]
        parts.append(self._back())
        return "\n".join(parts)

    def trial(self) -> Trial:
        """One request."""
        rng = self.rng
        target = self._target()
        if rng.random() < 0.3:
            target += "?" + rng.choice(("x=1", "x=a", "t=/a.txt", "i=html", "x=b&t=d", "", "root=/d", "x=1&md5=q"))
        client = rng.choice(CLIENTS)
        headers = [
            (name, rng.choice(values))
            for name, values in HEADERS
            if rng.random() < (0.05 if name in ("Range", "If-Modified-Since") else 0.25)
        ]
        if rng.random() < 0.25:
            headers.append(("Authorization", authorization(rng)))
        method = rng.choice(METHODS)
        body = rng.choice((0, 3, 30)) if method in ("POST", "PUT") and rng.random() < 0.7 else None
        return Trial(self.ports.front, target, method, rng.choice(HOSTS), tuple(headers), client, None, body)

    def _target(self) -> str:
        rng = self.rng
        choice = rng.random()
        if choice < 0.35:
            return path(rng, 4)
        if choice < 0.45:
            return rng.choice(("/", "/f", "/d", "/d/", "/index.html", "/a.txt", "/back/x", "/auth/yes"))
        return quoted(rng.choice(self.prefixes) + random_path(rng, self.tree, rng.choice(self.docroots)))

    # tables

    def _table(self, kind: str, number: int) -> str:
        rng = self.rng
        if kind == "geo":
            source = rng.choice(("", "", "$http_x_real_ip "))
            nets = [network for network in set(rng.choices(NETWORKS, k=3)) if network not in ("all", "unix:")]
            lines = [f"{network} {rng.choice(('1', 'b', '0'))};" for network in nets]
            default = rng.choice(("default 0;", "default a;", ""))
            return f"geo {source}$g{number} {{ {default} {' '.join(lines)} }}"
        keys = rng.sample(KEYS, rng.randint(1, 4))
        source = rng.choice(SOURCES if number == 0 else SOURCES[:-1])
        lines = [f"{key} {rng.choice(('1', '0', 'a', '$n2', '$uri'))};" for key in keys]
        words = rng.choice(("", "", "hostnames;", "volatile;"))
        return f"map {source} $m{number} {{ {words} default {rng.choice(('0', '1', '$arg_x'))}; {' '.join(lines)} }}"

    # servers

    def _server(self, names: list[str], default: bool) -> str:
        rng = self.rng
        flag = " default_server" if default and rng.random() < 0.7 else ""
        self.named = [f"@n{number}" for number in range(rng.randrange(3))]
        docroot = rng.choice((self.tree.root, self.tree.root, rng.choice(self.tree.directories)))
        self.docroots.append(docroot)
        parts = [f"listen 127.0.0.1:{self.ports.front}{flag};", f"listen [::1]:{self.ports.front}{flag};"]
        if names:
            parts.append(f"server_name {' '.join(names)};")
        if rng.random() < 0.9:
            parts.append(f'root "{docroot}";')
        # Every variable that the rest may name is made somewhere.
        parts.append('set $v0 ""; set $v1 $host; if ($host ~ "never(?<n1>x)(?<n2>y)") { }')
        parts += self._level(0.3)
        parts += self._code(0.25, in_server=True)
        if rng.random() < 0.15:
            parts.append(self._try_files())
        if rng.random() < 0.15:
            parts.append("merge_slashes off;")
        parts += self._locations("", rng.randint(2, 7), 0)
        parts += [f"location {name} {{ {' '.join(self._body('', 3))} }}" for name in self.named]
        parts += [
            "location = /auth/yes { return 204; }",
            "location = /auth/no { return 403; }",
            "location = /auth/key { if ($http_x_key = open) { return 200; } return 401; }",
            f'location = /auth/file {{ alias "{rng.choice(self.tree.files)}"; }}',
            f"location = /auth/back {{ proxy_pass http://127.0.0.1:{self.ports.back}/b; }}",
        ]
        rng.shuffle(parts)
        return "server {\n" + "\n".join(parts) + "\n}"

    def _back(self) -> str:
        rng = self.rng
        self.named = []
        parts = [
            f'listen 127.0.0.1:{self.ports.back}; root "{self.tree.root}"; satisfy all; auth_request off;',
            rng.choice(("", "", "deny 127.0.0.1;", "if ($http_x_key = shut) { return 403; }")),
            f"location /b {{ return {rng.choice((200, 204, 403, 404))}; }}",
            f"location /c {{ {self._rules(1)} return 200 c; }}",
        ]
        return f"server {{ {' '.join(parts)} }}"

    # what many levels may have

    def _level(self, much: float) -> list[str]:
        rng = self.rng
        choices: tuple[tuple[float, Callable[[], str]], ...] = (
            (1.0, lambda: self._rules(rng.randint(1, 3))),
            (0.4, lambda: f"satisfy {rng.choice(('any', 'any', 'all'))};"),
            (0.4, self._basic),
            (0.5, lambda: f"auth_request {rng.choice(SUBREQUESTS)};"),
            (0.8, self._error_page),
            (0.15, lambda: "recursive_error_pages on;"),
            (0.4, self._real_ip),
            (0.6, lambda: f"index {' '.join(rng.choices(INDEXES, k=rng.randint(1, 3)))};"),
            (0.3, lambda: f"autoindex {rng.choice(('on', 'on', 'off'))};"),
            (0.3, lambda: f"disable_symlinks {rng.choice(('on', 'if_not_owner', 'on from=$document_root', 'off'))};"),
            (0.2, lambda: f"client_max_body_size {rng.choice(('2', '10', '0'))};"),
            (0.15, lambda: "gzip_static on;"),
            (0.1, lambda: "log_not_found off;"),
            (0.1, lambda: f"proxy_intercept_errors {rng.choice(('on', 'off'))};"),
        )
        return [make() for share, make in choices if rng.random() < much * share]

    def _rules(self, count: int) -> str:
        rng = self.rng
        return " ".join(f"{rng.choice(('allow', 'deny'))} {rng.choice(NETWORKS)};" for _ in range(count))

    def _basic(self) -> str:
        rng = self.rng
        if rng.random() < 0.2:
            return "auth_basic off;"
        file = rng.choice(("good", "good", "odd", "missing", "unreadable", "$arg_x"))
        realm = rng.choice(("realm", "$m0", "$http_x_key"))
        return f"auth_basic {realm}; auth_basic_user_file {self.prefix}/passwords/{file};"

    def _error_page(self) -> str:
        rng = self.rng
        codes = " ".join(rng.sample(("403", "404", "401", "405", "500", "413", "502"), rng.randint(1, 3)))
        change = rng.choice(("", "", "", "=", "=200", "=403", "=404"))
        pages = (*self.named, "/a.txt", "/index.html", "/d/", "/none", "/a/b", "@nobody", "/$m0", "http://x.test/")
        return f"error_page {codes} {change} {rng.choice(pages)};"

    def _real_ip(self) -> str:
        rng = self.rng
        header = rng.choice(("X-Real-IP", "X-Forwarded-For"))
        trusted = rng.choice(("127.0.0.1", "127.0.0.0/8", "0.0.0.0/0", "::/0", "unix:"))
        recursive = rng.choice(("", "real_ip_recursive on;"))
        return f"set_real_ip_from {trusted}; real_ip_header {header}; {recursive}"

    def _code(self, much: float, in_server: bool = False) -> list[str]:
        rng = self.rng
        parts: list[str] = []
        if rng.random() < much:
            parts.append(
                f"valid_referers {rng.choice(('none blocked a.test', 'server_names', '~test', 'none *.a.test'))};"
            )
        while rng.random() < much:
            inside = self._then() if in_server or rng.random() < 0.7 else self._settings()
            parts.append(f"if ({rng.choice(CONDITIONS)}) {{ {inside} }}")
        if rng.random() < much * 0.5:
            parts.append(
                f"set {rng.choice(('$v0', '$v1', '$args'))} {rng.choice(('1', '$m0', '$uri', '$1x', '$arg_x'))};"
            )
        if rng.random() < much * 0.5:
            parts.append(self._rewrite())
        return parts

    def _then(self) -> str:
        rng = self.rng
        return rng.choice(
            ("return 403;", "return 403;", "return 404;", "return 200 ok;", "break;", "set $v0 1;", "",
             "return 301 /a;", self._rewrite(), "rewrite ^ /d/ last;", 'return 403 "no";')
        )  # fmt: skip

    def _settings(self) -> str:
        """What an `if` of a location may set: it then stands for the location."""
        rng = self.rng
        settings: list[Callable[[], str]] = [self._error_page, lambda: self._root("")]
        settings.append(lambda: f"proxy_pass http://127.0.0.1:{self.ports.back};")
        return " ".join(make() for make in rng.sample(settings, rng.choice((1, 1, 2))))

    def _rewrite(self) -> str:
        rng = self.rng
        pattern = rng.choice(("^", "^/(.*)/(.*)$", "^/a", r"\.html$", "^/(?<n2>[^/]*)", "b"))
        captured = ("/$1", "/d/$1") if "(.*)" in pattern else ()
        place = rng.choice((path(self.rng), "/d/", "/a.txt", "/$n2", "/a?x=1", "/$m0", *captured))
        return f"rewrite {pattern} {place} {rng.choice(('', 'last', 'last', 'break', 'redirect'))};"

    # locations

    def _locations(self, parent: str, count: int, depth: int) -> list[str]:
        rng = self.rng
        taken: set[tuple[bool, str]] = set()
        blocks: list[str] = []
        for _ in range(count):
            modifier = rng.choice(("", "", "", "=", "^~", "~", "~*"))
            if modifier in ("~", "~*"):
                name = rng.choice(REGEXES)
            else:
                name = (
                    parent.rstrip("/") + rng.choice((path(rng, 3), path(rng, 3), "/d/", "/e", f"/p{rng.randrange(3)}/"))
                    or "/"
                )
                if not name.startswith(parent) or (modifier == "=", name) in taken:
                    continue
                taken.add((modifier == "=", name))
                if name.startswith("/p"):
                    self.prefixes.append(name.rstrip("/"))
            inside = self._body(modifier or name, depth)
            if modifier != "=" and depth < 2 and rng.random() < 0.3:
                nested = parent if modifier in ("~", "~*") else name
                blocks_inside = self._locations(nested, rng.randint(1, 2), depth + 1)
                inside += [
                    block for block in blocks_inside if modifier not in ("~", "~*") or block.startswith("location ~")
                ]
            blocks.append(f'location {modifier} "{name}" {{ {" ".join(inside)} }}')
        return blocks

    def _body(self, name: str, depth: int) -> list[str]:
        rng = self.rng
        parts = self._level(0.22) + self._code(0.15)
        if rng.random() < 0.1:
            methods = " ".join(rng.sample(("GET", "POST", "PUT", "OPTIONS"), rng.randint(1, 2)))
            parts.append(f"limit_except {methods} {{ {self._rules(1)} }}")
        tried = rng.random() < 0.3
        if tried:
            parts.append(self._try_files())
        if rng.random() < 0.07 and name:
            parts.append("internal;")
        if rng.random() < 0.35:
            parts.append(self._root(name))
        end = rng.random()
        if end < 0.08:
            parts.append(
                rng.choice(("return 403;", "return 200 ok;", "return 404;", 'return 403 "no";', "return 301 /a/;"))
            )
        elif end < 0.2:
            # With a URI in proxy_pass, a try_files that makes the URI shorter than the location crashes nginx 1.22.1.
            parts.append(self._handler("" if tried else name))
        rng.shuffle(parts)
        return parts

    def _handler(self, name: str) -> str:
        rng = self.rng
        back = f"http://127.0.0.1:{self.ports.back}"
        places = [back, back, back]
        if name.startswith(("/", "=", "^~")):
            places += [back + "/b", back + "/c/", back + "/"]
        return rng.choice(("stub_status;", "empty_gif;", *(f"proxy_pass {place};" for place in places)))

    def _root(self, name: str) -> str:
        rng = self.rng
        directory = rng.choice(self.tree.directories)
        self.docroots.append(directory)
        if not name or rng.random() < 0.5:
            return f'root "{directory}{rng.choice(("", "/", "$arg_root"))}";'
        if name in ("~", "~*"):
            return f'alias "{directory}{rng.choice(("/$1", "/$n2", "$uri", "/"))}";'
        return f'alias "{directory}{rng.choice(("/", "/", ""))}";'

    def _try_files(self) -> str:
        rng = self.rng
        tries = " ".join(rng.choices(TRIES, weights=[5, 5, *[1] * (len(TRIES) - 2)], k=rng.randint(1, 3)))
        lasts = [last for last in LASTS if not last.startswith("@")]
        return f"try_files {tries} {rng.choice((*lasts, *self.named))};"
