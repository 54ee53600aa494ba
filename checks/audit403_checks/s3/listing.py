"""The statement that lets those list a bucket who may read it, as an edit of its policy."""

import json

from audit403.core.edit import TextEdit
from audit403.core.family import Site
from audit403.core.place import Span
from audit403.s3.explore.subject import S3Subject
from audit403.s3.model.holes import HOLE_START


def list_statement(site: Site, subject: S3Subject) -> tuple[TextEdit, ...]:
    """The edit that puts it behind the statement that lets them read; none where that has no place in a file."""
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
    statement = {"Sid": f"{allow.sid or 'Read'}List", "Effect": "Allow", "Principal": written.get("Principal")}
    statement |= {"Action": "s3:ListBucket", "Resource": subject.bucket.arn}
    if "Condition" in written:
        statement["Condition"] = written["Condition"]
    indent = " " * (allow.where.column - 1)
    text = f",\n{indent}{json.dumps(statement)}"
    return (TextEdit(allow.where.file, allow.where.end, allow.where.end, text),)
