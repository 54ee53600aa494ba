"""A decision for people: the verdict first, then every step of the way with its line, met or not met."""

from audit403.core.decision import NOT_REFUSED, REFUSED, Decision, Step
from audit403.core.request import Request
from audit403.report.places import place_text

_MARKS = {True: "✓", False: "✗", None: "·"}


def decision_text(request: Request, decision: Decision) -> str:
    """The whole text of `audit403 explain URL`."""
    lines = [f"{request.method} {request.url()} from {request.client}", f"→ {_verdict(decision)}", ""]
    lines += _steps(decision.trace)
    if decision.because:
        lines += ["", "because"]
        lines += [f"  {place_text(link.where)}: {link.message}" for link in decision.because]
    if decision.verdict == REFUSED:
        log = decision.log or "nothing: this refusal is silent"
        lines += ["", f"the error log says: {log}"]
    for missing in decision.missing:
        lines.append(f"not known: {missing.name} ({missing.reason})")
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


def _steps(steps: tuple[Step, ...]) -> list[str]:
    width = max((len(step.phase) for step in steps), default=0)
    lines = []
    for step in steps:
        where = "" if step.where is None else f"  [{place_text(step.where)}]"
        lines.append(f"  {_MARKS[step.met]} {step.phase:<{width}}  {step.text}{where}")
    return lines
