"""`valid_referers` in all its forms, and `secure_link` in both of its own."""

from __future__ import annotations

import time
from base64 import urlsafe_b64encode
from hashlib import md5
from typing import TYPE_CHECKING

from differential.nginx.duel import Ask
from differential.nginx.influence import Influence
from differential.nginx.measured import hold
from differential.nginx.routing_generator import words
from servers.nginx import main_config
from servers.ports import free_port

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path


_REQUESTS = 40
_LISTED = (
    *words(r"none blocked server_names a.test *.a.test .b.test b.* www.b.* c.test/x 12/ .d.test/y/ ~a\.test ~\.png$"),
    *words(r"~^(e|f)\.test/z E.TEST *.c.test/q é.test ~É g.test/a%20b server_names"),
)
_NAMES = words(
    "a.test b.test www.b.x b.x c.test x.c.test d.test q.d.test e.test f.test E.Test é.test É.test 12 t.s g.test"
)
_PATHS = words("/ /x /xy /x/y /y/ /y /z /q/1 /pic.png /a%20b //x ?x=/x #/x :80/x :80 :/x / /X")
_ODD = (
    "",
    *words("- http http:// http://i.r ftp://a.test/ //a.test/x a.test http:/a.test http:/// https://c about:blank"),
)
_NAMES_OF_SERVER = words("s.test *.u.test ~^(r|u)\\.test$ .v.test w.* t.s")
_KEYS = ("$arg_k,$arg_x", "$arg_k", "$arg_k$is_args,$arg_x")
_ENDS = (
    'if ($secure_link = "") { return 403; } if ($secure_link = "0") { return 410; } return 200 "$secure_link_expires";',
    'if ($secure_link) { return 200 "$secure_link_expires"; } return 403;',
    'return 200 "$secure_link_expires|$secure_link|$secure_link_expires";',
)
_SECRETS = ("s", "secret word", "é")


def test_referers(server_dir: Path, rng: random.Random, cases: Callable[[int], int]) -> None:
    port = free_port()
    influence = Influence(rng, ("valid_referers", "server_name", "if"))

    def conf() -> str:
        return main_config(server_dir, "\n".join(_referer_server(rng, port) for _ in range(2)))

    hold(server_dir, influence, cases(2_000), conf, lambda: [_with_referer(rng, port) for _ in range(_REQUESTS)])


def test_secure_links(server_dir: Path, rng: random.Random, cases: Callable[[int], int]) -> None:
    port = free_port()
    influence = Influence(rng, ("secure_link", "secure_link_md5", "secure_link_secret", "if"))

    def conf() -> str:
        return main_config(server_dir, _link_server(rng, port))

    hold(server_dir, influence, cases(2_000), conf, lambda: [_with_link(rng, port) for _ in range(_REQUESTS)])


def _referer_server(rng: random.Random, port: int) -> str:
    blocks = []
    for name in ("/", "/x/", "/x/y/", "~ \\.b$", "= /e"):
        inner = "location /x/y/n { return 200 '$invalid_referer'; }" if name == "/x/y/" else ""
        blocks.append(f"location {name} {{ {_referers(rng)} {_guard(rng)} {inner} return 200 '$invalid_referer'; }}")
    outer = _referers(rng) + (_guard(rng) if rng.random() < 0.4 else "")
    names = " ".join(rng.sample(_NAMES_OF_SERVER, rng.randrange(3)))
    named = f"server_name {names};" if names else ""
    return f"server {{ listen 127.0.0.1:{port}; {named} {outer}\n" + "\n".join(blocks) + "}"


def _referers(rng: random.Random) -> str:
    if rng.random() < 0.4:
        return ""
    listed = rng.sample(_LISTED, rng.randrange(1, 6))
    if not {"none", "blocked"}.isdisjoint(listed):
        listed.append("z.test")  # nginx wants a name beside these
    half = rng.randrange(len(listed))
    return " ".join(f"valid_referers {' '.join(part)};" for part in (listed[:half], listed[half:]) if part)


def _guard(rng: random.Random) -> str:
    refuse = "if ($invalid_referer) { return 403; }"
    return rng.choice((refuse, refuse, 'if ($invalid_referer = "") { return 410; }', ""))


def _with_referer(rng: random.Random, port: int) -> Ask:
    name = rng.choice(
        (*_NAMES, *_NAMES, "www.a.test", "r.test", "s.test", "x.u.test", "v.test", "w.q", "a" * 255, "a" * 257)
    )
    referer = rng.choice(("http://", "https://", "HTTP://", "hTTps://")) + name + rng.choice(_PATHS)
    if rng.random() < 0.15:
        referer = rng.choice(_ODD)
    headers = (("Referer", referer), ("Referer", "http://a.test/"))[: rng.choice((0, 1, 1, 1, 1, 1, 1, 1, 2))]
    host = rng.choice(("s.test", "v.test", "b.test"))
    return Ask(port, rng.choice(("/", "/x/", "/x/y/z", "/x/y/n", "/a.b", "/e")), "GET", host, headers)


def _link_server(rng: random.Random, port: int) -> str:
    blocks = []
    for name in ("/h/", "/e/", "/s/", "/in/", "~ ^/r/"):
        end = rng.choice(_ENDS)
        if name != "/s/" and rng.random() < 0.3:
            flag = rng.choice(("last", "break", ""))
            end = f"rewrite ^/./(.*)$ /in/$1?k=$arg_k&x=$arg_x? {flag}; {end}"
        blocks.append(f"location {name} {{ {_link(rng)} {end} }}")
    return f"server {{ listen 127.0.0.1:{port}; {_link(rng)}\n" + "\n".join(blocks) + "}"


def _link(rng: random.Random) -> str:
    chosen = rng.randrange(6)
    if chosen == 0:
        return ""
    if chosen < 3:
        return f'secure_link_secret "{rng.choice(_SECRETS)}";'
    lines = [f"secure_link {rng.choice(_KEYS)};", f'secure_link_md5 "{_subject(rng)}";']
    return " ".join(lines if chosen < 5 else rng.sample(lines, 1))


def _subject(rng: random.Random) -> str:
    return rng.choice(("$arg_x$uri s", "$arg_x$uri s", "$uri s", "$arg_x$uri$remote_addr s"))


def _with_link(rng: random.Random, port: int) -> Ask:
    name = rng.choice("hesr")
    path = f"/{name}/{rng.choice(('a', 'b.txt', 'c/d', 'é', '%61', '', 'a/'))}"
    now = int(time.time())
    expires = rng.choice((str(now + 1000), str(now + 1000), str(now - 1000), "0", "-1", "x", "", "9" * 20, "1"))
    if rng.random() < 0.5:
        inner = rng.choice(("a", "a/b", "é", "%61", "x?y", "", "/a"))
        secret = rng.choice(_SECRETS)
        digest = md5((inner + secret).encode(), usedforsecurity=False).hexdigest()
        digest = rng.choice((digest, digest, digest.upper(), digest[:-1], "0" * 32, "g" * 32, digest + "0"))
        return Ask(port, f"/{name}/{digest}/{inner}")
    uri = path.replace("%61", "a")
    subject = rng.choice((f"{expires}{uri} s", f"{expires}{uri} s", f"{uri} s", f"{expires}{uri}127.0.0.1 s"))
    key = urlsafe_b64encode(md5(subject.encode(), usedforsecurity=False).digest()).decode()
    bare = key.rstrip("=")
    key = rng.choice((key, bare, bare, bare, bare, key[:-4], "", "=", bare + "A", "!" + key[1:], key.replace("-", "+")))
    return Ask(port, f"{path}?k={key}&x={expires}" if rng.random() < 0.9 else f"{path}?k={key}")
