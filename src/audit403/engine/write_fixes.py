"""Writes proven fixes into files: all of them or none, keeping mode, owner, ACL, attributes, links and line endings.

Every file is made ready beside the old one first; only when that has worked for all do they take the old ones' places.
"""

import os
import tempfile
from collections.abc import Collection, Iterable
from contextlib import suppress

from audit403.core.edit import TextEdit, edited
from audit403.core.errors import Audit403Error
from audit403.core.finding import SAFE, UNSAFE
from audit403.core.named_tuple import NamedTuple
from audit403.engine.audit import Judged


class Change(NamedTuple):
    """One file before and after the fixes."""

    file: str
    before: bytes
    after: bytes


class Plan(NamedTuple):
    """What would be written: `fixes` of the findings, in `changes` of files."""

    changes: tuple[Change, ...]
    fixes: int


class Written(NamedTuple):
    """How many fixes were written, and a sentence for each file that could not be."""

    fixes: int
    failures: tuple[str, ...]


def write_fixes(findings: Iterable[Judged], unsafe: bool) -> Written:
    """Write what the plan says; a fix of a file that cannot be written is left out, and the others are written."""
    findings = tuple(findings)
    failures: dict[str, str] = {}
    while True:
        planned = plan(findings, unsafe, failures)
        ready = []
        before = len(failures)
        for change in planned.changes:
            try:
                ready.append(_Replacement(change))
            except Audit403Error as error:
                failures[change.file] = str(error)
        if len(failures) == before:
            break
        for replacement in ready:
            replacement.discard()
    for replacement in ready:
        replacement.take_place()
    return Written(planned.fixes, tuple(failures.values()))


def plan(findings: Iterable[Judged], unsafe: bool, without: Collection[str] = ()) -> Plan:
    """The proven fixes that can be written together; of two that overlap the later one waits for the next run.

    Those that change one of the files `without` are left out.
    """
    taken: dict[str, list[TextEdit]] = {}
    sources: dict[str, bytes] = {}
    wanted = (SAFE, UNSAFE) if unsafe else (SAFE,)
    count = 0
    done: set[tuple[TextEdit, ...]] = set()
    for judged in findings:
        fix = judged.finding.fix
        if fix is None or judged.site is None or judged.elsewhere:
            continue
        if not fix.proven or not fix.edits or fix.applicability not in wanted:
            continue
        if fix.edits in done:
            count += 1
            continue
        trial = {file: [*edits] for file, edits in taken.items()}
        for edit in fix.edits:
            trial.setdefault(edit.file, []).append(edit)
        files = {edit.file for edit in fix.edits}
        if not files.isdisjoint(without):
            continue
        data = {file: judged.site.source(file) for file in files}
        known = {file: content for file, content in data.items() if content is not None}
        if len(known) < len(files) or any(edited(known[file], trial[file]) is None for file in files):
            continue
        taken, sources = trial, sources | known
        done.add(fix.edits)
        count += 1
    changes = []
    for file, edits in taken.items():
        after = edited(sources[file], edits)
        if after is not None and after != sources[file]:
            changes.append(Change(file, sources[file], after))
    return Plan(tuple(changes), count)


class _Replacement:
    """The new content of one file in a file of its own beside it. Raises Audit403Error with what is in the way."""

    def __init__(self, change: Change) -> None:
        self.name = change.file
        self.path = os.path.realpath(change.file)
        self.temporary = ""
        try:
            self._require_the_same(change.before)
            self._make(change.after)
        except OSError as error:
            self.discard()
            raise self._error(error.strerror or str(error)) from error
        except BaseException:
            self.discard()
            raise

    def take_place(self) -> None:
        """Become the file, in one step."""
        try:
            os.replace(self.temporary, self.path)
        except OSError as error:
            self.discard()
            raise self._error(error.strerror or str(error)) from error

    def discard(self) -> None:
        """Leave everything as it was."""
        if self.temporary:
            with suppress(OSError):
                os.unlink(self.temporary)

    def _error(self, reason: str) -> Audit403Error:
        return Audit403Error(f"{self.name} was not changed: {reason}.")

    def _require_the_same(self, audited: bytes) -> None:
        """What would be lost by putting another file in its place is not lost."""
        with open(self.path, "rb") as file:
            if file.read() != audited:
                raise self._error("it is no longer what was audited")
        if not os.access(self.path, os.W_OK):
            raise self._error("it is read-only")
        if os.stat(self.path).st_nlink > 1:
            raise self._error("it has other names (hard links), which would keep the old content")

    def _make(self, content: bytes) -> None:
        descriptor, self.temporary = tempfile.mkstemp(prefix=".audit403-", dir=os.path.dirname(self.path))
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        old, new = os.stat(self.path), os.stat(self.temporary)
        if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
            try:
                os.chown(self.temporary, old.st_uid, old.st_gid)
            except OSError as error:
                raise self._error(f"its owner could not be kept ({error.strerror})") from error
        os.chmod(self.temporary, old.st_mode & 0o7777)
        self._keep_attributes()

    def _keep_attributes(self) -> None:
        for name in os.listxattr(self.path):
            try:
                os.setxattr(self.temporary, name, os.getxattr(self.path, name))
            except OSError as error:
                if name.startswith("system.posix_acl"):
                    raise self._error(f"its ACL could not be kept ({error.strerror})") from error
