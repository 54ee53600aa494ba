"""Random configurations about what becomes of an error, and requests that run into every kind of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from differential.nginx.trial import Trial

if TYPE_CHECKING:
    import random
    from pathlib import Path

CODES = (
    "403", "403", "403", "404", "404", "400", "401", "405", "413", "500", "301", "302", "410", "418", "421", "503",
    "414",
)  # fmt: skip
OVERWRITES = ("", "", "", "=", "=200", "=403", "=404", "=301", "=302", "=500", "=444", "=0", "=204", "=401")
PAGES = (
    "/page", "/page", "/pages/403.html", "/secret", "/none", "/denied", "/refuses", "/says", "/moved", "/again",
    "/loop/a",
    "/page?why=x", "/pages/$status_word", "/$arg_to", "$arg_to", "@named", "@refusing", "@missing", "@denying",
    "@static",
    "@$arg_name", "https://elsewhere.test/x", "http://$host/y", "/pages/", "/internal", "/basic", "/", "/gone",
    "/body/x",
    "/rewritten", "relative",
)  # fmt: skip
ONLY_GET = "limit_except GET { deny all; }"
PATHS = (
    "/", "/page", "/secret", "/none", "/denied", "/denied/x", "/refuses", "/says", "/moved", "/again", "/loop/a",
    "/loop/b", "/internal",
    "/basic", "/gone", "/pages/", "/pages", "/body/x", "/asks", "/teapot", "/rewritten", "/own/none", "/own/x",
    "/if/x", "/if/y", "/dead",
    "/named",
)  # fmt: skip
ARGUMENTS = (
    "", "", "", "?to=/says", "?to=@named", "?to=/none", "?name=named", "?name=nowhere", "?bad=1", "?to=page",
    "?to=/page?x",
    "?to=", "?self=1",
)  # fmt: skip


def lay_out(prefix: Path) -> None:
    """The tree that every configuration serves."""
    (prefix / "www/pages").mkdir(parents=True)
    for name in ("page", "secret", "pages/403.html", "pages/word", "loop"):
        (prefix / "www" / name).write_text(name)
    (prefix / "www/secret").chmod(0o600)


class ErrorPages:
    """One random configuration after another."""

    def __init__(self, rng: random.Random, prefix: Path, port: int, dead: int) -> None:
        self.rng = rng
        self.prefix = prefix
        self.port = port
        self.dead = dead

    def http(self) -> str:
        """The contents of `http {}`."""
        rng = self.rng
        port = self.port
        both = "".join(self._server(name, default) for name, default in (("a.test", " default_server"), ("b.test", "")))
        return f"root {self.prefix}/www;\n{self._some(0.3)}\n{both}".replace("@P@", str(port)) + rng.choice(("", "\n"))

    def trial(self) -> Trial:
        """One request; many are broken in some way."""
        rng = self.rng
        target = rng.choice(PATHS) + rng.choice(ARGUMENTS)
        method = rng.choice(("GET", "GET", "GET", "GET", "HEAD", "POST", "DELETE", "TRACE", "CONNECT", "BREW"))
        host: str | None = rng.choice(("a.test", "a.test", "b.test"))
        headers: list[tuple[str, str]] = []
        kind = rng.random()
        if kind < 0.05:
            target = rng.choice(("/%00", "/..", "/%", "nonsense", "http://a..test/", "/page%2", "http://b.test/%zz"))
        elif kind < 0.1:
            host = rng.choice((None, "", "a..test", "a b", "a/b"))
        elif kind < 0.14:
            headers += [("Authorization", "Basic eA=="), ("Authorization", "Basic eQ==")]
        elif kind < 0.18:
            target = f"http://{rng.choice(('a', 'b', 'c'))}.test" + target
        if rng.random() < 0.3:
            headers.insert(0, ("X-Key", rng.choice(("open", "shut"))))
        body = rng.choice((0, 3, 30)) if rng.random() < 0.3 and method not in ("HEAD", "TRACE", "CONNECT") else None
        return Trial(self.port, target, method, host, tuple(headers), body=body)

    def _server(self, name: str, default: str) -> str:
        rng, pick, some = self.rng, self.rng.choice, self._some
        code = pick(
            ("", "", "", "", "if ($arg_self) { return 403; }", "if ($http_x_key = shut) { return 404; }", "return 403;",
             "if ($uri = /page) { return 403; }", "if ($request_method = POST) { return 405; }",
             "rewrite ^/named /none last;")
        )  # fmt: skip
        blocks = [
            f"location / {{ {some(0.2)} }}",
            f"location /denied {{ deny all; {some(0.4)} }}",
            f"location = /refuses {{ return 403; {some(0.4)} }}",
            f"location = /says {{ return {pick(('200', '403', '404', '204'))} said; }}",
            f"location = /moved {{ return {pick(('301', '302', '308'))} /page; {some(0.4)} }}",
            f"location = /again {{ return {pick((403, 404, 500))}; error_page 403 404 500 /again; {some(0.2)} }}",
            f"location /loop/ {{ error_page 403 404 405 /loop/b; {pick(('deny all;', 'return 404;', ''))} }}",
            f"location = /loop/b {{ error_page 403 404 405 = /loop/a; {pick(('return 403;', ''))} {some(0.2)} }}",
            f"location = /internal {{ internal; {pick(('return 200;', 'deny all;', 'alias @D@/www/page;'))} }}",
            f"location = /basic {{ auth_basic x; auth_basic_user_file {pick(('none', 'nginx.conf'))}; {some(0.4)} }}",
            f"location = /gone {{ return {pick(('410', '444', '503', '418', '413'))}; {some(0.4)} }}",
            f"location /body/ {{ client_max_body_size 2; {some(0.4)} }}",
            f"location = /asks {{ auth_request {pick(('/refuses', '/none', '/says', '/page'))}; {some(0.4)} }}",
            f"location = /teapot {{ return 418; {some(0.5)} }}",
            f"location = /rewritten {{ rewrite ^ /{pick(('none', 'denied', 'page'))} {pick(('last', 'break', ''))}; }}",
            f"location /own/ {{ {some(0.9)} location /own/x {{ {some(0.3)} deny all; }} }}",
            f"location /if/ {{ if ($http_x_key) {{ {self._page('403')} {pick(('', 'return 403;'))} }} deny all; }}",
            f"location = /dead {{ proxy_pass http://127.0.0.1:{self.dead}; }}",
            f"location @named {{ return 200 named; {some(0.2)} }}",
            f"location @refusing {{ return 403; {some(0.3)} }}",
            f"location @denying {{ deny all; {some(0.3)} }}",
            f"location @static {{ {pick(('', 'root @D@/www/pages;', 'try_files /page =403;', ONLY_GET))} }}",
        ]
        rng.shuffle(blocks)
        kept = blocks[: rng.randrange(8, len(blocks) + 1)]
        listen = f"listen 127.0.0.1:{self.port}{default}; server_name {name}; set $status_word word;"
        text = f"server {{ {listen} {some(0.6)} {code}\n" + "\n".join(kept) + "\n}\n"
        return text.replace("@D@", str(self.prefix))

    def _some(self, chance: float) -> str:
        rng = self.rng
        parts = []
        if rng.random() < chance:
            parts += [self._page() for _ in range(rng.choice((1, 1, 2, 3)))]
        if rng.random() < chance * 0.35:
            parts.append(f"recursive_error_pages {rng.choice(('on', 'on', 'off'))};")
        return " ".join(parts)

    def _page(self, *codes: str) -> str:
        rng = self.rng
        named = " ".join(codes or rng.sample(CODES, rng.choice((1, 1, 1, 2, 3))))
        return f"error_page {named} {rng.choice(OVERWRITES)} {rng.choice(PAGES)};"
