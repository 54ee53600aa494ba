"""A small world in memory, and what nginx answers there; every expectation was seen on the real 1.22.1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit403.core.request import Request
from audit403.evidence.interface import Entry, Group, User
from audit403.evidence.memory import MemoryEvidence
from audit403.nginx.decide.evaluator import Evaluator
from audit403.nginx.model.build import build_model
from audit403.nginx.read.configuration import read_configuration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit403.core.decision import Decision

WORKER = 33


def directory(mode: int = 0o755, owner: int = 0) -> Entry:
    return Entry("d", mode, owner, owner)


def file(mode: int = 0o644, owner: int = 0, size: int = 10, mtime: int = 1_700_000_000) -> Entry:
    return Entry("f", mode, owner, owner, size=size, mtime=mtime)


def link(target: str, owner: int = 0) -> Entry:
    return Entry("l", 0o777, owner, owner, target=target)


def ask(
    tree: Mapping[str, Entry],
    server: str,
    target: str,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    *,
    body_length: int | None = None,
) -> Decision:
    """What one server block answers for the world `tree`, whose paths lie below /w; the worker is www-data."""
    lines = tuple((headers or {}).items())
    request = Request(method, "http", "a.test", 80, target, "127.0.0.1", lines, body_length=body_length)
    return evaluator(tree, server).decide(request)


def evaluator(tree: Mapping[str, Entry], server: str) -> Evaluator:
    """The evaluator of one server block with such a world."""
    conf = f"user www-data; events {{}} http {{ server {{ listen 80; root /w; {server} }} }}".encode()
    entries = {"/": directory(), "/conf": directory(), "/conf/nginx.conf": file(), "/w": directory()}
    entries |= {f"/w/{path}": entry for path, entry in tree.items()}
    evidence = MemoryEvidence(
        entries,
        {"/conf/nginx.conf": conf},
        [User("www-data", WORKER, WORKER), User("root", 0, 0)],
        [Group("www-data", WORKER, ()), Group("root", 0, ())],
        complete=True,
        protected_symlinks=False,
    )
    model = build_model(read_configuration("/conf/nginx.conf", evidence, prefix="/prefix/"))
    return Evaluator(model, evidence)


def status(*arguments: object, **named: object) -> int | None:
    """The status of `ask`."""
    return ask(*arguments, **named).status  # type: ignore[arg-type]
