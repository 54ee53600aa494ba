"""A decision for people: the verdict first, then every step of the way with its line, met or not met."""

from collections.abc import Iterator
from itertools import groupby

from audit403.core.decision import LED_NOWHERE, LOOKED_UP, NOT_REFUSED, REFUSED, Decision, Step
from audit403.core.request import Request
from audit403.report.places import place_text
from audit403.report.shown import Paths
from audit403.report.terminal import Style, safe

_MARKS = {True: "✓", False: "✗", None: "·"}
_MOST_UNMET = 5
_COLOURS = {True: "new", False: "old", None: "dim"}


def decision_text(request: Request, decision: Decision, paths: Paths, style: Style) -> str:
    """The whole text of `audit403 explain URL`."""
    lines = [f"{safe(request.method)} {safe(request.url())} from {safe(request.client)}"]
    lines += [style.paint(f"→ {safe(_verdict(decision))}", _verdict_colour(decision)), ""]
    lines += _steps(decision.trace, paths, style)
    if decision.because:
        lines += ["", "because"]
        lines += [f"  {safe(place_text(paths.place(link.where)))}: {safe(link.message)}" for link in decision.because]
    if decision.says is not None:
        lines += ["", f"the answer says: {safe(decision.says)}"]
    elif decision.verdict == REFUSED:
        lines += ["", f"the error log says{f': {safe(decision.log)}' if decision.log else ' nothing of it'}"]
    lines += [f"not known: {safe(missing.name)} ({missing.reason})" for missing in decision.missing]
    return "\n".join(lines) + "\n"


def _verdict(decision: Decision) -> str:
    if decision.verdict == REFUSED:
        return f"403 Forbidden ({decision.cause})"
    if decision.verdict != NOT_REFUSED:
        return "unknown: the answer hangs on what cannot be seen here"
    if decision.handed_to is not None and decision.status is None:
        return f"not refused here: {decision.handed_to} answers"
    if decision.status is None:
        return f"not refused ({decision.cause})"
    return f"{decision.status}, not refused"


def _verdict_colour(decision: Decision) -> str:
    return {REFUSED: "error", NOT_REFUSED: "new"}.get(decision.verdict, "warning")


def _that_count(steps: tuple[Step, ...]) -> list[Step]:
    """The steps without those inside of a request that led nowhere: its end says enough."""
    kept: list[Step] = []
    for step in steps:
        if step.operator == LED_NOWHERE:
            begun = [at for at, other in enumerate(kept) if (other.operator, other.value) == (LOOKED_UP, step.value)]
            if begun:
                del kept[begun[-1] :]
        kept.append(step)
    return kept


def _runs(steps: list[Step]) -> Iterator[tuple[list[Step], int]]:
    """The steps in runs, and how many of each are left out: of many tests in a row that are not met the middle ones."""
    for (_, met), group in groupby(steps, key=lambda step: (step.phase, step.met)):
        run = list(group)
        if met is False and len(run) > _MOST_UNMET:
            yield run[:1], len(run) - 2
            yield run[-1:], 0
        else:
            yield run, 0


def _steps(steps: tuple[Step, ...], paths: Paths, style: Style) -> list[str]:
    width = max((len(step.phase) for step in steps), default=0)
    lines = []
    for run, left_out in _runs(_that_count(steps)):
        lines += [_line(step, width, paths, style) for step in run]
        if left_out:
            mark = style.paint(_MARKS[False], _COLOURS[False])
            lines.append(
                f"  {mark} {run[0].phase:<{width}}  … {left_out} more that are not met (--format json has them)"
            )
    return lines


def _line(step: Step, width: int, paths: Paths, style: Style) -> str:
    where = "" if step.where is None else style.paint(f"  [{safe(place_text(paths.place(step.where)))}]", "dim")
    mark = style.paint(_MARKS[step.met], _COLOURS[step.met])
    return f"  {mark} {step.phase:<{width}}  {safe(step.text)}{where}"
