"""A duel about files: besides verdict and status, the error log's words of each refusal and the component it blames.

For a 403 that permissions make, the blamed component is opened, in the overlay and for real, and both must then give
the same next answer.
"""

from __future__ import annotations

import os
import re
import subprocess
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Self

from audit403.core.decision import REFUSED, UNKNOWN, Decision
from audit403.core.edit import AclUserEdit, Edit, ModeEdit
from audit403.core.place import PathPlace
from audit403.core.request import Request
from audit403.evidence.interface import DIRECTORY, LINK, Entry, User
from audit403.nginx.decide.evaluator import Evaluator
from audit403.nginx.model.build import build_model
from audit403.nginx.read.configuration import read_configuration
from differential.comparison import NOT_KNOWN, STATUS, VERDICT
from differential.nginx.shrink import shrink
from differential.nginx.tree_generator import ACL_ATTRIBUTE, Tree, describe
from differential.nginx.worker import evidence_for, has_mount_namespaces, within_groups
from servers.http import CLOSED, Response
from servers.nginx import Nginx, NginxError
from servers.told import Counts, count, tell

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from audit403.evidence.interface import Evidence


_SHOWN = 2
_LOG = re.compile(r" \[(\w+)\] \d+#\d+: (?:\*\d+ )?(.*?), client: ")
# What nginx logs on its way to another answer: candidates that are not there, and what gzip_static leaves alone.
# (What try_files may not look at is of the level `crit`, which no refusal is, but an answer that becomes one may be.)
_BY_THE_WAY = re.compile(r'\.gz" failed|\(2: No such|\(20: Not a dir|\(36: File name| is not found |no handler found')
_CRITICAL = "crit: "
_OPENED = {DIRECTORY: 0o555}


class FileAsk(NamedTuple):
    """One request about a file; `host` chooses the server block."""

    port: int
    target: str
    method: str = "GET"
    host: str = "s0"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None

    def request(self) -> Request:
        length = None if self.body is None else len(self.body)
        return Request(
            self.method, "http", self.host, self.port, self.target, "127.0.0.1", self.headers, "127.0.0.1",
            body_length=length,
        )  # fmt: skip

    def send(self, server: Nginx) -> Response:
        headers = [*self.headers]
        if self.body is not None:
            headers.append(("Content-Length", str(len(self.body))))
        try:
            return server.client.ask(
                self.port, self.method, self.target, headers, host=self.host, address="127.0.0.1", body=self.body or b""
            )
        except ConnectionRefusedError:  # cut down so far that nobody listens
            return Response(CLOSED, (), b"")


class FileDuel:
    """The comparisons of one test. `null` counts the answers whose status is honestly left open."""

    def __init__(
        self, prefix: Path, *, check_places: bool = True, evidence: Callable[[], Evidence] | None = None
    ) -> None:
        self.prefix = prefix
        self.grouped = evidence is None and has_mount_namespaces()
        self.evidence = evidence or partial(evidence_for, self.grouped)
        self.server = Nginx(prefix, "", within=within_groups(prefix) if self.grouped else ())
        self.check_places = check_places
        self.configurations = self.rejected = 0
        self.asked = self.refused = self.null = self.places = 0
        self.wrong: dict[str, int] = dict.fromkeys(("unknown", "verdict", "status", "log", "place"), 0)
        self.shown: list[str] = []
        self.reason = ""
        self.statuses: dict[int, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.server.stop()

    def start(self, conf: str) -> bool:
        """Run a configuration; False when nginx does not take it."""
        try:
            self.server.restart(conf)
        except NginxError as error:
            self.rejected += 1
            self.reason = str(error)
            return False
        self.configurations += 1
        return True

    def evaluator(self) -> Evaluator:
        evidence = self.evidence()
        configuration = read_configuration(str(self.server.conf), evidence, prefix=f"{self.prefix}/")
        return Evaluator(build_model(configuration), evidence)

    def run(self, conf: str, asks: Sequence[FileAsk], tree: Tree) -> list[int]:
        """Ask everything of both; the real statuses, in order."""
        evaluator = self.evaluator()
        statuses: list[int] = []
        for ask in asks:
            decision = evaluator.decide(ask.request())
            response, log = self._ask(ask)
            statuses.append(response.status)
            self._count(decision, response)
            kind = difference(decision, response.status, log)
            if kind is None and self._is_about_a_place(conf, ask, decision):
                kind = self._check_place(evaluator, ask, decision)
            if kind is not None:
                self.wrong[kind] += 1
                if self.wrong[kind] <= _SHOWN:
                    self.shown.append(self._report(conf, ask, kind, decision, response, log, tree))
        return statuses

    def _count(self, decision: Decision, response: Response) -> None:
        self.asked += 1
        self.refused += response.status == 403
        self.statuses[response.status] = self.statuses.get(response.status, 0) + 1
        self.null += decision.status is None and response.status != CLOSED

    def check(self) -> None:
        """Tell the counts and what differs; fail below the demanded agreement, or when the generator is no good."""
        tell("\n".join([self.summary(), *self.shown]))
        wrong = self.wrong
        count(Counts(self.asked, self.refused, wrong["verdict"], wrong["status"] + wrong["verdict"], wrong["unknown"]))
        assert self.configurations > self.rejected, f"nginx rejects most configurations: {self.reason}"
        assert self.refused >= self.asked / 50, f"only {self.refused} of {self.asked} answers are 403"
        assert self.wrong["verdict"] <= (1 - VERDICT) * self.asked, "too many wrong verdicts"
        assert self.wrong["status"] + self.wrong["verdict"] <= (1 - STATUS) * self.asked, "too many wrong statuses"
        # Films sought in are few on average, and may be more in one draw.
        assert self.null <= 3 * (1 - STATUS) * self.asked, "too many statuses left open"
        assert self.wrong["unknown"] <= NOT_KNOWN * self.asked, "too many unknowns"
        assert not self.wrong["log"], "refusals whose words in the error log are others"
        assert not self.wrong["place"], "refusals that blame what is not the cause"

    def summary(self) -> str:
        """The counts in two lines."""
        wrong = ", ".join(f"{count} wrong {kind}" for kind, count in self.wrong.items())
        opened = f"{self.null} left open; {self.places} blamed components opened"
        statuses = ", ".join(f"{status}: {count}" for status, count in sorted(self.statuses.items()))
        return (
            f"{self.asked} requests on {self.configurations} configurations ({self.rejected} rejected by nginx), "
            f"{self.refused} refused: {wrong}, {opened}\n{statuses}"
        )

    def _ask(self, ask: FileAsk) -> tuple[Response, list[str]]:
        with self.server.logged() as lines:
            response = ask.send(self.server)
        found = [match for line in lines if (match := _LOG.search(line))]
        return response, [_CRITICAL * (match[1] == "crit") + match[2] for match in found]

    def _is_about_a_place(self, conf: str, ask: FileAsk, decision: Decision) -> bool:
        where = decision.where
        # A cached refusal outlives the permission that made it.
        return (
            self.check_places
            and decision.verdict == REFUSED
            and isinstance(where, PathPlace)
            and where.path.startswith(f"{self.prefix}/")
            and ask.method in ("GET", "HEAD", "POST")
            and "open_file_cache" not in conf
        )

    def _check_place(self, evaluator: Evaluator, ask: FileAsk, decision: Decision) -> str | None:
        where = decision.where
        assert isinstance(where, PathPlace)
        entry = evaluator.evidence.entry(where.path)
        if not isinstance(entry, Entry) or entry.kind == LINK:
            return None
        edits = _opening(evaluator, where.path, entry)
        after = Evaluator(evaluator.model, evaluator.evidence.with_changes(edits)).decide(ask.request())
        with _Opened(where.path, edits):
            response, log = self._ask(ask)
        self.places += 1
        if difference(after, response.status, log) is not None:
            return "place"
        moved = after.verdict != REFUSED or (after.where, after.log) != (decision.where, decision.log)
        return None if moved else "place"

    def _report(
        self, conf: str, ask: FileAsk, kind: str, decision: Decision, response: Response, log: list[str], tree: Tree
    ) -> str:
        def still(smaller: str) -> bool:
            try:
                self.server.restart(smaller)
            except NginxError:
                return False
            again, log_again = self._ask(ask)
            return difference(self.evaluator().decide(ask.request()), again.status, log_again) == kind

        small = shrink(_only(conf, ask.host), still) if kind != "place" else conf
        self.server.restart(conf)
        steps = "\n".join(f"    {step.phase}: {step.text}" for step in decision.trace)
        text = "\n".join("    " + line for line in small.splitlines() if line.strip())
        place = f"{decision.cause} at {decision.where} {decision.missing or ''}"
        return (
            f"--- {kind}\n{text}\n{describe(tree, decision.trace)}\n{ask}\nnginx:    {response.status} {log}\n"
            f"audit403: {decision.status} {decision.verdict} {place} log {decision.log!r}\n{steps}"
        )


def _only(conf: str, host: str) -> str:
    """The configuration without the server blocks of other hosts."""
    head, *blocks = conf.split("\nserver {\n")
    kept = [block for block in blocks if f"server_name {host};" in block]
    return "\nserver {\n".join([head, *kept]) + ("" if kept and kept[-1] is blocks[-1] else "\n}\n")


def difference(decision: Decision, status: int, log: list[str]) -> str | None:
    """What the two disagree in, if anything; an open status disagrees only with a 403."""
    if decision.verdict == UNKNOWN:
        return None if _is_chance(decision) else "unknown"
    if (decision.verdict == REFUSED) != (status == 403):
        return "verdict"
    if decision.status is not None and decision.status != status:
        return "status"
    if status == 403:
        if decision.log is None:
            by_the_way = [line.startswith(_CRITICAL) or _BY_THE_WAY.search(line) for line in log]
            return None if all(by_the_way) else "log"
        # The harness reads the log's bytes as text in its own way.
        words = decision.log.encode("utf-8", "surrogateescape").decode(errors="replace")
        return None if words in log or _CRITICAL + words in log else "log"
    return None


def _is_chance(decision: Decision) -> bool:
    """Whether nginx throws dice: nobody can know which file random_index takes."""
    return all("random_index takes" in missing.name for missing in decision.missing)


def _opening(evaluator: Evaluator, path: str, entry: Entry) -> list[Edit]:
    """What opens this one component for everybody, and for the worker where an ACL names it."""
    edits: list[Edit] = [ModeEdit(path, entry.mode | _OPENED.get(entry.kind, 0o444))]
    if entry.group_bits is not None:
        user = evaluator.evidence.user(evaluator.model.worker.user)
        assert isinstance(user, User)
        edits.append(AclUserEdit(path, user.uid, 5))
    return edits


class _Opened:
    """Makes the edits for real, and takes them back."""

    def __init__(self, path: str, edits: list[Edit]) -> None:
        self.path = path
        self.edits = edits
        self.mode = os.stat(path).st_mode & 0o7777
        self.acl = os.getxattr(path, ACL_ATTRIBUTE) if ACL_ATTRIBUTE in os.listxattr(path) else None

    def __enter__(self) -> None:
        for edit in self.edits:
            if isinstance(edit, ModeEdit):
                os.chmod(edit.path, edit.mode)
            elif isinstance(edit, AclUserEdit):
                subprocess.run(["setfacl", "-m", f"u:{edit.uid}:rx", edit.path], check=True)

    def __exit__(self, *_: object) -> None:
        os.chmod(self.path, self.mode)
        if self.acl is not None:
            os.setxattr(self.path, ACL_ATTRIBUTE, self.acl)
