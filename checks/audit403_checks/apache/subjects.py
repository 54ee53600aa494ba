"""What several of Apache's checks need: the subject of a refusal."""

from audit403.apache.decide.files import Seen
from audit403.apache.explore.subject import Subject
from audit403.core.fact import Fact, Refusal
from audit403.core.open_question import Undecided


def refusal_of(fact: Fact) -> tuple[Refusal, Subject] | None:
    """The fact as a refusal of Apache with its subject, or None when it is something else."""
    if isinstance(fact, Refusal) and isinstance(fact.subject, Subject):
        return fact, fact.subject
    return None


def has_old_syntax(subject: Subject) -> bool:
    """Whether access is written in the manner of httpd 2.2 where the request was refused."""
    access = subject.access
    return access is not None and bool(access.allows or access.denies or access.orders)


def seen_at(subject: Subject, path: str) -> Seen | None:
    """What the workers find at a path; None where nobody here knows."""
    try:
        return subject.exchange.evaluator.files().stat(path)
    except Undecided:
        return None
