"""What a comparison with a real server counts, whichever it is, and how much may differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from servers.http import CLOSED
from servers.told import Counts, count, tell

if TYPE_CHECKING:
    from audit403.core.decision import Decision
    from servers.server import Server

VERDICT, STATUS, NOT_KNOWN = 0.999, 0.995, 0.001
"""The least share of right verdicts and exact statuses, and the largest of unknowns (issue A, section 3)."""

SHOWN = 3
"""So many differences of a kind are cut down and shown."""


class Comparison:
    """The counts of one test and the first differences; `third` names what is compared besides verdict and status."""

    def __init__(self, server: Server, third: str) -> None:
        self.server = server
        self.configurations = self.rejected = self.asked = self.refused = 0
        #: How often the verdict, the status (also where the verdict is), or what is compared besides was wrong.
        self.wrong_verdicts = self.wrong_statuses = self.wrong_others = self.unknown = 0
        self.third = third
        self.differences: dict[str, list[str]] = {"unknown": [], "verdict": [], "status": [], third: []}
        self.reason = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.server.stop()

    def whole(self, conf: str) -> str:
        """The main configuration for what a test gives."""
        return conf

    def start(self, conf: str) -> bool:
        """Run a configuration; False when the server does not take it."""
        try:
            self.server.restart(self.whole(conf))
        except self.server.error as error:
            self.rejected += 1
            self.reason = str(error)
            return False
        self.configurations += 1
        return True

    def start_again(self, conf: str) -> None:
        """Run a configuration that was counted before."""
        if self.start(conf):
            self.configurations -= 1

    def counted(self, kind: str | None) -> str | None:
        """Count what differs, and give back the same."""
        self.unknown += kind == "unknown"
        self.wrong_verdicts += kind == "verdict"
        self.wrong_statuses += kind in ("verdict", "status")
        self.wrong_others += kind == self.third
        return kind

    def check(self) -> None:
        """Tell the counts and what differs; fail below the demanded agreement, or when the generator is no good."""
        differences = [shown for kind in self.differences.values() for shown in kind]
        tell("\n".join([self.summary(), *differences]))
        count(Counts(self.asked, self.refused, self.wrong_verdicts, self.wrong_statuses, self.unknown))
        assert self.configurations > self.rejected, f"most configurations are rejected: {self.reason}"
        assert self.refused >= self.asked / 50, f"only {self.refused} of {self.asked} answers are 403"
        assert self.asked - self.wrong_verdicts >= VERDICT * self.asked, "too many wrong verdicts"
        assert self.asked - self.wrong_statuses >= STATUS * self.asked, "too many wrong statuses"
        assert self.asked - self.wrong_others >= STATUS * self.asked, f"too many wrong {self.third}s"
        assert self.unknown <= NOT_KNOWN * self.asked, "too many unknowns"

    def summary(self) -> str:
        """The counts in one line."""
        return (
            f"{self.asked} requests on {self.configurations} configurations ({self.rejected} rejected by "
            f"{self.server.program}), {self.refused} refused: {self.wrong_verdicts} wrong verdicts, "
            f"{self.wrong_statuses} wrong statuses, {self.wrong_others} wrong {self.third}s, {self.unknown} unknown"
        )


def same_status(decision: Decision, real: int) -> bool:
    """Whether the decision names the real status; a closed connection and another program's answer have none."""
    if decision.status is None and decision.cause == "served":
        # What a Range or the time of a file makes of a page is not always known.
        return real in (CLOSED, 200, 206, 304, 412, 416)
    if decision.status is None:
        return real == CLOSED if decision.handed_to is None else real in (502, 503, 504)
    return decision.status == real


def indented(conf: str) -> str:
    """A configuration as it is shown."""
    return "\n".join("    " + line for line in conf.splitlines() if line.strip())
