"""Without the tree nothing is claimed about files; with a docroot that the settings map to a folder, it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit403.core.fact import Refusal
from audit403.core.place import PathPlace
from audit403.evidence.configuration_only import ConfigurationOnly
from audit403.evidence.interface import DIRECTORY, FILE, Entry
from audit403.evidence.memory import MemoryEvidence
from audit403.nginx.decide.evaluator import Evaluator
from audit403.nginx.explore.explorer import Explorer
from audit403.nginx.model.build import build_model
from audit403.nginx.read.configuration import read_configuration
from differential.nginx.exploration_generator import Generator, World
from differential.nginx.tree_generator import Tree

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from servers.certificates import Certificates

ABOUT_FILES = ("missing-index", "file-unreadable", "ancestor-not-searchable", "directory-unreadable", "symlink-refused")
_CONFIGURATIONS = 30


def refusals(http: str, known: tuple[tuple[str, str], ...] = ()) -> list[Refusal]:
    """What is found in a repository, where the folder `public` has a page, and `site` has none and is closed."""
    entries = {"/": Entry(DIRECTORY, 0o755, 0, 0), "/n.conf": Entry(FILE, 0o644, 0, 0)}
    entries |= {"/repo": Entry(DIRECTORY, 0o755, 0, 0), "/repo/site": Entry(DIRECTORY, 0o700, 0, 0)}
    entries |= {"/repo/site/a.txt": Entry(FILE, 0o600, 0, 0)}
    data = f"events {{}}\nhttp {{\n{http}\n}}\n".encode()
    evidence = ConfigurationOnly(MemoryEvidence(entries, {"/n.conf": data}), known)
    model = build_model(read_configuration("/n.conf", evidence, prefix="/"))
    facts = Explorer(model, Evaluator(model, evidence), tree_known=bool(known)).facts()
    return [fact for fact in facts if isinstance(fact, Refusal)]


def test_nothing_is_claimed(rng: random.Random, certificates: Certificates, tmp_path: Path) -> None:
    world = World(tmp_path, 8001, 8002, 8003, 8004, certificates)
    tree = Tree("/repo/site", ["/repo/site", "/repo/site/d"], ["/repo/site/a.txt"], [])
    found = 0
    for _ in range(_CONFIGURATIONS):
        for refusal in refusals(Generator(rng, world, tree).text):
            found += 1
            assert refusal.cause not in ABOUT_FILES
            assert not isinstance(refusal.where, PathPlace)
            assert not any(isinstance(link.where, PathPlace) for link in refusal.because)
    assert found


def test_a_mapped_docroot_is_looked_at() -> None:
    """Which names there are is known, and what modes they have on the server is not."""
    http = "server { listen 80; root /srv/www; }"
    assert refusals(http) == []
    found = refusals(http, (("/srv/www", "/repo/site"),))
    assert [refusal.cause for refusal in found] == ["missing-index"]
    assert found[0].witness.target == "/"
