"""What several of Apache's checks need: the subject of a refusal."""

from audit403.apache.decide.files import Seen
from audit403.apache.explore.subject import Subject
from audit403.core.fact import Fact, Refusal
from audit403.core.open_question import Undecided
from audit403.evidence.assumed import AssumedTree
from audit403.evidence.interface import FILE
from audit403.explore.subject import PURPOSE_HOME, PURPOSE_PAGE


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


def is_answered(subject: Subject) -> bool:
    """Whether a page would be there if nobody refused it: a file, or a directory with an index.

    Where the tree is not known, what is asked for is taken to be there.
    """
    exchange = subject.exchange
    if exchange.found is None or exchange.filename is None:
        return False
    if exchange.found.kind == FILE or isinstance(exchange.evaluator.served, AssumedTree):
        return True
    names = subject.directory_index.index_names or ("index.html",)
    return any(is_file(subject, f"{exchange.filename.rstrip('/')}/{name}") for name in names)


def is_file(subject: Subject, path: str) -> bool:
    """Whether a regular file is known to be at a path."""
    seen = seen_at(subject, path)
    return seen is not None and seen.is_file


def is_the_site(subject: Subject) -> bool:
    """Whether the home page or a whole place of the configuration is among what is refused."""
    return any(hit.purpose in (PURPOSE_HOME, PURPOSE_PAGE) for hit in subject.hits)
