"""Password files that httpd opens when somebody logs in, and cannot: the finding about one."""

import os
from errno import ENOENT

from audit403.core.fact import IdleDirective
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding, Fix

_WHO = "clients that send a user name and a password"
_CANNOT = " cannot be read: "


def unopened(fact: IdleDirective) -> tuple[str, bool]:
    """The file that cannot be opened, and whether that is because it is not there."""
    path, _, why = fact.message.partition(_CANNOT)
    return path, why == os.strerror(ENOENT)


def password_finding(rule: str, message: str, fact: IdleDirective, fixes: tuple[Fix, ...], site: Site) -> Finding:
    """The finding: whoever logs in is answered with 500."""
    assert fact.subject is not None
    request = fact.subject.hits[0].request
    decision = site.decide(request)
    anchor = f"{fact.subject.server.first_name()} {fact.message.partition(_CANNOT)[0]}"
    return Finding(
        rule, ERROR, message, fact.where, fact.because, request, _WHO, decision.status, decision.log,
        fixes=fixes, anchor=anchor, fact=fact,
    )  # fmt: skip
