"""Configurations as people really write them: pieces of well-known templates, put together at random.

The pieces are in real_world.conf, which tells how they are written.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from differential.nginx.exploration_generator import NETWORKS

if TYPE_CHECKING:
    import random

    from differential.nginx.exploration_generator import World
    from differential.nginx.tree_generator import Tree

_CHOICE = re.compile(r"<<([^<>]*)>>")
_MOST_PIECES = 6
_OF_A_SERVER = ("allow @NET@; deny all;", "deny @NET@;", "error_page 403 = /index.html;")


class Piece(NamedTuple):
    """What one template has in a server block and on the http level."""

    server: str
    http: str


def pieces() -> dict[str, Piece]:
    """The pieces by the template that they are out of."""
    text = Path(__file__).with_suffix(".conf").read_text(encoding="utf-8")
    found = {}
    for section in text.split("\n=== ")[1:]:
        name, _, body = section.partition("\n")
        server, _, http = body.partition("--- http\n")
        found[name] = Piece(server, http)
    return found


PIECES = pieces()


def real_world_configuration(rng: random.Random, world: World, tree: Tree) -> str:
    """The contents of `http {}`: some server blocks, each with some pieces of templates."""
    tops = ["limit_req_zone $http_x_unique zone=z:1m rate=1r/m;"]
    blocks = []
    number = 0
    names = rng.sample(("a.example www.a.example", "b.example", "*.b.example .c.example", "api.example"), 3)
    for index in range(rng.choice((1, 2, 2, 3))):
        lines = [f"listen 127.0.0.1:{world.port}{' default_server' if index == 0 and rng.random() < 0.3 else ''};"]
        if rng.random() < 0.5:
            lines.append(f"listen [::1]:{world.port};")
        if rng.random() < 0.4:
            lines.append(f"listen 127.0.0.1:{world.secure} ssl; {world.certificates.directives()}")
            if rng.random() < 0.6:
                verify = rng.choice(("on", "optional", "optional", "optional_no_ca"))
                lines.append(f"ssl_client_certificate {world.certificates.authority}; ssl_verify_client {verify};")
        lines.append(f"server_name {names[index]}; root {tree.root};")
        if rng.random() < 0.25:
            lines.append(filled(rng, rng.choice(_OF_A_SERVER), 0))
        for name in rng.sample(sorted(PIECES), rng.randrange(1, _MOST_PIECES)):
            number += 1
            state = rng.getstate()
            tops.append(filled(rng, PIECES[name].http, number))
            rng.setstate(state)
            lines.append(filled(rng, PIECES[name].server, number))
        blocks.append("server {\n" + "\n".join(lines) + "\n}")
    text = "\n".join([*filter(None, tops), *blocks])
    words = {"@BACK@": str(world.back), "@ROOT@": tree.root, "@PREFIX@": str(world.prefix)}
    for word, value in words.items():
        text = text.replace(word, value)
    return text


def filled(rng: random.Random, text: str, number: int) -> str:
    """The lines with every choice made."""
    while _CHOICE.search(text):
        text = _CHOICE.sub(lambda found: rng.choice(found[1].split("||" if "||" in found[1] else "|")), text)
    first, second = rng.sample(NETWORKS[:-2], 2)
    return text.replace("@NET@", first).replace("@NET2@", second).replace("@N@", str(number))
