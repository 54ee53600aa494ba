"""Exploration is complete: every 403 that a dense sample of requests meets on the real httpd is one that it found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from differential.apache.explored import Explored
from differential.apache.htaccess_generator import Trees
from differential.apache.rewrite_generator import Rewrites
from differential.apache.section_generator import Sections, make_tree
from differential.apache.whole_generator import Whole
from differential.score import Score
from servers.apache import ApacheError
from servers.need import need_root
from servers.plenty import cases

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from random import Random

    from differential.nginx.duel import Ask

_REQUESTS = 120
_ONE_PLACE = 12
"""So many requests of a small sample may come to one and the same place."""
_LONGEST_NAME = 255
_CLIENTS = ("203.0.113.9", "10.0.0.5", "127.0.0.1", "127.0.0.2", "127.0.1.1", "192.168.1.5")
_MORE = ("authn_anon", "authz_owner", "allowmethods")


def test_sections(server_dir: Path, rng: Random) -> None:
    root = server_dir / "root"
    root.mkdir(mode=0o755)
    make_tree(root)
    generator = Sections(rng, root)
    _held_against_httpd(server_dir, generator.body, lambda: [generator.ask() for _ in range(_REQUESTS)], cases(1_500))


def test_access_files_and_links(server_dir: Path, rng: Random) -> None:
    need_root()
    trees = Trees(rng, server_dir)

    def body() -> str:
        trees.make()
        return trees.body()

    _held_against_httpd(server_dir, body, lambda: trees.asks(_REQUESTS), cases(1_200))


def test_rules(server_dir: Path, rng: Random) -> None:
    generator = Rewrites(rng, server_dir)
    _held_against_httpd(server_dir, generator.body, lambda: [generator.ask() for _ in range(_REQUESTS)], cases(1_200))


def test_whole_configurations(server_dir: Path, rng: Random) -> None:
    generator = Whole(rng, server_dir)
    _held_against_httpd(server_dir, generator.body, lambda: generator.asks(_REQUESTS), cases(600))


def _held_against_httpd(prefix: Path, body: Callable[[], str], asks: Callable[[], list[Ask]], requests: int) -> None:
    """Also: every witness is refused for real, what is said to be served is, and `who` holds for other clients."""
    score = Score()
    while score.counts["asked"] < requests:
        text = body()
        if "RemoteIP" in text:
            continue  # the configuration's own word on who the client is
        explored = Explored(prefix, text, _MORE)
        try:
            explored.server.start()
        except ApacheError as error:
            score.note("rejected", f"{error}")
            continue
        try:
            explored.explore()
            score.replay(explored, _CLIENTS)
            score.sample(explored, [ask.request() for ask in asks() if not _is_too_long(ask.target)])
        finally:
            explored.server.stop()
        score.counts["configurations"] += 1
    score.check("httpd", refused=1 / 50, places=2, model=1, spare=_ONE_PLACE)


def _is_too_long(target: str) -> bool:
    """Whether a name is longer than any file has one: httpd refuses it everywhere, whatever is configured."""
    return any(len(part) > _LONGEST_NAME for part in target.partition("?")[0].split("/"))
