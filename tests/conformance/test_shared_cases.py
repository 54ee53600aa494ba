"""403s that somebody really had: `explain` gives each the answer that the real server gave, broken and fixed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from servers.command import audit403, needs_command_line
from servers.need import need_root
from servers.shared_cases import CASES, SharedCase, SharedRequest, State, World, lay_out, shared_cases

NGINX, APACHE = shared_cases("nginx"), shared_cases("apache")
WITHOUT = f"{CASES} is not there; AUDIT403_SHARED=… says where shared/ is"
NONE_HERE = pytest.mark.skipif(not NGINX + APACHE, reason=WITHOUT)
pytestmark = NONE_HERE

each_state = pytest.mark.parametrize("state", ["broken", "fixed"])


def each_of(cases: list[SharedCase]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases, ids=[case.id for case in cases])


@each_state
@each_of([case for case in NGINX + APACHE if not case.needs_programs])
def test_laid_out_as_found(case: SharedCase, state: State) -> None:
    """The real server answers as the case says: what the others are held against is the world that was reported."""
    need_root()
    with lay_out(case, state) as world:
        with world.server() as server:
            answers = [request.send(server.client).status for request in world.requests]
        assert answers == [request.expected for request in world.requests]


@needs_command_line
@each_state
@each_of(NGINX + APACHE)
def test_explain_says_what_the_server_said(case: SharedCase, state: State) -> None:
    need_root()
    with lay_out(case, state) as world:
        for asked, answer in zip(world.requests, explain(world), strict=True):
            judge = wrong if case.decided_here else wrong_beyond
            assert judge(asked, answer) is None, f"{judge(asked, answer)}\n{asked}\n{json.dumps(answer, indent=1)}"


def explain(world: World) -> list[dict[str, Any]]:
    """The answers to all requests of a case, through the command line as a script would use it."""
    lines = [json.dumps(request.for_explain(number)) for number, request in enumerate(world.requests)]
    server = world.case.data["server"]
    result = audit403(
        "explain", "--config", world.main, "--server", server, "--requests", "-", "--format", "jsonl",
        stdin="\n".join(lines) + "\n", within=world.within,
    )  # fmt: skip
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == list(range(len(lines))), result.stderr
    return answers


def wrong(request: SharedRequest, answer: dict[str, Any]) -> str | None:
    """What is wrong with an answer where configuration and files decide."""
    if request.expected == 403:
        return None if (answer["verdict"], answer["status"]) == ("refused", 403) else "should be refused"
    if answer["verdict"] != "not-refused":
        return "should not be refused"
    if answer["status"] is None:
        # Handed on: what the other program made of it is not for the server's configuration to tell.
        return None if answer["handed_to"] else "neither a status nor a program that answers"
    return None if answer["status"] == request.expected else f"should be {request.expected}"


def wrong_beyond(request: SharedRequest, answer: dict[str, Any]) -> str | None:
    """What is wrong with an answer where another program decides: it may be open, but it may not be false."""
    if answer["verdict"] == "unknown":
        return None if answer["missing"] else "unknown without a reason"
    return wrong(request, answer) if answer["verdict"] == "refused" or not answer["handed_to"] else None
