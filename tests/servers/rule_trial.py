"""One example of a rule put to the test: what the server answers, what audit403 finds, what its own fix does."""

from __future__ import annotations

import os
import stat
import subprocess
from typing import TYPE_CHECKING

from audit403.core.edit import (
    AclUserEdit,
    CreateFileEdit,
    Edit,
    GroupMemberEdit,
    ModeEdit,
    OwnerEdit,
    RemoveEdit,
    TextEdit,
    UnhideEdit,
)
from audit403.core.family import Options
from audit403.core.finding import MANUAL, NOTE
from audit403.core.plugins import FAMILIES, entry_points, load
from audit403.core.request import Request, Tls
from audit403.engine.audit import Asked, Judged, Report, audit
from audit403.evidence.local import LocalEvidence
from audit403.evidence.machine import Unit

from .discovery import discovered, instance_of
from .judged_site import OnMachine, findings_about
from .need import need
from .php_fpm import WithPool
from .rule_examples import Ask, Example

if TYPE_CHECKING:
    from collections.abc import Callable

    from audit403.core.family import Family, Site
    from audit403.core.finding import Finding
    from audit403.evidence.interface import Evidence
    from audit403.evidence.machine import Process

    from .laid_out import LaidOut, Running
    from .sandbox import Sandbox


UNIT = "site.service"


class Trial:
    """The four things that an example proves; each raises AssertionError with what is not so."""

    def __init__(self, example: Example, place: LaidOut, rule: str, fixed: Example | None = None) -> None:
        self.example = example
        self.place = place
        self.rule = rule
        self.fixed = fixed
        self._report: Report | None = None

    @property
    def report(self) -> Report:
        if self._report is None and self.place.world is not None:
            self._report = self._of_site(*self.place.world.seen())
        elif self._report is None and self.place.pool:
            self._report = self._of_site(WithPool(LocalEvidence(), self.place.pool), None)
        elif self._report is None and self.place.sandbox is not None:
            self._report = self._of_running(self.place.sandbox)
        elif self._report is None:
            self._report = audit([str(self.place.main)], Asked(tree="here", strict=True, no_settings=True))
        return self._report

    def _of_running(self, sandbox: Sandbox) -> Report:
        """What is found of the server as it runs in its sandbox."""
        with self.place.running() as running:
            found = discovered()
            worker = instance_of(found, running.server.pid).workers[0]._replace(unit=UNIT)
        machine = found._replace(
            units=(Unit(UNIT, sandbox.settings),),
            processes=tuple(worker if one.pid == worker.pid else one for one in found.processes),
        )
        return self._of_site(OnMachine(LocalEvidence(), machine), worker)

    def _of_site(self, evidence: Evidence, worker: Process | None) -> Report:
        """What is found of a server with this worker."""
        family: Family = load(entry_points(FAMILIES)[self.example.family])
        site = family.read(str(self.place.main), evidence, Options(worker=worker))
        findings = findings_about(site, self.example.family)
        return Report(tuple(Judged(finding, site, "", True) for finding in findings), 0, (), (site,))

    @property
    def own(self) -> list[Finding]:
        """The findings of the rule in question."""
        return [judged.finding for judged in self.report.findings if judged.finding.rule == self.rule]

    def server_answers_as_written(self) -> None:
        if self._does_not_start():
            said = self.place.refusal_to_start()
            assert said is not None, 'the real server starts with it; expect="" says that it does not'
            assert all(words in said for words in self.example.log), f"nginx -t says otherwise: {said}"
            return
        if self.place.world is not None:
            return  # what this machine has not, no server can show here
        with self.place.running() as running, running.server.logged() as lines:
            answers = {f"{ask.method} {ask.url()} from {ask.client}": running.status(ask) for ask in self.example.asks}
        expected = {f"{ask.method} {ask.url()} from {ask.client}": ask.status for ask in self.example.asks}
        assert answers == expected, "the real server answers otherwise; its error log:\n" + "\n".join(lines)
        for words in self.example.log:
            assert any(words in line for line in lines), f"the error log does not say “{words}”: {lines}"

    def model_agrees(self) -> None:
        if self._does_not_start():
            return
        site = self._site()
        for ask in self.example.asks:
            decision = site.decide(as_request(ask))
            refused = decision.verdict == "refused"
            assert refused == (ask.status == 403), f"explain says {decision.verdict} ({decision.cause}) to {ask}"

    def _site(self) -> Site:
        """What `check` has read; where it passes over the server, what `explain` reads."""
        if self.report.sites:
            (site,) = self.report.sites
            return site
        family: Family = load(entry_points(FAMILIES)[self.example.family])
        return family.read(str(self.place.main), LocalEvidence(), Options(None, (), "here"))

    def findings_are_as_written(self) -> None:
        findings = [judged.finding for judged in self.report.findings]
        gaps = [finding.message for finding in findings if any(gap in finding.message for gap in ("  ", " ,", "``"))]
        assert not gaps, f"a word is missing in “{gaps[0]}”"
        found = sorted(finding.rule for finding in findings if finding.severity != NOTE)
        if self.example.findings is not None:
            assert found == sorted(self.example.findings), self._listing()
        elif self.example.state == "broken":
            assert self.own, f"{self.rule} does not fire; what does: {found or 'nothing'}"
        else:
            assert not [f for f in self.own if f.severity != NOTE], self._listing()

    def own_fixes_open_what_they_say(self) -> None:
        """Our own fix is made on disk; the real server then serves the witness, and refuses what it must."""
        if self.example.state != "broken":
            return
        for finding in self.own:
            fix = finding.fix
            if fix is None or fix.applicability == MANUAL or not fix.changes():
                continue
            if self.place.world is not None or self.place.pool:
                assert fix.proven, f"the own fix “{fix.summary}” does not help"
                continue
            undo = [_undo(edit) for edit in fix.world]
            texts = _texts(fix.edits)
            try:
                _write_edits(fix.edits)
                for edit in fix.world:
                    make(edit)
                unhidden = {edit.point for edit in fix.world if isinstance(edit, UnhideEdit)}
                with self.place.running(unhidden) as running:
                    self._held_against(running, finding, fix.summary)
            finally:
                for path, content in texts.items():
                    with open(path, "wb") as file:
                        file.write(content)
                for back in reversed(undo):
                    back()

    def _held_against(self, running: Running, finding: Finding, summary: str) -> None:
        status = running.status
        ask = None if finding.request is None else as_ask(finding.request)
        if ask is not None and running.can_ask(ask):
            assert status(ask) not in (403, finding.status), (
                f"the own fix “{summary}” does not help: {ask.method} {ask.url()} is still refused"
            )
        for ask in self.example.asks:
            if ask.status == 403 and self._stays_closed(ask):
                assert status(ask) == 403, f"the own fix “{summary}” opens {ask.method} {ask.url()} from {ask.client}"

    def _stays_closed(self, ask: Ask) -> bool:
        """Whether the example's own fixed state still refuses it."""
        return self.fixed is not None and ask in self.fixed.asks

    def _does_not_start(self) -> bool:
        return not self.example.asks

    def _listing(self) -> str:
        lines = [f"{j.finding.severity} {j.finding.rule}: {j.finding.message}" for j in self.report.findings]
        return "found:\n" + "\n".join(lines or ["nothing"])


def as_request(ask: Ask) -> Request:
    """An ask as the model takes it."""
    tls = Tls(ask.host, ask.certificate) if ask.scheme == "https" else None
    return Request(ask.method, ask.scheme, ask.host, ask.port, ask.target, ask.client, ask.headers, tls=tls)


def as_ask(request: Request) -> Ask:
    """A witness as the real server is asked."""
    headers = tuple((name, value) for name, value in request.headers if name.lower() != "host")
    certificate = request.tls.client_certificate if request.tls else "none"
    host = request.host
    return Ask(
        request.method, request.scheme, host, request.port, request.target, request.client, headers, certificate, 0
    )


def make(edit: Edit) -> None:
    """Make a change of the world on this machine."""
    if isinstance(edit, ModeEdit):
        os.chmod(edit.path, edit.mode)
    elif isinstance(edit, OwnerEdit):
        ids = (-1 if edit.uid is None else edit.uid, -1 if edit.gid is None else edit.gid)
        os.chown(edit.path, *ids, follow_symlinks=False)
    elif isinstance(edit, AclUserEdit):
        bits = "".join(letter if edit.bits & bit else "-" for letter, bit in (("r", 4), ("w", 2), ("x", 1)))
        subprocess.run([need("setfacl"), "-m", f"u:{edit.uid}:{bits}", edit.path], check=True)
    elif isinstance(edit, CreateFileEdit):
        with open(edit.path, "xb") as file:
            file.write(edit.content)
        os.chmod(edit.path, edit.mode)
        os.chown(edit.path, edit.uid, edit.gid)
    elif isinstance(edit, RemoveEdit):
        (os.rmdir if os.path.isdir(edit.path) else os.unlink)(edit.path)
    elif isinstance(edit, GroupMemberEdit):
        raise AssertionError("a test cannot change this machine's groups: prefer another fix")


def _undo(edit: Edit) -> Callable[[], None]:
    if isinstance(edit, CreateFileEdit):
        return lambda: os.unlink(edit.path)
    if isinstance(edit, RemoveEdit) and os.path.isdir(edit.path):
        return lambda: os.mkdir(edit.path)
    if isinstance(edit, AclUserEdit):
        before = subprocess.run([need("getfacl"), "-p", edit.path], check=True, capture_output=True).stdout

        def as_before() -> None:
            subprocess.run([need("setfacl"), "--restore=-"], check=True, input=before)

        return as_before
    path = str(getattr(edit, "path", "/"))
    status = os.lstat(path)

    def back() -> None:
        os.chown(path, status.st_uid, status.st_gid, follow_symlinks=False)
        if not stat.S_ISLNK(status.st_mode):
            os.chmod(path, status.st_mode & 0o7777)

    return back


def _texts(edits: tuple[TextEdit, ...]) -> dict[str, bytes]:
    found = {}
    for edit in edits:
        with open(edit.file, "rb") as file:
            found[edit.file] = file.read()
    return found


def _write_edits(edits: tuple[TextEdit, ...]) -> None:
    for path, content in _texts(edits).items():
        for edit in sorted((edit for edit in edits if edit.file == path), key=lambda edit: -edit.start):
            content = content[: edit.start] + edit.text.encode("utf-8", "surrogateescape") + content[edit.end :]
        with open(path, "wb") as file:
            file.write(content)
