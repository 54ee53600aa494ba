"""Random configurations in which a 403 hangs on many things at once, and a dense sample of requests around them.

Whatever a configuration names – networks, patterns, headers, cookies, arguments, hosts, methods, paths, files – is
noted while it is written, with texts on either side of it; the sample is drawn from those notes, and not from anything
that the code under test says.
"""

from __future__ import annotations

import os
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, NamedTuple

from audit403.core.request import Request, Tls
from differential.nginx.tree_generator import Tree, build_tree, quoted, random_path

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from servers.certificates import Certificates

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
ORDINARY = ("203.0.113.9", "2001:db8::9")
NETWORKS = (
    "10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "192.168.0.0/16", "192.168.1.0/24", "198.51.100.0/25", "127.0.0.1",
    "203.0.113.0/24", "172.16.0.0/12", "2001:db8::/32", "2001:db8:5::/48", "fd00::/8", "::1", "0.0.0.0/0", "::/0",
)  # fmt: skip
METHODS = ("GET", "GET", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND", "PATCH")
NAMES = (
    "a.example", "www.a.example", "b.example", "*.b.example", "c.example", ".d.example",
    r"~^(?<app>\w+)\.dev\.example$",
)  # fmt: skip
HOSTS = (
    "a.example", "www.a.example", "b.example", "x.b.example", "c.example", "d.example", "x.d.example",
    "app.dev.example", "unknown.example", "192.0.2.1", "A.Example", "a.example:8080",
)  # fmt: skip
PLAIN_PATHS = ("/", "/a/", "/a", "/b/", "/a/b/", "/files/", "/admin/", "/api", "/x/", "/static/", "/d/", "/e/", "/img/")
PATTERNS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"\.php$", ("/index.php", "/a/x.php", "/x/y.php")),
    (r"/\.(?!well-known)", ("/.git/config", "/a/.env", "/.well-known/x")),
    (r"\.(jpe?g|png|gif)$", ("/a/p.jpg", "/img/x.png", "/q.jpeg")),
    (r"^/(a|b)/private", ("/a/private", "/b/private/x")),
    (r"^/api/v(\d+)/", ("/api/v1/", "/api/v22/x")),
    (r"\.(bak|old|sql)$", ("/a/dump.sql", "/x.bak")),
    (r"^/x/(?<what>[a-z]+)/?$", ("/x/abc", "/x/z/")),
    (r"(^|/)secret", ("/secret", "/a/secret.txt")),
    (r"^/(?!static)[^/]*/hidden$", ("/a/hidden", "/static/hidden")),
    (r"^/d.*html", ("/d/index.html", "/dxhtml")),
)
FIELDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("$http_user_agent ~* (bot|crawl)", ("User-Agent: Googlebot/2.1", "User-Agent: xcrawl")),
    ('$http_user_agent = ""', ("-User-Agent",)),
    ("$http_user_agent !~ ^Mozilla/", ("User-Agent: curl/8.0",)),
    ('$http_user_agent ~ "^(wget|curl/[0-9.]+)$"', ("User-Agent: curl/7.1", "User-Agent: wget")),
    ("$http_referer ~ evil", ("Referer: http://evil.example/", "Referer: http://a.example/x")),
    ('$http_referer = ""', ("Referer: http://a.example/",)),
    ("$http_cookie ~ sess=[0-9a-f]+", ("Cookie: sess=1f", "Cookie: other=1")),
    ("$cookie_admin != 1", ("Cookie: admin=1", "Cookie: x=2; admin=1")),
    ("$cookie_pref = b", ("Cookie: pref=b", "Cookie: pref=c")),
    ("$arg_debug", ("?debug=1", "?debug=0", "?debug=")),
    ("$arg_key != s3cret", ("?key=s3cret", "?key=x")),
    ("$args ~* (union|select)", ("?q=UNION", "?a=1&b=select")),
    ('$query_string ~ "^id=\\d+$"', ("?id=7", "?id=x")),
    ("$is_args", ("?x",)),
    ("$request_method = POST", ("POST",)),
    ("$request_method !~ ^(GET|HEAD)$", ("PUT", "OPTIONS")),
    ("$request_method ~ ^(PUT|DELETE|PATCH)$", ("PATCH", "DELETE")),
    ("$host != a.example", ()),
    ("$host ~ ^www", ()),
    ("$http_host ~ :8080$", ()),
    ("$remote_addr = 10.1.2.3", ()),
    ("$remote_addr ~ ^192\\.168\\.", ()),
    ("$remote_addr !~ ^(10\\.|2001:)", ()),
    ("$uri ~ \\.bak$", ("/a/x.bak", "/y.bak")),
    ("$request_uri ~ /x/.*z", ("/x/yz", "/x/?q=z")),
    ('$request_uri ~* "%2e%2e|\\.\\./"', ("/a/%2e%2e/b", "/a/../b")),
    ('$http_x_token = ""', ("X-Token: abc",)),
    ("$http_x_token != abc", ("X-Token: abc", "X-Token: no")),
    ("$http_x_forwarded_for ~ ^10\\.", ("X-Forwarded-For: 10.0.0.1",)),
    ("$scheme = http", ()),
    ("$scheme != https", ()),
    ("$content_type ~ json", ("Content-Type: application/json",)),
    ("$http_accept_language !~ de", ("Accept-Language: de",)),
    ("-f $request_filename", ()),
    ("!-e $request_filename", ()),
    ("-d $request_filename", ()),
)  # fmt: skip
REFERERS = ("none", "blocked", "server_names", "*.a.example", "b.example/x/", "~good")
REFERER_VALUES = (
    "-Referer", "Referer: http://www.a.example/", "Referer: https://b.example/x/y", "Referer: http://b.example/",
    "Referer: xyz", "Referer: https://verygood.example/", "Referer: https://stranger.example/",
)  # fmt: skip


class World(NamedTuple):
    """Where a generated configuration lives: a folder, two ports, one for TLS, and one where another server answers."""

    prefix: Path
    port: int
    other: int
    secure: int
    back: int
    certificates: Certificates

    def grow(self, rng: random.Random, number: int) -> Tree:
        """A tree of its own, without links that lead out of it: the rest of this machine is no test."""
        tree = build_tree(rng, f"{self.prefix}/www{number}", odd=0.2, links=5, size=6)
        for link in list(tree.links):
            if not os.path.realpath(link).startswith(f"{tree.root}/"):
                os.unlink(link)
                tree.links.remove(link)
        return tree


class Generator:
    """One random configuration; `text` is the contents of `http {}`."""

    def __init__(self, rng: random.Random, world: World, tree: Tree) -> None:
        self.rng = rng
        self.world = world
        self.tree = tree
        self.paths: list[str] = ["/", "/nothing", "/index.html"]
        self.extras: list[str] = ["-User-Agent", "User-Agent: curl/8.0"]
        self.networks: list[str] = []
        self.variables: list[tuple[str, tuple[str, ...]]] = []
        self.named: list[str] = []
        self.flags = False
        self.limited = False
        self.servers = 0
        self.text = self._http().replace("@BACK@", str(world.back))

    # the http level

    def _http(self) -> str:
        rng = self.rng
        parts = ["limit_req_zone $http_x_unique zone=z:1m rate=1r/m;"]
        parts += [rng.choice((self._map, self._geo))(number) for number in range(rng.randrange(0, 4))]
        if rng.random() < 0.15:
            parts.append(self._rules(rng.randrange(1, 3)))
        names = rng.sample(NAMES, rng.randrange(1, 5))
        count = rng.randrange(1, 4)
        parts += [self._server(names[number::count], number) for number in range(count)]
        return "\n".join(parts)

    def _map(self, number: int) -> str:
        rng = self.rng
        name = f"$map{number}"
        tables: tuple[tuple[str, str, tuple[str, ...]], ...] = (
            (
                "$http_user_agent",
                '"~*(spider|scan)" 1; "" 2; curl/8.0 3;',
                ("User-Agent: xScan", "User-Agent: curl/8.0"),
            ),
            ("$request_method", "POST 1; PUT 2; DELETE 1;", ("POST", "PUT", "DELETE")),
            ("$host", "hostnames; www.a.example 1; *.b.example 2; default 0;", ()),
            ("$cookie_role", '"admin" 0; "~^u" 1; default 2;', ("Cookie: role=admin", "Cookie: role=user")),
            ("$arg_token", '"~^[0-9a-f]{8}$" 0; "" 1; default 2;', ("?token=0123abcd", "?token=zz")),
            ("$uri", '"~^/admin" 1; "/a/" 2; "~\\.php$" 3; default 0;', ("/admin/x", "/a/", "/q.php")),
            ("$http_x_token", "abc 0; default 1;", ("X-Token: abc", "X-Token: q")),
            ("$request_method:$http_x_token", "POST:abc 0; ~^POST 1; default 2;", ("POST X-Token: abc", "POST")),
            ("$remote_addr", '10.1.2.3 1; "~^192\\.168\\.1\\." 2; default 0;', ()),
            ("$http_referer", '"~stranger" 1; "" 2; default 0;', ("Referer: http://stranger.example/", "-Referer")),
            ("$server_port$scheme", f"{self.world.port}http 0; default 1;", ()),
        )
        source, body, extras = rng.choice(tables)
        inner = [variable for variable, _ in self.variables]
        if inner and rng.random() < 0.3:
            source, body, extras = rng.choice(inner), "0 1; 1 0; 2 bad; default 0;", ()
        self.extras += extras
        self.variables.append((name, ("0", "1", "2", "bad")))
        return f"map {source} {name} {{ {body} }}"

    def _geo(self, number: int) -> str:
        rng = self.rng
        name = f"$geo{number}"
        self.variables.append((name, ("0", "1", "office")))
        if rng.random() < 0.3:
            self.networks += ["10.1.0.0/16", "192.168.1.0/24"]
            return f"geo {name} {{ ranges; default 0; 10.1.0.0-10.1.255.255 1; 192.168.1.0-192.168.1.255 office; }}"
        rows = [f"{self._network()} {rng.choice(('0', '1', 'office'))};" for _ in range(rng.randrange(1, 4))]
        unique = {row.split()[0]: row for row in rows}
        return f"geo {name} {{ default {rng.choice(('0', '1'))}; {' '.join(unique.values())} }}"

    # servers

    def _server(self, names: list[str], number: int) -> str:
        rng, world = self.rng, self.world
        self.named = [f"@n{index}" for index in range(rng.randrange(0, 3))]
        self.flags = rng.random() < 0.3
        default = " default_server" if number == 0 and rng.random() < 0.4 else ""
        parts = [f"listen 127.0.0.1:{world.port}{default};"]
        if rng.random() < 0.7:
            parts.append(f"listen [::1]:{world.port};")
        if rng.random() < 0.3:
            parts.append(f"listen 127.0.0.1:{world.other};")
        if rng.random() < 0.3:
            parts.append(f"listen 127.0.0.1:{world.secure} ssl; {world.certificates.directives()}")
            if rng.random() < 0.5:
                parts.append(f"ssl_client_certificate {world.certificates.authority};")
                parts.append(f"ssl_verify_client {rng.choice(('on', 'optional', 'optional'))};")
                self.variables.append(("$ssl_client_verify", ("SUCCESS", "NONE")))
        if names:
            parts.append(f"server_name {' '.join(names)};")
        parts.append(f"root {self.tree.root};")
        if self.flags:
            parts.append('set $flag "";')
        parts += self._level(0.35)
        if rng.random() < 0.12:
            parts.append(f"rewrite {self._rewrite()}")
        parts += self._locations("/", 0, rng.randrange(1, 6))
        parts += [f"location {name} {{ {' '.join(self._body(name, 3))} }}" for name in self.named]
        parts.append("location = /auth-no { return 403; } location = /auth-yes { return 204; }")
        parts.append("location = /auth-key { if ($http_x_token != abc) { return 403; } return 204; }")
        return "server {\n" + "\n".join(parts) + "\n}"

    def _level(self, much: float) -> list[str]:
        """What a server block and a location may both have."""
        rng = self.rng
        parts: list[str] = []
        if rng.random() < much:
            parts.append(self._rules(rng.randrange(1, 5)))
        if rng.random() < much:
            parts += [self._if() for _ in range(rng.choice((1, 1, 2, 3)))]
        if rng.random() < much * 0.3:
            parts.append(self._error_page())
        if rng.random() < much * 0.2:
            parts.append(
                rng.choice(
                    ("satisfy any;", "auth_request /auth-no;", "auth_request /auth-yes;", "auth_request /auth-key;")
                )
            )
        if rng.random() < much * 0.25:
            words = " ".join([*rng.sample(REFERERS, rng.randrange(1, 4)), rng.choice(REFERERS[2:])])
            parts.append(f"valid_referers {words};")
            parts.append(f"if ($invalid_referer) {{ {self._then()} }}")
            self.extras += REFERER_VALUES
        if rng.random() < much * 0.2:
            parts.append(f"index {rng.choice(('index.php', 'home index.html', 'missing', 'a.txt'))};")
        if rng.random() < much * 0.15:
            parts.append("autoindex on;")
        if rng.random() < much * 0.1:
            parts.append(f"disable_symlinks {rng.choice(('on', 'if_not_owner', 'on from=$document_root'))};")
        if rng.random() < much * 0.15:
            realm = rng.choice(("users", "missing", "users"))
            parts.append(f'auth_basic "x"; auth_basic_user_file {self.world.prefix}/{realm};')
            self.extras += ["Authorization: Basic am9lOnNlY3JldA==", "Authorization: Basic am9lOndyb25n"]
        if rng.random() < much * 0.2:
            self.limited = True
            parts.append(f"limit_req zone=z; limit_req_status {rng.choice((403, 403, 429))};")
        return parts

    def _rules(self, count: int) -> str:
        rng = self.rng
        rules = [
            f"{rng.choice(('allow', 'deny'))} {self._network() if rng.random() < 0.75 else 'all'};"
            for _ in range(count)
        ]
        return " ".join(rules)

    def _network(self) -> str:
        network = self.rng.choice(NETWORKS)
        self.networks.append(network)
        return network

    def _if(self) -> str:
        rng = self.rng
        if self.variables and rng.random() < 0.4:
            name, values = rng.choice(self.variables)
            condition = rng.choice(
                (name, f"{name} = {rng.choice(values)}", f"{name} != {rng.choice(values)}", f"{name} ~ ^[1b]")
            )
        elif self.flags and rng.random() < 0.5:
            condition = rng.choice(("$flag", "$flag = 1", "$flag = 12", "$flag = 21", "$flag != 2"))
        else:
            condition, extras = rng.choice(FIELDS)
            self.extras += extras
        return f"if ({condition}) {{ {self._then()} }}"

    def _then(self) -> str:
        rng = self.rng
        choices = ["return 403;"] * 6 + ["return 404;", "return 200 ok;", "break;", f"rewrite ^ {self._target()} last;"]
        if self.flags:
            choices += ["set $flag 1;"] * 2 + ['set $flag "${flag}2";'] * 3 + ["set $flag $arg_debug;"]
        return rng.choice(choices)

    def _target(self) -> str:
        return self.rng.choice((*PLAIN_PATHS, "/index.php", "/a/private", "/d/index.html"))

    def _rewrite(self) -> str:
        rng = self.rng
        pattern, texts = rng.choice(PATTERNS)
        self.paths += texts
        where = rng.choice((self._target(), "/a/$1" if "(" in pattern.replace("(?", "") else "/b/x"))
        return f'"{pattern}" {where} {rng.choice(("last", "break", "", "redirect"))};'

    def _error_page(self) -> str:
        rng = self.rng
        code = rng.choice(("403", "404", "404", "401", "405", "413", "400 404"))
        where = rng.choice((*self.named, self._target(), "/e/none"))
        return f"error_page {code} {rng.choice(('', '', '=', '=403', '=200'))} {where};"

    # locations

    def _locations(self, parent: str, depth: int, count: int) -> list[str]:
        rng = self.rng
        taken: set[tuple[str, str]] = set()
        found: list[str] = []
        for _ in range(count):
            modifier = rng.choice(("", "", "", "=", "^~", "~", "~", "~*"))
            if modifier.startswith("~"):
                pattern, texts = rng.choice(PATTERNS)
                name, shown = pattern, f'"{pattern}"'
                self.paths += texts
            else:
                name = rng.choice([path for path in PLAIN_PATHS if path.startswith(parent)] or [parent])
                if modifier != "=" and rng.random() < 0.2:
                    name = quoted_name(rng, self.tree) if parent == "/" else name
                shown = f'"{name}"'
                self.paths += [name, name.rstrip("/") + "/more", name.rstrip("/") + "/x.php"]
            kind = "" if modifier == "^~" else modifier
            if (kind, name) in taken:
                continue
            taken.add((kind, name))
            inside = self._body(name, depth)
            if modifier != "=" and depth < 2 and rng.random() < 0.3:
                below = name if not modifier.startswith("~") else "~"
                inside += self._nested(below, depth + 1)
            found.append(f"location {modifier} {shown} {{ {' '.join(inside)} }}")
        return found

    def _nested(self, parent: str, depth: int) -> list[str]:
        if parent != "~":
            return self._locations(parent, depth, self.rng.randrange(1, 3))
        pattern, texts = self.rng.choice(PATTERNS)
        self.paths += texts
        return [f'location ~ "{pattern}" {{ {" ".join(self._body("~", depth))} }}']

    def _body(self, name: str, depth: int) -> list[str]:
        rng = self.rng
        parts = self._level(0.22)
        if rng.random() < 0.12:
            methods = " ".join(rng.sample(("GET", "POST", "PUT", "OPTIONS"), rng.randrange(1, 3)))
            parts.append(f"limit_except {methods} {{ {self._rules(2)} }}")
        chosen = rng.random()
        if chosen < 0.3:
            pass
        elif chosen < 0.45:
            parts.append("return 403;" if rng.random() < 0.6 else f"return {rng.choice((200, 404))} x;")
        elif chosen < 0.55:
            parts.append("proxy_pass http://127.0.0.1:@BACK@;")
        elif chosen < 0.72:
            tries = rng.choice(("$uri", "$uri $uri/", "$uri/ $uri.html", "/nothing"))
            parts.append(f"try_files {tries} {rng.choice((*self.named, '=403', '=404', self._target()))};")
        elif chosen < 0.8 and not name.startswith(("~", "@", "^", "(", "\\")):
            directory = rng.choice(self.tree.directories)
            parts.append(f'{rng.choice(("alias", "root"))} "{directory}{"/" if name.endswith("/") else ""}";')
        elif chosen < 0.85:
            parts.append(f"rewrite {self._rewrite()}")
        elif chosen < 0.9 and not name.startswith("@"):
            parts.append("internal;")
        elif chosen < 0.93:
            parts.append("stub_status;")
        return parts

    # the sample

    def requests(self, count: int) -> list[Request]:
        """A dense sample: ordinary in most things, and in one, two or three on one side of something that is named."""
        clients = self.clients()
        return [self._request(clients) for _ in range(count)]

    def clients(self) -> list[str]:
        found = [*ORDINARY, "198.51.100.200", "127.0.0.1", "::1", "192.168.1.7", "10.1.2.3", "10.1.2.4"]
        for text in self.networks:
            network = ip_network(text)
            first, last = int(network.network_address), int(network.broadcast_address)
            bits = 32 if network.version == 4 else 128
            beside = (first - 1, first, first + 1, last - 1, last, last + 1)
            numbers = [number for number in beside if 0 < number < 2**bits - 1]
            found += [str(ip_address(number.to_bytes(bits // 8, "big"))) for number in numbers]
        return found

    def _request(self, clients: list[str]) -> Request:
        rng, world = self.rng, self.world
        client = rng.choice(clients) if rng.random() < 0.45 else ORDINARY[0]
        method = rng.choice(METHODS) if rng.random() < 0.25 else "GET"
        headers = {"User-Agent": BROWSER}
        target, arguments = self._path(), ""
        for extra in rng.sample(self.extras, min(len(self.extras), rng.choice((0, 0, 1, 1, 2)))):
            if extra.startswith("-"):
                headers.pop(extra[1:], None)
            elif extra.startswith("/"):
                target = extra
            elif extra.startswith("?"):
                arguments = extra
            else:
                before, colon, value = extra.partition(": ")
                verb, space, name = before.rpartition(" ")
                method = verb or (method if colon else before)
                if colon:
                    headers[name if space else before] = value
        port = world.port if rng.random() < 0.75 else rng.choice((world.other, world.secure))
        if ":" in client:
            port = world.port
        host = rng.choice(HOSTS)
        tls = Tls(host.partition(":")[0], rng.choice(("none", "verified", "failed"))) if port == world.secure else None
        return Request(
            method, "http" if tls is None else "https", host, port, target + (arguments if "?" not in target else ""),
            client, tuple(headers.items()), "::1" if ":" in client else "127.0.0.1", tls, None,
            self.limited and rng.random() < 0.1,
        )  # fmt: skip

    def _path(self) -> str:
        rng = self.rng
        chosen = rng.random()
        if chosen < 0.3:
            return quoted(random_path(rng, self.tree, self.tree.root))
        if chosen < 0.85:
            return quoted(rng.choice(self.paths))
        base = rng.choice(PLAIN_PATHS)
        return base.rstrip("/") + rng.choice(
            ("/index.html", "/x.php", "/deep/er", ".bak", "/.hidden", "/a.txt", "/private")
        )


def quoted_name(rng: random.Random, tree: Tree) -> str:
    """A location's name that is a directory of the tree."""
    below = [path[len(tree.root) :] + "/" for path in tree.directories[1:]]
    return rng.choice(below or ["/d/"]).replace('"', "")
