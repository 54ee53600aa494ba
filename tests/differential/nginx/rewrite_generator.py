"""Random code of the rewrite module with the variables it works on: set, if, rewrite, return, break, map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from differential.nginx.routing_generator import words

if TYPE_CHECKING:
    import random
    from pathlib import Path

OWN = ("x", "y", "z", "arg_own", "http_own")
MAPS = ("m0", "m1", "m2", "m3")
NAMED = ("n1", "n2")
CAPTURES = ("1", "2", "3")
BUILT_IN = words(
    "uri args is_args query_string document_uri request_uri arg_x arg_y http_x_a http_user_agent http_cookie cookie_c "
    "host http_host server_name remote_addr request_method scheme https document_root request_filename limit_rate "
    "content_type server_port server_addr server_protocol invalid_referer proxy_add_x_forwarded_for "
    "http_x_forwarded_for realip_remote_addr http2 cookie_cc http_referer realpath_root proxy_protocol_addr "
    "status fastcgi_script_name fastcgi_path_info msie modern_browser ancient_browser upstream_status sent_http_x "
    "request_body bytes_sent request_completion gzip_ratio limit_req_status ssl_client_s_dn ssl_protocol"
)
PATTERNS = words(
    r"^/(.*)/(.*)$ ^(/a)?(.*)$ (?<n1>[^/]+)$ b ^/(?<n2>.)(.*)$ ^(.*)$ (a)|(b)|(c) ^/a /$ ^$ [%&] \s "
    r"(?<n1>a)?(?<n2>b)? ^/(\w+) ^(.)(.)(.)(.) A"
)
REPLACEMENTS = words(
    "/x/$1 $1$2?q=$1 /y? /a/$2?k=$arg_x&u=$uri? /a?$args http://h.test/$1 $scheme://h$1?a /$m0$1 /$1$m1/$2?$1 $x /in "
    "/x?y=$1$2 /$n1/$n2 $1 /$2?$args? /b?a=%20$1 /a/b /x$1? /%2e$1 /$uri /a$m2$1$2 $document_uri$is_args$args"
)
CODES = (200, 201, 204, 206, 304, 400, 401, 404, 405, 410, 413, 429, 444, 408, 499, 500, 503, 599, 600, 777, 999)
CODES_WITH_TEXT = (200, 201, 202, 301, 302, 303, 307, 308, 400, 402, 404, 444, 499, 500, 999)
ADDRESSES = ("return https://h.test$uri;", "return http://$host/;", "return $scheme://x$m0;", 'return 301 "";')
VALUES = ("", "0", "1", "00", "a", "b", "/a", "GET", "ab", "A", "localhost", "8M", "a b", "é")
KEYS = ("", "0", "1", "00", "a", "b", "/a", "GET", "ab", "localhost", "8M", "a b", "é", "/a/b", "/", "x=1")
FILES = words("a d d/ x secret closed closed/f none link linkd loop d/f /")

ECHO = "|".join(f"${{{name}}}" for name in (*OWN, *MAPS, *NAMED, *BUILT_IN)) + "|$1|$2|$3|$4"


def lay_out(root: Path) -> None:
    """The files that -f, -d, -e and -x are asked about."""
    for folder in ("d", "closed"):
        (root / folder).mkdir(parents=True, exist_ok=True)
        (root / folder / "f").write_text("f")
    for name in ("a", "x", "secret"):
        (root / name).write_text(name)
    (root / "x").chmod(0o755)
    (root / "secret").chmod(0o600)
    (root / "closed").chmod(0o700)
    for name, to in (("link", "a"), ("linkd", "d"), ("loop", "loop")):
        (root / name).symlink_to(to)


class RewriteCode:
    """Writes code; every variable that it names exists."""

    def __init__(self, rng: random.Random, root: Path) -> None:
        self.rng = rng
        self.root = root

    def maps(self) -> str:
        """All the maps. They may hang on one another in a ring, but not with a volatile one: nginx would never end."""
        volatile = self.rng.random() < 0.5
        declared = 'map $host $never { "~never(?<n1>x)(?<n2>y)" ""; }\n'
        return declared + "\n".join(
            self._map(name, MAPS[:at] if volatile else MAPS, volatile) for at, name in enumerate(MAPS)
        )

    def server(self, port: int, listen: str = "") -> str:
        """A server block with code and some locations with code."""
        rng = self.rng
        locations = rng.sample(("/a", "/", "/x", "= /a/b", "~ b", "~* ^/(?<n1>.)/(.*)", "^~ /y", "~ \\.(a|b)$"), 4)
        code = self.block(rng.choice((0, 0, 1, 2, 3)))
        blocks = [
            f"location {name} {{ {self._referers()} {self._settings()}\n"
            f"{self.block(rng.randrange(5))}\n{self._judge()} }}"
            for name in locations
        ]
        blocks.append(f"location /in {{ internal; {self._end()} }}")
        declared = " ".join(f'if ($host = never) {{ set ${name} ""; }}' for name in OWN)
        names = rng.choice(("localhost", "a.test", ".b.test", "~^(?<n2>a)"))
        return (
            f"server {{ listen 127.0.0.1:{port}{listen}; server_name {names};"
            f"\n{self._settings()}\nroot {self.root};\n{declared}\n{code}\n" + "\n".join(blocks) + "}"
        )

    def _settings(self) -> str:
        """What some variables hang on besides the request."""
        rng = self.rng
        settings = (
            "fastcgi_index i;",
            rng.choice((r"fastcgi_split_path_info ^(/a)(.*)$;", r"fastcgi_split_path_info ^(.*?b|)(/.*)$;")),
            f"modern_browser {rng.choice(('msie 5.5', 'gecko 1.8', 'opera 9', 'unlisted', 'MSIE 6.0'))};",
            f"ancient_browser {rng.choice(('MSIE', 'b netscape4', '5.0'))};",
            "ancient_browser_value 0;",
        )
        return " ".join(setting for setting in settings if rng.random() < 0.15)

    def block(self, count: int, inside: bool = False) -> str:
        """Some statements."""
        return "\n".join(self._statement(inside) for _ in range(count))

    def _statement(self, inside: bool) -> str:
        rng = self.rng
        chosen = rng.randrange(20)
        if chosen < 7:
            name = rng.choice((*OWN, *OWN, "args", "limit_rate", "m0", "n1"))
            if name == "limit_rate":  # nginx really keeps to it
                return f'set $limit_rate "{rng.choice(("4m", "9999k", "8M", "", "x", "$uri", "70000000"))}";'
            return f'set ${name} "{self._value()}";'
        if chosen < 12 and not inside:
            return f"if ({self._condition()}) {{ {self.block(rng.randrange(3), True)} {self._maybe_end()} }}"
        if chosen < 17:
            return self._rewrite()
        if chosen < 18:
            return "break;"
        return self._maybe_end()

    def _judge(self) -> str:
        """An end whose status hangs on what came before."""
        rng = self.rng
        codes = [rng.choice((403, 403, 401, 410)) for _ in range(rng.randrange(3))]
        tests = [f"if ({self._condition()}) {{ return {code}; }}" for code in codes]
        if rng.random() < 0.3:
            tests.append("if ($invalid_referer) { return 403; }")
        if rng.random() < 0.3:
            own, value = rng.choice(OWN), self._value()
            tests.append(f'set ${own} "{value}"; if (${own} = "{rng.choice((value, *VALUES))}") {{ return 403; }}')
        if rng.random() < 0.3:  # whether the map is kept shows when its source changes
            tests.append("set $x a; if ($m3 = 1) { set $y b; } set $x b; if ($m3 = 2) { return 403; }")
        rng.shuffle(tests)
        return "\n".join([*tests, self._end()])

    def _maybe_end(self) -> str:
        return self._end() if self.rng.random() < 0.4 else ""

    def _end(self) -> str:
        rng = self.rng
        chosen = rng.randrange(24)
        if chosen < 12:
            return f'return 200 "{ECHO}";'
        if chosen < 17:
            return rng.choice(("return 403;", 'return 403 "$x";'))
        if chosen < 20:
            code = rng.choice(
                (
                    200,
                    201,
                    204,
                    206,
                    304,
                    400,
                    401,
                    404,
                    405,
                    410,
                    413,
                    429,
                    444,
                    408,
                    499,
                    500,
                    503,
                    599,
                    600,
                    777,
                    999,
                )
            )
            return f"return {code};"
        if chosen < 22:
            code = rng.choice(CODES_WITH_TEXT)
            return f'return {code} "{self._value()}";'
        if chosen < 23:
            return rng.choice(ADDRESSES)
        return ""

    def _rewrite(self) -> str:
        rng = self.rng
        target = rng.choice(REPLACEMENTS)
        flag = rng.choice(("", "", "", "last", "last", "break", "break", "redirect", "permanent"))
        return f'rewrite "{rng.choice(PATTERNS)}" "{target}" {flag};'

    def _condition(self) -> str:
        rng = self.rng
        chosen = rng.randrange(12)
        negation = rng.choice(("", "!"))
        if chosen < 3:
            return f"${self._name()}"
        if chosen < 6:
            return f'${self._name()} {negation}= "{rng.choice((*VALUES, self._value()))}"'
        if chosen < 9:
            return f'${self._name()} {negation}~{rng.choice(("", "*"))} "{rng.choice(PATTERNS)}"'
        path = rng.choice(
            ("$request_filename", "$document_root$uri", f"{self.root}/{rng.choice(FILES)}", f"{self.root}/$1", "", "$x")
        )
        return f'{negation}-{rng.choice("fdex")} "{path}"'

    def _name(self) -> str:
        rng = self.rng
        return rng.choice(
            (rng.choice(OWN), rng.choice(MAPS), rng.choice(NAMED), rng.choice(BUILT_IN), rng.choice(("arg_x", "uri")))
        )

    def _value(self) -> str:
        rng = self.rng
        pieces = []
        for _ in range(rng.randrange(1, 4)):
            chosen = rng.random()
            if chosen < 0.3:
                pieces.append(rng.choice(VALUES))
            elif chosen < 0.6:
                pieces.append("$" + rng.choice(CAPTURES))
            else:
                pieces.append(f"${{{self._name()}}}")
        return "".join(pieces)

    def _map(self, name: str, others: tuple[str, ...], volatile: bool) -> str:
        rng = self.rng
        if name == "m3" and volatile:
            return f"map $x $m3 {{ a 1; b 2; default $uri; {rng.choice(('', 'volatile;'))} }}"
        source = "$" + rng.choice(words("uri args arg_x http_x_a cookie_c x 1 host$uri arg_y n1"))
        if others and rng.random() < 0.2:
            source += "$" + rng.choice(others)
        keys = rng.sample(KEYS, rng.randrange(4))
        keys += [f"~{rng.choice(('', '*'))}{pattern}" for pattern in rng.sample(PATTERNS, rng.randrange(3))]
        lines = [f'"{key}" "{self._map_value(others)}";' for key in keys]
        if rng.random() < 0.5:
            lines.append(f'default "{self._map_value(others)}";')
        if volatile and rng.random() < 0.5:
            lines.append("volatile;")
        rng.shuffle(lines)
        return f'map "{source}" ${name} {{ {" ".join(lines)} }}'

    def _map_value(self, names: tuple[str, ...]) -> str:
        rng = self.rng
        others = [f"${name}" for name in names[:2]]
        value = rng.choice(VALUES)
        return rng.choice((value, value, "$1", "<$1$2>", "$n1", "$uri", "v$arg_x", *others))

    def _referers(self) -> str:
        return self.rng.choice(("", "", "valid_referers none a.test;", "valid_referers blocked *.test ~x;"))
