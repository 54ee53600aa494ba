"""proxy_pass to the same nginx: the status, the request that arrives, interception, and other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from differential.nginx.influence import Influence, at_fuzz_scale
from differential.nginx.measured import Measured
from differential.nginx.trial import Trial
from differential.nginx.where import Where
from servers.ports import free_ports

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

    from servers.certificates import Certificates

_REQUESTS = 40
PATHS = (
    "/", "/p/", "/p/x", "/p/%41b/c%2fd", "/p/a b".replace(" ", "%20"), "/p//x", "/p", "/r/x", "/n/none", "/i/x",
    "/j/x", "/j/x?a", "/l/x", "/v/x", "/u/x", "/t/x", "/x", "/e", "/dead", "/p/b/../x", "/p/x%3Fy", "/in",
    "/s/x", "/m/x",
)  # fmt: skip
PAGES = ("/in", "@named", "/x", "/p/a")
WANTED = (
    "proxy_pass", "proxy_set_header", "proxy_intercept_errors", "error_page", "proxy_method",
    "proxy_http_version", "proxy_pass_request_headers", "limit_except/proxy_pass",
    "set_real_ip_from",
)  # fmt: skip


class Proxied:
    """One random configuration after another: a front, two servers behind it on three sockets, and TLS."""

    def __init__(self, rng: random.Random, prefix: Path, certificates: Certificates, ports: list[int]) -> None:
        self.rng = rng
        self.prefix = prefix
        self.certificates = certificates
        self.front, self.back, self.tls, self.dead = ports

    def http(self) -> str:
        """The contents of `http {}`."""
        return f"""
    root {self.prefix}/www;
    upstream up {{ server 127.0.0.1:{self.back}; }}
    upstream pair {{
        server 127.0.0.1:{self.back} max_fails=0;
        server 127.0.0.3:{self.back} max_fails=0;
        server 127.0.0.1:{self.dead} down;
    }}
    {self._front()}
    {self._back("back.test", " default_server")}
    {self._back("www.test", "")}
    {self._secure()}"""

    def trial(self) -> Trial:
        """One request to the front."""
        rng = self.rng
        headers = []
        if rng.random() < 0.5:
            headers.append(("X-Forwarded-For", rng.choice(("10.0.0.1", "203.0.113.7", "10.0.0.1, 10.0.0.2", "junk"))))
        if rng.random() < 0.4:
            headers.append(("X-Key", rng.choice(("open", "shut", "403", "404"))))
        if rng.random() < 0.2:
            headers.append(("Connection", "keep-alive"))
        if rng.random() < 0.2:
            headers.append(("TE", "trailers"))
        method = rng.choice(("GET", "GET", "GET", "HEAD", "POST", "PUT", "BREW"))
        body = rng.choice((0, 3, 30)) if method in ("POST", "PUT") else None
        path = rng.choice(PATHS)
        if path == "/s/x":
            body = None  # the subrequest would announce a body that it has not, and the back would wait for it
        target = path + rng.choice(("", "", "?q=1", "?to=x&y", "?"))
        host = rng.choice(("front.test", "www.test", "back.test", "FRONT.test:80"))
        return Trial(
            self.front, target, method, host, tuple(headers), rng.choice(("127.0.0.1", "127.0.0.7")), body=body
        )

    def _front(self) -> str:
        some, back = self._some, self.back
        url = self._url
        pick = self.rng.choice
        return f"""server {{
        listen 127.0.0.1:{self.front};
        set $backend 127.0.0.1:{back};
        set $group up;
        {some(0.5)}
        location / {{ {some(0.3)} }}
        location /p/ {{ proxy_pass {url()}; {some(0.5)} }}
        location ~ ^/r/ {{ proxy_pass {url(False)}; {some(0.5)} }}
        location /n/ {{ try_files $uri @named; }}
        location @named {{ proxy_pass {url(False)}; {some(0.4)} }}
        location /i/ {{ proxy_pass {url()}; if ($http_x_key) {{ {
            pick(("", f"proxy_pass http://127.0.0.1:{back};"))
        } }} {some(0.3)} }}
        location /j/ {{ if ($http_x_key) {{ {pick(("", f"proxy_pass {url(False)};"))} }}
            {pick(("", f"proxy_pass {url()};"))} {some(0.3)}
            if ($args) {{ {pick(("", f"proxy_pass {url(False)};"))} }} }}
        location /l/ {{ limit_except GET {{ {pick(("proxy_pass http://up;", "deny all;"))} }} {
            pick((f"proxy_pass {url()};", ""))
        } }}
        location /v/ {{ proxy_pass {
            pick(
                (
                    "http://$backend",
                    "http://$backend/a$uri",
                    "http://$group/a$is_args$args",
                    "http://$group",
                    "http://$http_x_none",
                    "$scheme://$backend?x",
                    "http://$backend:x",
                    "ftp://$backend",
                    "http://127.0.0.1:${server_port}0/",
                )
            )
        }; {some(0.3)} }}
        location /u/ {{ proxy_pass http://unix:{self.prefix}/back.s{pick(("", ":", ":/a", ":/refuses"))}; {some(0.4)} }}
        location /t/ {{ proxy_pass https://127.0.0.1:{pick((self.tls, self.tls, self.tls, back))}{
            pick(("", "/", "/a/"))
        };
            proxy_ssl_server_name {pick(("on", "off"))}; proxy_ssl_name {pick(("strict.test", "loose.test"))};
            {
            pick(
                (
                    "",
                    "proxy_ssl_certificate {}; proxy_ssl_certificate_key {};".format(*self.certificates.client),
                )
            )
        }
            {some(0.3)} }}
        location /m/ {{ rewrite ^/m/(.*)$ /a/$1 {pick(("break", "last"))}; proxy_pass {url(False)}; }}
        location /a/ {{ proxy_pass {url()}; {some(0.3)} }}
        location = /e {{ error_page 404 403 {pick(("=", "=403", "", "=200"))} {
            pick(("/p/x", "@named", "/in"))
        }; return 404; }}
        location = /in {{ internal; proxy_pass {url()}; }}
        location = /s/x {{ auth_request /p/auth; {some(0.3)} }}
        location = /dead {{ proxy_pass http://127.0.0.1:{self.dead}; proxy_intercept_errors off; }}
    }}"""

    def _url(self, with_uri: bool = True) -> str:
        authority = self.rng.choice(
            (f"127.0.0.1:{self.back}", f"127.0.0.1:{self.back}", "up", "pair", f"localhost:{self.back}")
        )
        uri = self.rng.choice(("", "", "/", "/a/", "/refuses", "/a?x=1", "/%41/")) if with_uri else ""
        return f"http://{authority}{uri}"

    def _some(self, chance: float) -> str:
        rng = self.rng
        parts = []
        if rng.random() < chance:
            parts += rng.sample(
                ("proxy_set_header Host $host;", "proxy_set_header Host $http_host;", 'proxy_set_header Host "";',
                 "proxy_set_header Host www.test;", "proxy_set_header Host $proxy_host;",
                 "proxy_set_header X-Key $http_x_key;",
                 'proxy_set_header X-Key "";', "proxy_set_header X-Key 403;",
                 "proxy_set_header X-Real-IP $remote_addr;",
                 "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
                 "proxy_set_header X-Forwarded-For 203.0.113.7;",
                 'proxy_set_header Content-Length "";', "proxy_set_header Connection keep-alive;"),
                rng.choice((1, 2, 3)),
            )  # fmt: skip
        if rng.random() < chance:
            parts.append(f"proxy_intercept_errors {rng.choice(('on', 'on', 'on', 'off'))};")
            codes = rng.choice(("403 404 401 500", "403", "404", "400 405 401"))
            parts.append(f"error_page {codes} {rng.choice(('', '=', '=403', '=200'))} {rng.choice(PAGES)};")
        if rng.random() < chance * 0.4:
            parts.append(f"proxy_method {rng.choice(('GET', 'POST', 'POST', 'PUT'))};")
        if rng.random() < chance * 0.3:
            parts.append(f"proxy_http_version {rng.choice(('1.1', '1.0'))};")
        if rng.random() < chance * 0.3:
            parts.append("proxy_pass_request_headers off;")
        if rng.random() < chance * 0.2:
            parts.append("proxy_pass_request_body off; proxy_set_header Content-Length '';")
        return " ".join(dict.fromkeys(parts))

    def _back(self, name: str, default: str) -> str:
        rng = self.rng
        addresses = (f"127.0.0.1:{self.back}", f"127.0.0.3:{self.back}", f"unix:{self.prefix}/back.s")
        listens = " ".join(f"listen {address}{default};" for address in addresses)
        real = rng.choice(("", "set_real_ip_from 127.0.0.0/8; real_ip_header X-Forwarded-For; real_ip_recursive on;"))
        rules = rng.choice(
            ("", "allow 127.0.0.0/8; deny all;", "deny 10.0.0.0/8;", "allow 203.0.113.7; deny all;", "deny unix:;")
        )
        what = rng.choice(
            ("$request_method = POST", "$http_x_key", "$http_x_key", "$http_x_key = open", "$uri ~ b",
            "$request_uri ~ %", "$http_host ~ www", "$http_x_key = 403", "$server_protocol = HTTP/1.0",
            "$args",
             "$request_method = POST", "$http_connection = close", "$http_te", "$remote_addr ~ ^127",
             "$host = 127.0.0.1",
             "$http_x_forwarded_for ~ ,", "$content_length", "$http_x_real_ip")
        )  # fmt: skip
        return f"""server {{
        {listens}
        server_name {name};
        {real} {rules}
        {rng.choice(("", "client_max_body_size 10;"))}
        location / {{ if ({what}) {{ return {rng.choice((403, 403, 404, 401, 500, 444))}; }} return 200 "$uri"; }}
        location = /refuses {{ return 403; }}
        location /a/ {{ if ({what}) {{ return 403; }} return {rng.choice((200, 404, 302, 204))}; }}
    }}"""

    def _secure(self) -> str:
        rng = self.rng
        certificates = self.certificates
        servers = [
            f"""server {{
        listen 127.0.0.1:{self.tls} ssl; server_name {name}; {certificates.directives()}
        ssl_client_certificate {certificates.authority}; ssl_verify_client {verify};
        {rng.choice(("", "error_page 496 497 =403 /shut;", "if ($ssl_client_verify = NONE) { return 403; }"))}
        location / {{ return {rng.choice((200, 404))}; }}
        location = /shut {{ return 403; }}
    }}"""
            for name, verify in (("loose.test", "optional"), ("strict.test", rng.choice(("on", "off"))))
        ]
        return "\n".join(servers)


def test_what_nginx_asks_of_itself(
    server_dir: Path,
    rng: random.Random,
    cases: Callable[[int], int],
    certificates: Certificates,
) -> None:
    (server_dir / "www").mkdir()
    (server_dir / "www/x").write_text("x")
    for file in certificates.client:
        file.chmod(0o644)
    generator = Proxied(rng, server_dir, certificates, free_ports(4))
    influence = Influence(rng, WANTED)
    where = Where(rng)
    rounds = 8 if at_fuzz_scale() else 1
    # what a `return` sends may go to nginx itself
    measured = Measured(server_dir, generator, influence, where, rounds, texts=False)
    measured.run(cases(1_500), _REQUESTS)
