"""What the rules about buckets share: the fact as a refusal with its subject, findings, and edits of documents."""

from audit403.core.edit import TextEdit
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import MANUAL, Finding, Fix
from audit403.core.place import Because, Span
from audit403.s3.explore.subject import S3Subject
from audit403.s3.model.policy import Statement
from audit403.s3.site import S3Site

_BLANKS = b" \t\r\n"


def refusal_of(fact: Fact) -> tuple[Refusal, S3Subject] | None:
    """The fact as the refusal of a request to a bucket, or None when it is something else, or comes of a mistake in a
    statement, which has a finding of its own.
    """
    if isinstance(fact, Refusal) and isinstance(fact.subject, S3Subject) and not fact.subject.mistaken:
        return fact, fact.subject
    return None


def finding(
    rule: str,
    severity: str,
    message: str,
    refusal: Refusal,
    fixes: tuple[Fix, ...] = (),
    *,
    also: tuple[Because, ...] = (),
) -> Finding:
    """The finding about a refusal, with what means to let the request in as a second place."""
    subject: S3Subject = refusal.subject
    because = refusal.because + also
    allow = subject.allow
    if allow is not None and allow.where is not None and all(link.where != allow.where for link in because):
        because += (Because(allow.where, f"statement {allow.name} allows it"),)
    if more := subject.more_like_it():
        message += f" ({more:,} more objects like it)" if more > 1 else " (one more object like it)"
    anchor = f"{subject.bucket.name} {refusal.witness.method} {refusal.witness.target} {subject.profile.name}"
    return Finding(
        f"s3/{rule}",
        severity,
        message,
        refusal.where,
        because,
        refusal.witness,
        refusal.who,
        refusal.decision.status,
        refusal.decision.log,
        fixes=fixes,
        anchor=anchor,
        fact=refusal,
        says=refusal.decision.says,
    )


def is_by_default(site: Site, subject: S3Subject, *fields: str) -> bool:
    """Whether a document says nothing of a setting of the bucket, and what AWS gives to new ones was taken."""
    every = [("buckets", subject.bucket.name, field) for field in fields]
    return isinstance(site, S3Site) and any(one in site.described.by_default for one in every)


def levels_with(site: Site, subject: S3Subject, flag: str) -> list[str]:
    """The levels on which a flag of Block Public Access is on, in words."""
    if not isinstance(site, S3Site):
        return []
    levels = [] if subject.point is None else [subject.point.block]
    levels += [subject.bucket.block, site.world.block_of_account(subject.bucket)]
    return [level.name for level in levels if flag in (level.flags or ())]


def by_hand(*summaries: str) -> tuple[Fix, ...]:
    """Remedies that a person has to choose and carry out."""
    return tuple(Fix(summary, MANUAL) for summary in summaries)


def removal(site: Site, statement: Statement) -> tuple[TextEdit, ...]:
    """The edit that takes a statement out of its list, with a comma beside it; none where it is alone there."""
    where = statement.where
    data = site.source(where.file) if isinstance(where, Span) else None
    if data is None or not isinstance(where, Span):
        return ()
    start, end = where.start, where.end
    after = _skipped(data, end)
    before = start
    while before > 0 and data[before - 1 : before] in (b" ", b"\t", b"\r", b"\n"):
        before -= 1
    if data[after : after + 1] == b",":
        return (TextEdit(where.file, start, _skipped(data, after + 1), ""),)
    if data[before - 1 : before] == b",":
        return (TextEdit(where.file, before - 1, end, ""),)
    return ()


def _skipped(data: bytes, at: int) -> int:
    while at < len(data) and data[at] in _BLANKS:
        at += 1
    return at


def named_everybody(statement: Statement) -> bool:
    """Whether a statement is for everybody."""
    return statement.named is not None and statement.named.everybody and not statement.is_not_principal
