"""Fixes that change a bucket's policy or settings: an edit where a document says them, a command for what is recorded.

Truth: https://docs.aws.amazon.com/cli/latest/reference/s3api/: put-bucket-policy, put-public-access-block.
"""

import json
from collections.abc import Callable, Sequence
from shlex import quote
from typing import Any

from audit403.core.edit import BucketEdit, TextEdit
from audit403.core.family import Site
from audit403.core.finding import UNSAFE, Fix
from audit403.s3.explore.subject import S3Subject
from audit403.s3.model.bucket import Bucket
from audit403.s3.model.policy import Statement
from audit403.s3.model.public_access_block import FLAGS
from audit403.s3.read.policy_file import STATE
from audit403.s3.site import S3Site
from audit403_checks.s3.refusals import removal

Statements = list[dict[str, Any]]
_VERSION = "2012-10-17"


def policy_fix(
    site: Site,
    subject: S3Subject,
    summary: str,
    applicability: str,
    change: Callable[[Statements], Statements],
    edits: tuple[TextEdit, ...],
) -> Fix:
    """A fix that changes the statements of the bucket's policy; `edits` do the same in a document."""
    return fix_of_policy(site, subject.bucket, summary, applicability, change, edits)


def fix_of_policy(
    site: Site,
    bucket: Bucket,
    summary: str,
    applicability: str,
    change: Callable[[Statements], Statements],
    edits: tuple[TextEdit, ...],
) -> Fix:
    """The same for the policy of any bucket."""
    if not is_recorded(site):
        return Fix(summary, applicability, edits)
    written = bucket.written_policy()
    statements = written.get("Statement") or []
    document = {"Version": _VERSION, **written}
    document["Statement"] = change([*statements] if isinstance(statements, list) else [statements])
    name, text = bucket.name, json.dumps(document)
    if document["Statement"]:
        command = f"aws s3api put-bucket-policy --bucket {quote(name)} --policy {quote(text)}"
        edit = BucketEdit(name, "policy", text)
    else:
        command, edit = f"aws s3api delete-bucket-policy --bucket {quote(name)}", BucketEdit(name, "policy", "null")
    return Fix(summary, applicability, commands=(command,), world=(edit,))


def flags_fix(
    site: Site, subject: S3Subject, summary: str, applicability: str, off: tuple[str, ...], edits: tuple[TextEdit, ...]
) -> Fix:
    """A fix that switches some flags of the bucket's Block Public Access off."""
    if not is_recorded(site):
        return Fix(summary, applicability, edits)
    on = {flag: flag in (subject.bucket.block.flags or ()) and flag not in off for flag in FLAGS}
    name, words = subject.bucket.name, ",".join(f"{flag}={str(value).lower()}" for flag, value in on.items())
    command = f"aws s3api put-public-access-block --bucket {quote(name)} --public-access-block-configuration {words}"
    return Fix(
        summary, applicability, commands=(command,), world=(BucketEdit(name, "public_access_block", json.dumps(on)),)
    )


def is_recorded(site: Site) -> bool:
    """Whether what is judged is a record of what AWS has, which is changed there and not in the record."""
    return isinstance(site, S3Site) and site.described.kind == STATE


def removal_fix(site: Site, subject: S3Subject, summary: str, statements: Sequence[Statement]) -> Fix:
    """The fix that takes statements out of the bucket's policy."""
    numbers = {one.number for one in statements}
    edits = tuple(edit for one in statements for edit in removal(site, one))

    def without(every: Statements) -> Statements:
        return [one for number, one in enumerate(every) if number not in numbers]

    return policy_fix(site, subject, summary, UNSAFE, without, edits)
