"""A link on the way to what visitors ask for is not followed: Options forbids it, or its owner is another."""

from collections.abc import Iterator
from shlex import quote

from audit403.apache.explore.subject import Subject
from audit403.apache.model.options import OWNER_MATCH
from audit403.core.edit import OwnerEdit
from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, UNSAFE, WARNING, Finding, Fix
from audit403.core.place import PathPlace
from audit403.core.registry import check
from audit403.evidence.interface import User
from audit403.explore.subject import PURPOSE_HOME, PURPOSE_PAGE
from audit403_checks.apache.option_lines import with_option
from audit403_checks.apache.subjects import refusal_of, seen_at
from audit403_checks.support import finding_of


@check(ERROR, "link-not-allowed", "link-owner")
def links_not_followed(fact: Fact, site: Site) -> Iterator[Finding]:
    """A link in a docroot was put there to be followed; an error where the whole site or an alias lies behind it."""
    found = refusal_of(fact)
    if found is None or found[0].decision.log is None:
        return
    refusal, subject = found
    where = refusal.where
    path = where.path if isinstance(where, PathPlace) else (refusal.decision.log or "").rpartition(": ")[2]
    home = any(hit.purpose in (PURPOSE_HOME, PURPOSE_PAGE) for hit in subject.hits)
    if refusal.cause == "link-owner":
        message = f"the link {path} has another owner than what it leads to, and `Options` asks for the same one"
        fixes = (*_same_owner(subject, path), *_follow(subject))
    else:
        message = f"{path} is a link, and `Options` lets none be followed there"
        fixes = _follow(subject)
    severity = ERROR if home else WARNING
    yield finding_of("apache/links-not-followed", severity, message, refusal, fixes, anchor=path)


def _same_owner(subject: Subject, path: str) -> tuple[Fix, ...]:
    """Chown -h of the link to the owner of what it leads to."""
    seen = seen_at(subject, path)
    if seen is None or seen.entry is None:
        return ()
    uid = seen.entry.uid
    user = subject.exchange.evaluator.evidence.user(uid)
    name = user.name if isinstance(user, User) else str(uid)
    command = f"chown -h {name} {quote(path)}"
    return (Fix("give the link the owner of what it leads to", UNSAFE, (), (command,), (OwnerEdit(path, uid, None),)),)


def _follow(subject: Subject) -> tuple[Fix, ...]:
    return with_option(subject, "FollowSymLinks", without=OWNER_MATCH)
