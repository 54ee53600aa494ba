"""The statement that lets those list a bucket who may read it, as a change of its policy."""

import json
from typing import Any

from audit403.core.edit import TextEdit
from audit403.core.family import Site
from audit403.core.finding import UNSAFE, Fix
from audit403.core.place import Span
from audit403.s3.explore.subject import S3Subject
from audit403.s3.model.holes import HOLE_START
from audit403.s3.model.policy import Statement
from audit403_checks.s3.changes import Statements, policy_fix


def list_fix(site: Site, subject: S3Subject, summary: str) -> Fix:
    """The fix that puts it behind the statement that lets them read."""
    allow = subject.allow

    def listed(every: Statements) -> Statements:
        if allow is None:
            return every
        at = allow.number + 1
        return [*every[:at], _statement(subject, allow, every[allow.number]), *every[at:]]

    return policy_fix(site, subject, summary, UNSAFE, listed, _edits(site, subject))


def _edits(site: Site, subject: S3Subject) -> tuple[TextEdit, ...]:
    """The same in a document; none where the statement has no place in a file."""
    allow = subject.allow
    if allow is None or not isinstance(allow.where, Span) or HOLE_START in subject.bucket.arn:
        return ()
    data = site.source(allow.where.file)
    if data is None:
        return ()
    try:
        written = json.loads(data[allow.where.start : allow.where.end])
    except ValueError:
        return ()
    indent = " " * (allow.where.column - 1)
    text = f",\n{indent}{json.dumps(_statement(subject, allow, written))}"
    return (TextEdit(allow.where.file, allow.where.end, allow.where.end, text),)


def _statement(subject: S3Subject, allow: Statement, written: dict[str, Any]) -> dict[str, Any]:
    statement = {"Sid": f"{allow.sid or 'Read'}List", "Effect": "Allow", "Principal": written.get("Principal")}
    statement |= {"Action": "s3:ListBucket", "Resource": subject.bucket.arn}
    if "Condition" in written:
        statement["Condition"] = written["Condition"]
    return statement
