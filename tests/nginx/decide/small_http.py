"""A whole `http {}` in memory, asked like a server; every expectation was seen on the real 1.22.1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit403.core.request import Request, Tls
from audit403.evidence.interface import Group, User
from audit403.evidence.memory import MemoryEvidence
from audit403.nginx.decide.evaluator import Evaluator
from audit403.nginx.model.build import build_model
from audit403.nginx.read.configuration import read_configuration
from nginx.decide.small_site import directory, file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit403.core.decision import Decision


def decide(
    http: str,
    target: str = "/",
    method: str = "GET",
    headers: tuple[tuple[str, str], ...] = (),
    *,
    host: str | None = "a.test",
    client: str = "127.0.0.1",
    port: int = 80,
    body: int | None = None,
    tls: Tls | None = None,
    over_limits: bool = False,
    contents: Mapping[str, bytes] | None = None,
) -> Decision:
    """What nginx answers in the world of `evaluator`."""
    request = Request(method, "http", host, port, target, client, headers, None, tls, body, over_limits)
    return evaluator(http, contents).decide(request)


def evaluator(http: str, contents: Mapping[str, bytes] | None = None) -> Evaluator:
    """One server in a world with /w/f, the directory /w/d and the files in `contents`."""
    files = {"/conf/nginx.conf": f"user root; events {{}} http {{ root /w; {http} }}".encode(), **(contents or {})}
    entries = {path: directory() for path in ("/", "/conf", "/w", "/w/d", "/etc")}
    entries |= {path: file() for path in (*files, "/w/f")}
    evidence = MemoryEvidence(entries, files, [User("root", 0, 0)], [Group("root", 0, ())])
    model = build_model(read_configuration("/conf/nginx.conf", evidence, prefix="/prefix/"))
    return Evaluator(model, evidence)


def status(http: str, *arguments: object, **named: object) -> int | None:
    """The status of `decide`."""
    return decide(http, *arguments, **named).status  # type: ignore[arg-type]
