"""Exploration is complete: every 403 that a dense sample of requests meets on the real nginx is one that it found."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from audit403.core.request import Request
from audit403.nginx.read.parse import parse
from differential.dense_sample import Port
from differential.nginx.dense_sample import NginxSample
from differential.nginx.exploration_generator import Generator, World
from differential.nginx.explored import Explored
from differential.nginx.real_world import real_world_configuration
from differential.nginx.tree_generator import quoted
from differential.score import Score
from servers.need import need_root
from servers.nginx import NginxError
from servers.ports import free_ports
from servers.process import server_directory

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable

    from differential.nginx.tree_generator import Tree
    from servers.certificates import Certificates

_REQUESTS = 200
_REQUESTS_OF_TEMPLATES = 400
_ONE_PLACE = 8
"""So many requests of a small sample may come to one and the same place."""


def test_every_403_seen_was_found(rng: random.Random, certificates: Certificates, cases: Callable[[int], int]) -> None:
    """Also: every witness is refused for real, what is said to be served is, and `who` holds for other clients."""

    def drawn(world: World, tree: Tree) -> Drawn:
        generator = Generator(rng, world, tree)
        return Drawn(generator.text, generator.clients(), generator.requests(_REQUESTS))

    _held_against_nginx(drawn, rng, certificates, cases(8_000))


def test_templates(rng: random.Random, certificates: Certificates, cases: Callable[[int], int]) -> None:
    """The same for pieces of well-known templates, put together at random."""

    def drawn(world: World, tree: Tree) -> Drawn:
        text = real_world_configuration(rng, world, tree)
        ports = [Port("127.0.0.1", world.port, False), Port("127.0.0.1", world.port, False)]
        ports += [Port("::1", world.port, False)] if f"[::1]:{world.port}" in text else []
        ports += [Port("127.0.0.1", world.secure, True)] if f":{world.secure} ssl" in text else []
        sample = NginxSample(rng, ports, parse("nginx.conf", text.encode()).directives)
        return Drawn(text, sample.clients(), sample.requests(_REQUESTS_OF_TEMPLATES))

    _held_against_nginx(drawn, rng, certificates, cases(8_000))


class Drawn(NamedTuple):
    """A configuration, who may be meant by it, and what it is asked."""

    text: str
    clients: list[str]
    requests: Iterable[Request]


def _held_against_nginx(
    draw: Callable[[World, Tree], Drawn],
    rng: random.Random,
    certificates: Certificates,
    requests: int,
) -> None:
    need_root()  # the trees have files of other users
    score = Score()
    with server_directory() as prefix:
        (prefix / "users").write_text("joe:{PLAIN}secret\n")
        port, other, secure, back = free_ports(4)
        world = World(prefix, port, other, secure, back, certificates)
        number = 0
        while score.counts["asked"] < requests:
            number += 1
            drawn = draw(world, world.grow(rng, number))
            explored = Explored(prefix, drawn.text, certificates, world.back)
            try:
                explored.server.start()
            except NginxError as error:
                score.note("rejected", f"{error}")
                continue
            try:
                explored.explore()
                score.replay(explored, rng.sample(drawn.clients, 6))
                score.sample(explored, drawn.requests)
            finally:
                explored.server.stop()
            score.counts["configurations"] += 1
    score.check("nginx", refused=1 / 20, spare=_ONE_PLACE)


def test_every_entry_of_a_tree(rng: random.Random, certificates: Certificates, cases: Callable[[int], int]) -> None:
    """Whatever entry of a random tree is refused, in whatever location, belongs to a refusal that was found."""

    def drawn(world: World, tree: Tree) -> Drawn:
        below = [path[len(tree.root) :] for path in tree.everything()]
        options = (
            "",
            "",
            "disable_symlinks on;",
            "disable_symlinks if_not_owner;",
            "autoindex on;",
            "index home a.txt;",
        )
        aliased = rng.choice(tree.directories)
        text = f"""server {{
            listen 127.0.0.1:{world.port}; server_name a.example; root "{tree.root}"; {rng.choice(options)}
            location ~ "\\.html$" {{ {rng.choice((*options, "try_files $uri =403;"))} }}
            location /s1/ {{ {rng.choice(options)} location ~ "\\.txt" {{ {rng.choice(options)} }} }}
            location /other/ {{ alias "{aliased}/"; {rng.choice(options)} }}
            location /d/ {{ root "{tree.root}/s2"; }}
            location /e/ {{ try_files $uri $uri/ /index.html; }}
        }}"""
        inside = [path[len(aliased) :] for path in tree.everything() if path.startswith(f"{aliased}/")]
        targets = [*below, *(f"/other{path}" for path in inside)]
        targets += [f"{target}/" for target in targets] + ["/", "/other/"]
        asked = [_visit(world, quoted(target)) for target in targets]
        return Drawn(text, ["203.0.113.9"] * 6, asked)

    _held_against_nginx(drawn, rng, certificates, cases(3_000))


def _visit(world: World, target: str) -> Request:
    return Request("GET", "http", "a.example", world.port, target, "203.0.113.9", (), "127.0.0.1")
