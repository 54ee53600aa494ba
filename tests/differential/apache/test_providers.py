"""Passwords and groups in dbm files, databases, directories and programs, as far as httpd decides without them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit403.core.decision import REASON_FILE, REASON_PROGRAM, UNKNOWN, Decision
from differential.apache.duel import Duel, Real
from differential.apache.login_generator import make_files
from differential.apache.provider_generator import MODULES, Providers, make_provider_files
from servers.plenty import cases

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random


class OpenDuel(Duel):
    """A duel in which it may be open what stands in a file or what another program says."""

    open = 0

    def kind(self, decision: Decision, real: Real) -> str | None:
        """As ever, and what is left open must not be what the server has decided without asking."""
        if decision.verdict == UNKNOWN:
            self.open += 1
            reasons = {missing.reason for missing in decision.missing}
            return None if reasons and reasons <= {REASON_FILE, REASON_PROGRAM} else "unknown"
        if decision.status is None:
            self.open += 1
            return "verdict" if real.status == 403 else None
        if any(" is asked" in step.text for step in decision.trace):
            # Whatever is said, the answer is the same; but the directory and the programs of these tests are not there.
            self.open += 1
            return None if real.status in (500, decision.status) else "status"
        return super().kind(decision, real)


def test_providers(server_dir: Path, rng: Random) -> None:
    root, folder = make_files(server_dir)
    make_provider_files(folder)
    generator = Providers(rng, root, folder)
    with OpenDuel(server_dir, extra=MODULES) as duel:
        duel.hold(cases(600), generator.body, lambda: generator.asks(30))
        assert duel.open < duel.asked / 2, "too much is left open"
