"""Lists of thousands of robots and addresses: what has one effect is turned a few times, long traces are paid for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from apache.explore.found_in import Found
from audit403.apache.decide.evaluator import Evaluator

if TYPE_CHECKING:
    from pathlib import Path

    from audit403.core.decision import Decision
    from audit403.core.request import Request

_LINES = 1_500
_MOST_STEPS = 1_200_000


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many steps each decision took."""
    found: list[int] = []
    decide = Evaluator.decide

    def counted(self: Evaluator, request: Request) -> Decision:
        decision = decide(self, request)
        found.append(len(decision.trace))
        return decision

    monkeypatch.setattr(Evaluator, "decide", counted)
    return found


def _lines(text: str) -> str:
    return "\n".join(text.format(n=number) for number in range(_LINES))


_ROBOTS = {
    "SetEnvIf": _lines("SetEnvIfNoCase User-Agent robot{n}x bad")
    + '\n<Location "/">\nOrder allow,deny\nAllow from all\nDeny from env=bad\nRequire all granted\n</Location>',
    "RewriteCond": "RewriteEngine On\n"
    + _lines("RewriteCond %{{HTTP_USER_AGENT}} robot{n}x [OR]")
    + "\nRewriteCond %{HTTP_USER_AGENT} ^last$\nRewriteRule .* - [F]",
}


@pytest.mark.parametrize("how", _ROBOTS)
def test_robots_are_not_each_asked_for(tmp_path: Path, steps: list[int], how: str) -> None:
    found = Found(tmp_path, _ROBOTS[how], tree_known=False)
    assert any("robot0x" in (refusal.witness.header("user-agent") or "") for refusal in found.refusals)
    assert not found.missed
    assert sum(steps) < _MOST_STEPS


def test_what_differs_is_cut_off_and_said(tmp_path: Path, steps: list[int]) -> None:
    rules = "RewriteEngine On\n" + _lines("RewriteRule ^/bad{n}/ - [F]")
    found = Found(tmp_path, rules, tree_known=False)
    assert found.of("rewrite-rule")
    assert any("cut off" in reason for reason in found.missed)
    assert sum(steps) < 3 * _MOST_STEPS


@pytest.mark.parametrize(
    "lines",
    [
        "RewriteEngine On\nRewriteRule . - [E=v0:xxxxxxxx]\n"
        + "\n".join(f"RewriteRule . - [E=v{n + 1}:%{{ENV:v{n}}}%{{ENV:v{n}}}]" for n in range(40)),
        "SetEnvIf Host (.*) v0=$1\n" + "\n".join(f"SetEnvIf v{n} (.*) v{n + 1}=$1$1" for n in range(60)),
    ],
    ids=["RewriteRule", "SetEnvIf"],
)
def test_texts_that_double_themselves_end(tmp_path: Path, lines: str) -> None:
    found = Found(tmp_path, lines, tree_known=False)
    assert {refusal.cause for refusal in found.refusals} <= {"no-index"}
