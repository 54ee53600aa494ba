"""Which socket takes a connection and which server block answers a name: exact, wildcard, regex, default, empty."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from differential.nginx.duel import Ask
from differential.nginx.influence import Influence
from differential.nginx.measured import hold
from differential.nginx.routing_generator import words
from servers.nginx import main_config
from servers.ports import free_port, has_ipv6

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from audit403.nginx.read.tree import Directive

_REQUESTS = 40
_NAMES = words(
    r"a.test b.test .a.test *.a.test *.b.a.test a.* www.a.* *.test ~^(?<user>.+)\.a\.test$ ~b ~^A ~^\d+$ B.Test _ "
    r"localhost c .b.a.test a.b.* *.c .c.test x.a.test ~(?<user>c)|(d) ~é é.test $hostname ~. A.B.C"
)
_HOSTS = words(
    "a.test b.test x.a.test y.x.a.test x.b.a.test b.a.test a.b www.a.b a. .a.test a.test. A.TEST x.test é.test "
    "127.0.0.1 [::1] c d _ localhost a.test:80 .c c.c x.c.test c.test a.b.c a.b.c.d *.a.test 12 www.a. .test .a.test. a"
)


def labels(directive: Directive, parent: Directive | None) -> Iterable[str]:
    if directive.name == "listen":
        yield from (f"listen {word}" for word in directive.args[1:])
    elif directive.name == "server_name":
        yield "server_name"
        for name in directive.args:
            kinds = {"~": "regex", "*": "head", ".": "dot"}
            yield f"server_name {kinds.get(name[:1], 'tail' if name.endswith('.*') else 'exact' if name else 'empty')}"
    elif directive.name == "server":
        yield "server"


_KINDS = ("exact", "regex", "head", "tail", "dot", "empty")
WANTED = ("server", "server_name", *(f"server_name {kind}" for kind in _KINDS))


def test_the_server_of_a_request(server_dir: Path, rng: random.Random, cases: Callable[[int], int]) -> None:
    ports = _neighbours()
    influence = Influence(rng, WANTED, labels=labels)

    def conf() -> str:
        return main_config(server_dir, _servers(rng, ports))

    hold(server_dir, influence, cases(3_000), conf, lambda: [_ask(rng, ports) for _ in range(_REQUESTS)])


def _servers(rng: random.Random, ports: list[int]) -> str:
    few = rng.sample(_listens(ports), 4)
    with_default: set[str] = set()
    servers = []
    for index in range(rng.choice((1, 2, 4, 6))):
        listens = []
        for listen in rng.sample(few, rng.choice((1, 1, 2, 3))):
            default = listen not in with_default and rng.random() < 0.25
            if default:
                with_default.add(listen)
            listens.append(f"listen {listen}{rng.choice((' default_server', ' default')) if default else ''};")
        names = "".join(
            f"server_name {' '.join(rng.choice((*_NAMES, chr(34) * 2)) for _ in range(rng.randrange(1, 4)))};\n"
            for _ in range(rng.choice((0, 1, 1, 2)))
        )
        echo = f'return 200 "{index}|$server_name|$host|$user|$1|$2|$server_addr|$server_port";'
        end = rng.choice((f"return {500 + index};", "return 403;", echo))
        servers.append(f"server {{ {' '.join(listens)}\n{names} set $user $user; {end} }}")
    return "map $host $never { ~^never(?<user>x) 1; }\n" + "\n".join(servers)


def _listens(ports: list[int]) -> list[str]:
    first, second = ports
    listens = [f"127.0.0.1:{first}", f"127.0.0.2:{first}", f"*:{first}", f"{first}", f"127.0.0.1:{second}"]
    listens += [f"0.0.0.0:{second}"]
    listens += [f"127.0.0.1:{first}-{second}", f"{first}-{second}"]
    listens += [f"127.1.2.3:{first}", f"{second}", f"localhost:{second}", f"0.0.0.0:{first}"]
    if has_ipv6():
        listens += [
            f"[::1]:{first}",
            f"[::]:{first}",
            f"[::]:{second}",
            f"[0:0::1]:{second}",
            f"[::]:{second} ipv6only=on",
        ]
    return listens


def _ask(rng: random.Random, ports: list[int]) -> Ask:
    host = rng.choice(_HOSTS) if rng.random() < 0.95 else None
    if has_ipv6() and rng.random() < 0.3:
        return Ask(rng.choice(ports), "/", "GET", host, (), "::1", "::1")
    to = rng.choice(("127.0.0.1", "127.0.0.2", "127.1.2.3", "127.0.0.1"))
    return Ask(rng.choice(ports), "/", "GET", host, (), rng.choice(("127.0.0.1", "127.0.0.3")), to)


def _neighbours() -> list[int]:
    """Two free ports side by side, for `listen` with a range."""
    while True:
        first = free_port()
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", first + 1))
            except OSError:
                continue
        return [first, first + 1]
