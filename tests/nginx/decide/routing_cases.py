"""What generated configurations found out about routing and rewriting, each cut down to what it takes.

Every case is asked of the evaluator (test_routing.py) and of the real server (tests/differential, which says that the
expectations are nginx's). The statuses come from nginx 1.22.1 as Debian 12 ships it, security fixes included.
"""

from __future__ import annotations

from typing import NamedTuple


class Case(NamedTuple):
    name: str
    http: str
    expected: int
    target: str = "/"
    headers: tuple[tuple[str, str], ...] = ()
    host: str | None = "a.test"
    method: str = "GET"


def _server(code: str, before: str = "", names: str = "") -> str:
    return f"{before} server {{ listen 80; {names} location / {{ {code} }} }}"


def _equal(value: str, expected: str, before: str = "", code: str = "") -> str:
    """A server that answers 403 when `value` comes to `expected`."""
    return _server(
        f'{code} set $seen "{value}"; if ($seen = "{expected}") {{ return 403; }} return 200 "$seen";', before
    )


NEVER = 'map $host $never { "~never(?<n1>x)" ""; }'
LONG = "x" * 9_000

CASES = (
    # rewrite module
    Case("a text makes 444 an answer", _server('return 444 "text";'), 444),
    Case("a code alone may be anything up to 999", _server("return 999;"), 999),
    Case(
        "captures are escaped until a rewrite matches",
        _equal("$1", "a%20b", code='if ($uri ~ "^/(.*)$") { }'),
        403,
        "/a%20b",
    ),
    Case(
        "a rewrite with arguments escapes no capture behind it",
        _equal("$1", "a b{", code='rewrite "^/(.*)$" /new?c=1;'),
        403,
        "/a%20b{",
    ),
    Case(
        "curly brackets are escaped in arguments",
        _equal("$args", "q=%7Ba", code="rewrite ^/(.*)$ /x?q=$1;"),
        403,
        "/%7Ba",
    ),
    Case("a size for limit_rate is computed", _equal("$limit_rate", "4194304", code='set $limit_rate "4m";'), 403),
    Case("a size for limit_rate that is none is ignored", _equal("$limit_rate", "0", code='set $limit_rate "x";'), 403),
    Case(
        "before `set` a family's variable is the request's",
        _equal("$arg_own", "1", code="if ($host = z) { set $arg_own 2; }"),
        403,
        "/?own=1",
    ),
    Case("after `set` it is what was set", _equal("$arg_own", "2", code="set $arg_own 2;"), 403, "/?own=1"),
    # nginx's two passes
    Case(
        "a map that captures anew makes a value longer than measured",
        _server('set $x "$1-$m"; return 403;', 'map $uri $m { "~^/(.*)$" ""; }'),
        500,
        "/abc",
    ),
    Case(
        "so it is in a redirect",
        _server("rewrite ^/a(.) /$1$m redirect;", 'map $uri $m { "~^/(.*)$" ""; }'),
        500,
        "/abcdef",
    ),
    Case(
        "a value that comes out shorter is cut",
        _equal("$m", "b", 'map $uri $m { "~^/ab(c)" b; }', 'if ($uri ~ "^/(.*)$") { set $y "$1$m"; }'),
        403,
        "/abc",
    ),
    Case("a map in itself ends", _equal("$m", "x", 'map "$m" $m { "" x; default x; }'), 403),
    # map, geo, split_clients
    Case(
        "`hostnames` counts from its line on",
        _equal("$m", "1", "map $host $m { *.test 2; hostnames; default 1; }"),
        403,
    ),
    Case("a wildcard below `hostnames`", _equal("$m", "2", "map $host $m { hostnames; *.test 2; default 1; }"), 403),
    Case(
        "of map and named group the last counts",
        _equal("$n1", "", NEVER.replace("map $host $never", "map $uri $n1 { default 1; } map $host $never")),
        403,
    ),
    Case("a map after the named group", _equal("$n1", "1", NEVER + " map $uri $n1 { default 1; }"), 403),
    Case(
        "a volatile map follows its source",
        _server(
            "set $x a; if ($m = 2) { return 200; } set $x b; if ($m = 2) { return 403; } return 200;",
            "map $x $m { a 1; b 2; volatile; }",
        ),
        403,
    ),
    Case(
        "another map keeps its first value",
        _server(
            "set $x a; if ($m = 2) { return 200; } set $x b; if ($m = 2) { return 200; } return 403;",
            "map $x $m { a 1; b 2; }",
        ),
        403,
    ),
    Case("a geo's default is 0.0.0.0/0", _equal("$g", "2", "geo $g { default 1; 0.0.0.0/0 2; }"), 403),
    Case("which can be deleted", _equal("$g", "", "geo $g { default 1; delete 0.0.0.0/0; }"), 403),
    Case(
        "a range is deleted block by block",
        _equal("$g", "", "geo $arg_ip $g { ranges; 10.0.0.0-10.1.255.255 1; delete 10.0.0.0-10.0.255.255; }"),
        403,
        "/?ip=10.0.0.9",
    ),
    Case(
        "and stays in the others",
        _equal("$g", "1", "geo $arg_ip $g { ranges; 10.0.0.0-10.1.255.255 1; delete 10.0.0.0-10.0.255.255; }"),
        403,
        "/?ip=10.1.0.9",
    ),
    Case(
        "but not where the block's part is larger",
        _equal("$g", "1", "geo $arg_ip $g { ranges; 10.0.0.0-10.1.255.255 1; delete 10.0.0.9-10.0.255.255; }"),
        403,
        "/?ip=10.0.0.9",
    ),
    Case("255.255.255.255 is no address", _equal("$g", "3", "geo $arg_ip $g { 128.0.0.0/1 3; }"), 403, "/?ip=x"),
    # variables
    Case("a cookie without a value hides the next", _equal("$cookie_c", ""), 403, headers=(("Cookie", "c; c=2"),)),
    Case("the one after that is found", _equal("$cookie_c", "3"), 403, headers=(("Cookie", "c; c=2; c=3"),)),
    Case("spaces around a header's value go", _equal("$http_x", "a  b"), 403, headers=(("X", "  a  b "),)),
    Case(
        "$server_name is in lower case",
        "server { listen 80; server_name A.Test; if ($server_name = a.test) { return 403; } }",
        403,
    ),
    Case("but a regex stays", "server { listen 80; server_name ~A; if ($server_name = ~A) { return 403; } }", 403),
    Case(
        "X-Forwarded-For with the client's address",
        _equal("$proxy_add_x_forwarded_for", "1.2.3.4, 127.0.0.1"),
        403,
        headers=(("X-Forwarded-For", "1.2.3.4"),),
    ),
    Case(
        "an expiry beyond all time is none",
        _server('secure_link $arg_k,$arg_e; secure_link_md5 x; if ($secure_link = "") { return 403; } return 200;'),
        403,
        "/?k=nTQYZ9Zs7nmvJJj-RJjtvQ&e=99999999999999999999",
    ),
    # request line
    Case("an absolute form without a path", _equal("$uri|$request_uri|$args", "/|?x|x"), 403, "http://a.test?x"),
    Case("with an address in brackets of the future", _equal("$host", "[v1.a_~!]"), 403, "http://[v1.a_~!]/"),
    Case("brackets that do not close", _server("return 403;"), 400, "http://[::1/"),
    Case("letters beyond ASCII in the authority", _server("return 403;"), 400, "http://é/"),
    Case("spaces behind the target", _equal("$request_uri", "/a"), 403, "/a  "),
    Case("a target too long for its buffer", _server("return 403;"), 414, "/" + LONG),
    Case("a header too long for its buffer", _server("return 403;"), 400, headers=(("X", LONG),)),
    Case("headers that fill all the buffers", _server("return 403;"), 400, headers=(("X", "x" * 7_000),) * 5),
    Case("fewer of them", _server("return 403;"), 403, headers=(("X", "x" * 7_000),) * 4),
    Case("a thousand header lines and Host", _server("return 403;"), 400, headers=(("A", "x"),) * 1_000),
    Case("one fewer", _server("return 403;"), 403, headers=(("A", "x"),) * 999),
    Case("header lines that are dropped do not count", _server("return 403;"), 403, headers=(("A_", "x"),) * 1_000),
    Case(
        "max_headers",
        "server { listen 80; max_headers 2; return 403; }",
        400,
        headers=(("A", "x"),) * 2,
    ),
    Case("a Content-Length that is no number", _server("return 403;"), 400, headers=(("Content-Length", "x"),)),
    Case("an unknown Transfer-Encoding", _server("return 403;"), 501, headers=(("Transfer-Encoding", "gzip"),)),
    # server names
    Case(
        "a lone server's names are looked up when the last regex captures",
        _server("if ($n1 = a) { return 403; } return 200;", names=r"server_name ~x ~^(?<n1>.)\.test$;"),
        403,
    ),
    Case(
        "and not otherwise",
        _server("if ($n1 = a) { return 200; } return 403;", names=r"server_name ~^(?<n1>.)\.test$ ~x;"),
        403,
    ),
    Case(
        "`.a.test` conflicts with the name of an earlier server",
        """server { listen 80; server_name a.test; return 200; }
        server { listen 80; server_name .a.test; return 403; }""",
        200,
        host="x.a.test",
    ),
    Case(
        "a dot in front of a name",
        """server { listen 80; return 200; }
        server { listen 80; server_name *.a.test; return 403; }""",
        403,
        host=".a.test",
    ),
    Case(
        "a dot behind a referer's name",
        _server("valid_referers a.*; if ($invalid_referer) { return 200; } return 403;"),
        403,
        headers=(("Referer", "http://a./x"),),
    ),
)
