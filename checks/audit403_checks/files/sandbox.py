"""What a service's sandbox puts over directories, so that its server cannot look into them: systemd.exec(5)."""

from audit403.core.edit import UnhideEdit
from audit403.core.finding import MANUAL, UNSAFE, Fix
from audit403.files.mounts import INACCESSIBLE, Hidden, SeenByWorker
from audit403_checks.files.behind import SANDBOX, Behind, Question
from audit403_checks.files.remedies import Served
from audit403_checks.files.units import unit_settings, with_settings


def behind(question: Question) -> Behind | None:
    """What makes a directory inaccessible. What is only replaced by an empty one is not found, and not refused."""
    evidence = question.served.evaluator.files().resolver.evidence
    hidden = evidence.hidden(question.path) if isinstance(evidence, SeenByWorker) else None
    if hidden is None or hidden.how != INACCESSIBLE:
        return None
    what = "its sandbox" if hidden.setting is None else f"{hidden.setting} of its unit"
    fix = _opened(question.served, hidden)
    return Behind(SANDBOX, f"{what} keeps the server out of {hidden.point}", lambda _: (fix,), modes_help=False)


def _opened(found: Served, hidden: Hidden) -> Fix:
    worker = found.evaluator.worker
    summary = f"let the service see {hidden.point}, or serve the files from a directory that it sees"
    if hidden.setting is None or worker is None or worker.unit is None or not hidden.setting.isprintable():
        return Fix(summary, MANUAL)
    name, _, value = hidden.setting.partition("=")
    if name == "ProtectHome":
        commands = with_settings(worker.unit, "ProtectHome=read-only")
    else:
        others = [word for word in unit_settings(found).get(name, "").split() if word != value]
        lines = [f"{name}={' '.join(others)}"] if others else []
        commands = with_settings(worker.unit, f"{name}=", *lines)
    return Fix(summary, UNSAFE, (), commands, (UnhideEdit(hidden.point),))
