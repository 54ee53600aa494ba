"""Which location takes a URI: exact, prefix, `^~`, regex, nested, named, internal, and the redirect to a slash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from differential.nginx.duel import Ask
from differential.nginx.influence import Influence
from differential.nginx.measured import hold
from differential.nginx.routing_generator import LocationTree, odd_target, path
from servers.nginx import main_config
from servers.ports import free_port

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from audit403.nginx.read.tree import Directive

_REQUESTS = 40


def labels(directive: Directive, parent: Directive | None) -> Iterable[str]:
    yield directive.name
    if directive.name == "location":
        kind = directive.args[0] if len(directive.args) > 1 else "glued" if directive.args[0][0] in "=~^" else "prefix"
        yield f"location {'named' if directive.args[0].startswith('@') else kind}"
        if parent is not None and parent.name == "location":
            yield "location nested"


WANTED = (
    "location prefix", "location =", "location ^~", "location ~", "location ~*", "location glued", "location named",
    "location nested", "internal", "limit_except", "try_files", "return", "rewrite", "deny", "proxy_pass",
)  # fmt: skip


def test_the_location_of_a_uri(server_dir: Path, rng: random.Random, cases: Callable[[int], int]) -> None:
    port = free_port()
    influence = Influence(rng, WANTED, labels=labels)

    def conf() -> str:
        tree = LocationTree(rng, port).text()
        return main_config(server_dir, f"server {{\nlisten 127.0.0.1:{port};\nset $seg '';\n{tree}\n}}")

    hold(server_dir, influence, cases(3_000), conf, lambda: [_ask(rng, port) for _ in range(_REQUESTS)])


def _ask(rng: random.Random, port: int) -> Ask:
    target = odd_target(rng) if rng.random() < 0.1 else path(rng, 5) + rng.choice(("", "", "?a"))
    return Ask(port, target, rng.choice(("GET", "GET", "GET", "HEAD", "POST", "BREW")))
