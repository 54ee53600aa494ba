"""What set, if, rewrite, return, break and map make of a request, down to the text of every variable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from differential.nginx.duel import Ask
from differential.nginx.influence import Influence
from differential.nginx.measured import hold
from differential.nginx.rewrite_generator import RewriteCode, lay_out
from differential.nginx.routing_generator import odd_target, words
from servers.nginx import main_config
from servers.ports import free_port

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from audit403.nginx.read.tree import Directive

_REQUESTS = 30
_TARGETS = words(
    "/ /a /a/b /x/y /d/ /a%20b/c+d /b%26c/%2B /in /y/a.b /x?y /a?x=1 /a?x=b&y=2&x=3 /?X=A /b?own=1 /a/é /c%c3%a9/d "
    "/secret /x /abc/def /?args /a.a?x=%20+ /d /closed/f /link /?&=&x=&x=1 /?xx=1&x /n /%7B<a>/b /b?x=/a/b"
)
_BROWSERS = (
    ("User-Agent", "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)"),
    ("User-Agent", "Mozilla/4.0 (compatible; MSIE 6.0; X11) Opera 7.50  [en]"),
    ("User-Agent", "Mozilla/5.0 (X11; U; Linux i686; rv:1.7.8) Gecko/20050511 Firefox/1.0.4"),
)
_HEADERS = (
    *(("X-A", value) for value in ("a", "", "/a/b", "  a b  ", "1", "ab")),
    *(("Cookie", value) for value in ("c=1; cc=2", "cc; c=ab", "c; c=2", "d=1;C = é,c=5", "xc=1, c=x;", "c=a")),
    *(("Referer", value) for value in ("http://a.test/x", "http://q.test", "-", "https://z.test/")),
    *(("X-Forwarded-For", value) for value in ("1.2.3.4", "a, b", "")),
    *(("x-a", "0"), ("X_A", "u"), ("User-Agent", "Mozilla/5.0 b"), ("Own", "h"), ("Content-Type", "t"), ("x.a", "odd")),
    *_BROWSERS,
)
WANTED = (
    *words("set if rewrite return break map map/default map/volatile internal valid_referers"),
    *("if -f", "if -d", "if -e", "if -x", "if =", "if ~", "if ~*", "if true", "if negated"),
    *("rewrite last", "rewrite break", "rewrite plain", "rewrite redirect", "rewrite permanent"),
)


def labels(directive: Directive, parent: Directive | None) -> Iterable[str]:
    yield directive.name
    if parent is not None and parent.name == "map":
        yield from ("map", f"map/{directive.name}")
    if directive.name == "rewrite":
        yield f"rewrite {directive.args[2] if len(directive.args) > 2 else 'plain'}"
    if directive.name == "if":
        first = directive.args[0].lstrip("(")
        operator = (
            "true" if len(directive.args) == 1 else first if first.lstrip("!").startswith("-") else directive.args[1]
        )
        if operator.startswith("!"):
            yield "if negated"
        yield f"if {operator.lstrip('!')}"


def test_the_values_of_variables_and_where_rewriting_leads(
    server_dir: Path, rng: random.Random, cases: Callable[[int], int]
) -> None:
    root = server_dir / "www"
    lay_out(root)
    port = free_port()
    influence = Influence(rng, WANTED, labels=labels)

    def conf() -> str:
        code = RewriteCode(rng, root)
        return main_config(server_dir, f"{code.maps()}\n{code.server(port)}\n{code.server(port)}")

    hold(server_dir, influence, cases(3_000), conf, lambda: [_ask(rng, port) for _ in range(_REQUESTS)])


def _ask(rng: random.Random, port: int) -> Ask:
    target = odd_target(rng) if rng.random() < 0.1 else rng.choice(_TARGETS)
    headers = tuple(rng.sample(_HEADERS, rng.choice((0, 0, 1, 2, 3))))
    host = rng.choice(("localhost", "a.test", "x.b.test", "B.test:80", "q"))
    return Ask(port, target, rng.choice(("GET",) * 8 + ("HEAD", "POST", "PUT")), host, headers)
