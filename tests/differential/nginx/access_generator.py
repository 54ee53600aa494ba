"""Random configurations about who may come in, and the requests that try: everything small, so that rules meet."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, NamedTuple

from differential.nginx.password_files import FILES, USERS
from differential.nginx.trial import Trial

if TYPE_CHECKING:
    import random
    from pathlib import Path

FEATURES = ("rules", "basic", "request", "satisfy", "real-ip", "pages", "body", "methods", "code", "handlers")
NETWORKS = (
    "all", "all", "127.0.0.1", "127.0.0.2", "127.0.0.0/30", "127.1.0.0/16", "127.0.0.0/8", "0.0.0.0/0", "::1", "::/0",
    "::2/127",
    "unix:", "::ffff:127.0.0.1", "::ffff:127.0.0.0/104", "10.0.0.0/8", "203.0.113.7", "203.0.113.0/24", "2001:db8::/32",
    "2001:db8::7", "192.0.2.0/25",
)  # fmt: skip
CLIENTS = ("127.0.0.1", "127.0.0.1", "127.0.0.2", "127.0.0.9", "127.1.2.3", "::1")
FORWARDED = (
    "10.0.0.1", "203.0.113.7", "203.0.113.9", "2001:db8::7", "::ffff:10.1.2.3", "127.0.0.2", "192.0.2.130", "::1",
    "10.0.0.1:8080", "[2001:db8::7]:443", "[2001:db8::7]", "nonsense", "", " ", "unix:", "10.0.0.1.2",
    "1:2:3:4:5:6:7:8:9", "203.0.113.7, 127.0.0.2", "10.0.0.1, 127.0.0.9", "2001:db8::7, 127.0.0.1",
    "203.0.113.7, 127.0.0.1", "10.0.0.1,127.0.0.2 ,127.0.0.1", "127.0.0.2 203.0.113.7", ",203.0.113.7",
    "10.0.0.1,, 127.0.0.1,",
    "garbage, 203.0.113.7", "203.0.113.7, garbage", "10.0.0.1:99999", "[::ffff:10.0.0.1]:80", "::ffff:203.0.113.7:80",
)  # fmt: skip
FORWARDED_HEADERS = ("X-Forwarded-For", "X-Forwarded-For", "X-Forwarded-For", "CF-Connecting-IP", "X-Real-IP")
METHODS = ("GET", "GET", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "BREW", "PATCH", "PROPFIND")
PATHS = (
    "/", "/a/", "/a/f", "/a/b/", "/a/b/f", "/b/", "/b/f", "/f", "/closed/f", "/secret", "/none", "/a/none", "/o/",
    "/o/f", "/g",
)  # fmt: skip

AUTH_LOCATIONS = """
    location = /auth/200 { return 200; }
    location = /auth/204 { return 204; }
    location = /auth/401 { return 401; }
    location = /auth/403 { return 403; }
    location = /auth/text { return 403 "no"; }
    location = /auth/404 { return 404; }
    location = /auth/500 { return 500; }
    location = /auth/302 { return 302 /f; }
    location = /auth/444 { return 444; }
    location = /auth/file { internal; alias @WWW@/f; }
    location = /auth/missing { alias @WWW@/missing; }
    location = /auth/unreadable { alias @WWW@/secret; }
    location = /auth/denied { deny all; alias @WWW@/f; }
    location = /auth/basic { auth_basic x; auth_basic_user_file @PW@/good; return 200; }
    location = /auth/again { auth_request /auth/403; return 200; }
    location = /auth/page { error_page 404 =200 /auth/200; return 404; }
    location = /auth/refusing { error_page 404 =403 /auth/200; return 404; }
    location = /auth/named { error_page 403 = @grant; return 403; }
    location = /auth/tried { try_files /none =403; }
    location = /auth/by-header { if ($http_x_key != open) { return 403; } return 200; }
    location = /auth/by-address { if ($remote_addr ~ "^127") { return 403; } return 200; }
    location = /auth/by-method { if ($request_method = POST) { return 403; } return 200; }
    location = /auth/sets { set $told 1; return 200; }
    location = /auth/small { client_max_body_size 3; return 200; }
    location = /auth/rewritten { rewrite ^ /auth/403 last; }
    location = /auth/through { proxy_pass http://127.0.0.1:@BACK@/back; proxy_pass_request_body off; }
    location = /auth/real { set_real_ip_from 127.0.0.0/8; real_ip_header X-Real-IP; alias @WWW@/f; }
    location = /told { if ($got = 1) { return 403; } return 200 told; }
    location @grant { return 200; }
"""
AUTH_TARGETS = tuple(
    word for word in AUTH_LOCATIONS.split() if word.startswith("/auth/") and not word.endswith(";")
)  # fmt: skip


class Places(NamedTuple):
    """Where a generated configuration lives. `both` takes IPv4 over IPv6, `front` hands on over a unix socket."""

    prefix: Path
    port: int
    both: int
    front: int
    back: int

    @property
    def www(self) -> Path:
        return self.prefix / "www"

    @property
    def passwords(self) -> Path:
        return self.prefix / "passwords"


def lay_out(prefix: Path) -> None:
    """The tree that every configuration serves."""
    www = prefix / "www"
    for folder in ("a/b", "b", "closed", "o", "e"):
        (www / folder).mkdir(parents=True)
    for name in ("f", "secret", "a/f", "a/b/f", "a/index.html", "b/f", "closed/f", "o/f", "g", "e/page", "e/secret"):
        (www / name).write_text(name)
    (www / "secret").chmod(0o600)
    (www / "e/secret").chmod(0o600)
    (www / "closed").chmod(0o700)


class AccessGenerator:
    """One random configuration after another."""

    def __init__(self, rng: random.Random, places: Places) -> None:
        self.rng = rng
        self.places = places
        self.heat: dict[str, float] = {}
        self.header = FORWARDED_HEADERS[0]

    def http(self) -> str:
        """The contents of `http {}`. Each configuration is about some features more than about others."""
        self.header = self.rng.choice(FORWARDED_HEADERS)
        self.heat = {feature: self.rng.choice((0.2, 0.6, 1.0, 2.5)) for feature in FEATURES}
        places = self.places
        auth = AUTH_LOCATIONS.replace("@WWW@", str(places.www)).replace("@PW@", str(places.passwords))
        auth = auth.replace("@BACK@", str(places.back))
        return f"""
    root {places.www};
    {self._settings(0.25)}
    server {{
        listen 127.0.0.1:{places.port};
        listen 127.0.0.2:{places.port};
        listen [::1]:{places.port};
        listen [::]:{places.both} ipv6only=off;
        listen unix:{places.prefix}/s;
        {self._settings(0.35)}
        {self._locations()}
        {auth}
    }}
    server {{
        listen 127.0.0.1:{places.front};
        satisfy all;
        auth_basic off;
        auth_request off;
        allow all;
        location / {{
            proxy_pass http://unix:{places.prefix}/s:;
            proxy_set_header Host $http_host;
        }}
    }}
    server {{
        listen 127.0.0.1:{places.back};
        auth_basic off;
        auth_request off;
        allow all;
        set $told "";  # makes the variables for all; here, where no other server's requests reset them
        set $got "";
        location /back {{ if ($http_x_key = open) {{ return 200; }} return {self.rng.choice((401, 403, 403, 500))}; }}
    }}"""

    def trial(self) -> Trial:
        """One request."""
        rng, places = self.rng, self.places
        client = rng.choice(CLIENTS)
        port, to = places.port, None
        kind = rng.random()
        if kind < 0.15:
            client, port = "127.0.0.1", places.front
        elif kind < 0.3:
            port = places.both
        elif kind < 0.35 and ":" not in client:
            to = "127.0.0.2"
        headers: list[tuple[str, str]] = []
        if rng.random() < 0.5:
            headers.append(("Authorization", authorization(rng)))
        if self._hot("real-ip", 0.6):
            for _ in range(rng.choice((1, 1, 2, 3))):
                name = self.header if rng.random() < 0.8 else rng.choice(FORWARDED_HEADERS)
                headers.append((name, rng.choice(FORWARDED)))
        if rng.random() < 0.4:
            headers.append(("X-Key", rng.choice(("open", "open", "shut"))))
        if rng.random() < 0.3:
            headers.append(("X-File", rng.choice(("good", "missing", "odd"))))
        method = rng.choice(METHODS)
        body = rng.choice((0, 2, 5, 12, 40)) if self._hot("body", 0.25) and method != "HEAD" else None
        path = rng.choice(PATHS) if rng.random() < 0.93 else rng.choice(AUTH_TARGETS)
        return Trial(port, path + rng.choice(("", "", "?q")), method, "localhost", tuple(headers), client, to, body)

    def _locations(self) -> str:
        rng = self.rng
        names = rng.sample(
            ("/", "/a/", "/b/", "= /f", "~ f$", "/closed/", "^~ /a/b/", "~* ^/B", "/o/", "= /g"), rng.randrange(2, 6)
        )
        return "\n".join(self._location(name, 0) for name in names)

    def _location(self, name: str, depth: int) -> str:
        rng = self.rng
        parts = [self._settings(0.5)]
        if self._hot("methods", 0.3):
            parts.append(self._limit_except())
        if self._hot("code", 0.4):
            parts.append(self._if())
        if self._hot("code", 0.2):
            parts.append(self._ending())
        if rng.random() < 0.08:
            parts.append("internal;")
        elif self._hot("handlers", 0.3):
            parts.append(rng.choice(("stub_status;", "empty_gif;", f"proxy_pass http://127.0.0.1:{self.places.back};")))
        if depth < 2 and name.startswith("/") and rng.random() < 0.45:
            inner = {"/": ("/a/", "/b/f", "~ ^/[ab]"), "/a/": ("/a/b/", "= /a/f", "~ b"), "/b/": ("= /b/f",)}.get(
                name, ()
            )
            parts += [self._location(nested, depth + 1) for nested in inner[: rng.randrange(len(inner) + 1)]]
        rng.shuffle(parts)
        return f"location {name} {{ {' '.join(parts)} }}"

    def _limit_except(self) -> str:
        rng = self.rng
        methods = " ".join(
            rng.sample(("GET", "HEAD", "POST", "put", "DELETE", "OPTIONS", "PATCH"), rng.randrange(1, 3))
        )
        inside = self._rules(rng.randrange(1, 3)) + (f" {self._basic()}" if rng.random() < 0.25 else "")
        if rng.random() < 0.1:
            inside += f" proxy_pass http://127.0.0.1:{self.places.back};"
        return f"limit_except {methods} {{ {inside} }}"

    def _if(self) -> str:
        rng = self.rng
        condition = rng.choice(
            ("$http_x_key = open", "$http_x_key", "$request_method = POST", "$args", "$remote_addr ~ ^127",
             "$remote_user", "$told",
             '$got = ""')
        )  # fmt: skip
        inside = rng.choice(
            (
                "",
                "return 403;",
                "return 403;",
                "return 403;",
                "return 200 ok;",
                "set $told 1;",
                "error_page 403 =200 /g;",
                "break;",
            )
        )
        return f"if ({condition}) {{ {inside} }}"

    def _ending(self) -> str:
        return self.rng.choice(
            (
                "return 200 ok;",
                "return 403;",
                "try_files /none /told;",
                "try_files /none /told;",
                "try_files $uri =403;",
                "try_files $uri /g;",
                "rewrite ^ /o/f last;",
                "rewrite ^ /o/f break;",
            )
        )

    def _settings(self, much: float) -> str:
        rng = self.rng
        parts = []
        if self._hot("rules", much):
            parts.append(self._rules(rng.randrange(1, 5)))
        if self._hot("basic", much * 0.6):
            parts.append(self._basic())
        if self._hot("request", much * 0.5):
            parts.append(self._auth_request())
        if self._hot("satisfy", much * 0.6):
            parts.append(f"satisfy {rng.choice(('any', 'any', 'all'))};")
        if self._hot("real-ip", much):
            parts.append(self._real_ip())
        if self._hot("pages", much * 0.4):
            parts.append(self._error_pages())
        if self._hot("body", much * 0.3):
            parts.append(f"client_max_body_size {rng.choice(('0', '1', '4', '10', '1k'))};")
        return " ".join(parts)

    def _hot(self, feature: str, chance: float) -> bool:
        return self.rng.random() < chance * self.heat[feature]

    def _rules(self, count: int) -> str:
        rng = self.rng
        rules = [f"{rng.choice(('allow', 'allow', 'deny'))} {rng.choice(NETWORKS)};" for _ in range(count)]
        return " ".join(rules + (["deny all;"] if rng.random() < 0.4 else []))

    def _basic(self) -> str:
        rng = self.rng
        realm = rng.choice(('"the realm"', '"the realm"', '"the realm"', "off", "$http_x_key", '"$args"'))
        folder = rng.choice((f"{self.places.passwords}/", f"{self.places.passwords}/", "passwords/"))
        file = rng.choice((*FILES, "good", "good", "good", "$http_x_file"))
        both = [f"auth_basic {realm};", f"auth_basic_user_file {folder}{file};"]
        return " ".join(both if rng.random() < 0.85 else rng.sample(both, 1))

    def _auth_request(self) -> str:
        rng = self.rng
        if rng.random() < 0.25:
            told = rng.choice(("$told", "$told", "1$uri"))
            page = f"error_page 404 403 405 {rng.choice(('', '=', '=200'))} /told;"
            return f"auth_request /auth/sets; auth_request_set $got {told}; {page}"
        target = rng.choice((*AUTH_TARGETS, "/auth/200", "off", "/auth/none", "/a/f", "/auth/200?x"))
        return f"auth_request {target}; {rng.choice(('', 'auth_request_set $got $told;'))}"

    def _real_ip(self) -> str:
        rng = self.rng
        trusted = [rng.choice(("127.0.0.0/8", "127.0.0.0/8", "0.0.0.0/0", "127.0.0.1", "localhost"))]
        trusted += rng.sample(("::1", "unix:", "10.0.0.0/8", "::/0", "203.0.113.0/24"), rng.randrange(3))
        parts = [f"set_real_ip_from {network};" for network in trusted]
        if rng.random() < 0.6:
            parts.append(f"deny {rng.choice(('127.0.0.0/8', '203.0.113.0/24', '10.0.0.0/8', '2001:db8::/32'))};")
        if rng.random() < 0.8:
            name = self.header if rng.random() < 0.9 else rng.choice(("x-forwarded-for", "x-real-ip", "X-Other"))
            parts.append(f"real_ip_header {name};")
        if rng.random() < 0.5:
            parts.append(f"real_ip_recursive {rng.choice(('on', 'on', 'on', 'off'))};")
        return " ".join(parts)

    def _error_pages(self) -> str:
        rng = self.rng
        code = rng.choice(("403", "403", "401", "401 403", "404", "500", "413", "405"))
        how = rng.choice(("", "", "", "=", "=200", "=403", "=404"))
        where = rng.choice(
            ("/g", "/told", "/told", "/e/$got", "/e/page", "/e/secret", "/e/none", "@grant", "/o/", "/a/f")
        )
        return f"error_page {code} {how} {where};"


def authorization(rng: random.Random) -> str:
    """An Authorization header, most of them well made and some right."""
    name, password = rng.choice(USERS)
    if rng.random() < 0.25:
        password = rng.choice(("wrong", "", password + "x", password[:-1], "a:b"))
    token = base64.b64encode(f"{name}:{password}".encode()).decode()
    if rng.random() < 0.8:
        return f"Basic {token}"
    return rng.choice(
        (f"basic {token}", f"BASIC   {token}", f"Basic{token}", "Basic", "Basic ", f"Bearer {token}",
         f"Basic {token.rstrip('=')}",
         f"Basic {token}==junk", f"Basic {token}!", "Basic !!", "Basic " + base64.b64encode(b"nocolon").decode(),
         "Basic " + base64.b64encode(b":nouser").decode(), f"Basic\t{token}", f"Basic {token[:-5]}",
         f"Digest username={name}",
         "Basic " + base64.b64encode(name.encode() + b":\xff\x00" + password.encode()).decode())
    )  # fmt: skip
