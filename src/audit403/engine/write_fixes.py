"""Writes proven fixes into files: atomically, keeping mode, owner, ACL and line endings; never outside text."""

import os
import tempfile
from collections.abc import Iterable
from typing import NamedTuple

from audit403.core.edit import TextEdit, edited
from audit403.core.errors import Audit403Error
from audit403.core.finding import SAFE, UNSAFE
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


def plan(findings: Iterable[Judged], unsafe: bool) -> Plan:
    """The proven fixes that can be written together; of two that overlap the later one waits for the next run."""
    taken: dict[str, list[TextEdit]] = {}
    sources: dict[str, bytes] = {}
    wanted = (SAFE, UNSAFE) if unsafe else (SAFE,)
    count = 0
    done: set[tuple[TextEdit, ...]] = set()
    for judged in findings:
        fix = judged.finding.fix
        if fix is None or judged.site is None or not fix.proven or not fix.edits or fix.applicability not in wanted:
            continue
        if fix.edits in done:
            count += 1
            continue
        trial = {file: [*edits] for file, edits in taken.items()}
        for edit in fix.edits:
            trial.setdefault(edit.file, []).append(edit)
        files = {edit.file for edit in fix.edits}
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


def write_change(change: Change) -> None:
    """Put the new content in the file's place in one step. Raises Audit403Error with what is in the way."""
    path = os.path.realpath(change.file)
    try:
        with open(path, "rb") as file:
            if file.read() != change.before:
                raise Audit403Error(f"{change.file} was not changed: it is no longer what was audited.")
        _replace(path, change.after)
    except OSError as error:
        raise Audit403Error(f"{change.file} cannot be written: {error.strerror or error}.") from error


def _replace(path: str, content: bytes) -> None:
    status = os.stat(path)
    descriptor, temporary = tempfile.mkstemp(prefix=".audit403-", dir=os.path.dirname(path))
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if (os.stat(temporary).st_uid, os.stat(temporary).st_gid) != (status.st_uid, status.st_gid):
            os.chown(temporary, status.st_uid, status.st_gid)
        os.chmod(temporary, status.st_mode & 0o7777)
        for name in os.listxattr(path):
            try:
                os.setxattr(temporary, name, os.getxattr(path, name))
            except OSError:
                if name.startswith("system.posix_acl"):
                    raise
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
