"""Real 403s, fixed by audit403: its own fixes are made on disk, and the real nginx then serves what was refused.

The other half is as strict as it can be: a request that the case refuses after its own fix too must stay refused.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NamedTuple

import pytest

from servers.need import need, need_root
from servers.nginx import Nginx
from servers.own_fixes import follow_the_report
from servers.shared_cases import CASES, SharedCase, lay_out, shared_cases

if TYPE_CHECKING:
    from collections.abc import Iterator

    from servers.shared_cases import World

#: Configuration or permissions refuse; a sandbox, a page that nobody has written and other programs do not count.
NGINX = [
    case
    for case in shared_cases("nginx")
    if case.decided_here and not case.cause.startswith(("fs.sandbox", "index.missing"))
    and case.id != "n01-no-index-autoindex-off"
]  # fmt: skip
pytestmark = pytest.mark.skipif(not NGINX, reason=f"{CASES} is not there; AUDIT403_SHARED=… says where shared/ is")
#: Not cured yet, and why; the goal is nine of ten, so this list has to become shorter and must not grow.
NOT_YET = {
    "n18-concrete-12131": "no finding: a directory without a page behind try_files",
    "n20-matomo-64": "no finding: a deny location that comes before the one with the pictures",
    "n34-npmplus-2757": "no finding: a second proxy that real_ip does not trust",
}
FORBIDDEN, BAD_GATEWAY = 403, 502


class Outcome(NamedTuple):
    """What the fixes did to one case: `still` is refused and should not be, `opened` is not and should be."""

    case: str
    fixes: tuple[str, ...]
    still: tuple[str, ...]
    opened: tuple[str, ...]


def fixed_by_us(case: SharedCase) -> Outcome:
    with lay_out(case, "fixed") as cured:
        closed = [request.expected == FORBIDDEN for request in cured.requests]
    with lay_out(case, "broken") as world:
        fixes = follow_the_report(world.main, world.prefix)
        with _running(world) as server:
            answers = [request.send(server.client).status for request in world.requests]
    still, opened = [], []
    for request, stays, answer in zip(world.requests, closed, answers, strict=True):
        name = f"{request.method} {request.target} from {request.client}: {answer}"
        if request.expected == FORBIDDEN and stays and answer != FORBIDDEN:
            opened.append(name)
        if request.expected == FORBIDDEN and not stays and answer == FORBIDDEN:
            still.append(name)
    return Outcome(case.id, tuple(fix.summary for fix in fixes), tuple(still), tuple(opened))


@contextlib.contextmanager
def _running(world: World) -> Iterator[Nginx]:
    with Nginx(world.prefix, world.main, error_log=world.error_log) as server:
        yield server


def test_real_cases_are_cured(capsys: pytest.CaptureFixture[str]) -> None:
    need("nginx")
    need_root()
    outcomes = [fixed_by_us(case) for case in NGINX]
    cured = [one for one in outcomes if not one.still]
    with capsys.disabled():
        print(f"\n{len(cured)} of {len(outcomes)} real cases are cured by audit403's own fixes")
        for one in outcomes:
            if one.still:
                print(f"  not {one.case}: {'; '.join(one.still)} (made: {', '.join(one.fixes) or 'nothing'})")
    assert [one for one in outcomes if one.opened] == []
    assert {one.case for one in outcomes if one.still} <= NOT_YET.keys()
