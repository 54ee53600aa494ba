"""error_page in all its forms, for errors of every phase, up to the limit of internal redirects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from differential.nginx.error_page_generator import ErrorPages, lay_out
from differential.nginx.influence import Influence, at_fuzz_scale
from differential.nginx.measured import Measured
from differential.nginx.where import Where
from servers.ports import free_ports

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from audit403.nginx.read.tree import Directive

_REQUESTS = 50
WANTED = (
    "error_page", "error_page plain", "error_page =", "error_page =403", "error_page =200", "error_page @",
    "error_page URL",
    "error_page $", "error_page ?", "error_page in if", "recursive_error_pages", "internal", "client_max_body_size",
    "auth_request",
)  # fmt: skip


def labels(directive: Directive, parent: Directive | None) -> Iterable[str]:
    """error_page by its form."""
    yield directive.name
    if directive.name != "error_page":
        return
    how, where = directive.args[-2], directive.args[-1]
    yield "error_page plain" if not how.startswith("=") else f"error_page {how if how in ('=403', '=200') else '='}"
    for mark in "@$?":
        if mark in where:
            yield f"error_page {mark}"
    if "://" in where:
        yield "error_page URL"
    if parent is not None and parent.name == "if":
        yield "error_page in if"


def test_what_becomes_of_an_error(server_dir: Path, rng: random.Random, cases: Callable[[int], int]) -> None:
    port, dead = free_ports(2)
    lay_out(server_dir)
    generator = ErrorPages(rng, server_dir, port, dead)
    influence = Influence(rng, WANTED, labels=labels)
    where = Where(rng)
    rounds = 8 if at_fuzz_scale() else 1
    measured = Measured(server_dir, generator, influence, where, rounds)
    measured.run(cases(2_500), _REQUESTS)
