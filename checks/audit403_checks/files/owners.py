"""Owners that are numbers only: what a copy from another machine or out of a container leaves (chown(1))."""

from audit403.core.edit import OwnerEdit
from audit403.core.finding import UNSAFE, Fix
from audit403.evidence.interface import Absent
from audit403_checks.files.behind import BITS, OWNER, Behind, Question
from audit403_checks.files.remedies import below
from audit403_checks.links import docroot_above

_OF_WEB_SERVERS = frozenset((30, 33, 48, 80, 82, 101))
"""The uids of web servers on openSUSE, Debian, RHEL, FreeBSD, Alpine, and in nginx's own image."""


def behind(question: Question) -> Behind | None:
    """Files whose owner could use them, and is nobody's account here."""
    entry, path, bits = question.entry, question.path, BITS[question.access]
    resolver, user = question.served.evaluator.files().resolver, question.served.evaluator.who()
    if entry is None or entry.mode >> 6 & bits != bits or entry.uid == resolver.identity.uid:
        return None
    if not isinstance(resolver.evidence.user(entry.uid), Absent):
        return None
    number, top = entry.uid, docroot_above(question.site, path) or path
    reason = f"its owner is the number {number}, which no account here has: it was another machine's"

    def given(paths: list[str]) -> tuple[Fix, ...]:
        from audit403.files.remedy import quote

        if number not in _OF_WEB_SERVERS or not top.isprintable():
            return ()
        found = [(top, resolver.evidence.entry(top)), *below(resolver.evidence, top)]
        own = [one for one, there in found if getattr(there, "uid", None) == number]
        edits = tuple(OwnerEdit(one, resolver.identity.uid, None) for one in dict.fromkeys((*own, *paths)))
        command = f"chown -R --from={number} {quote(user)} {quote(top)}"
        return (Fix(f"give what was a web server's there to {user}", UNSAFE, (), (command,), edits),)

    return Behind(OWNER, reason, given)
