"""An `.htaccess` that AllowOverride keeps httpd from reading, where it would change who is let in or what is found."""

from collections.abc import Iterator

from audit403.apache.explore.subject import Subject
from audit403.apache.explore.unread_access_files import GRANT, LOGIN, PAGES, REFUSAL
from audit403.apache.site import ApacheSite
from audit403.core.fact import Fact, IdleDirective
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, NOTE, WARNING, Finding, Fix
from audit403.core.place import Because
from audit403.core.registry import check
from audit403.explore.subject import PURPOSE_HOME, PURPOSE_PAGE
from audit403_checks.apache.overrides import classes_for, with_override
from audit403_checks.apache.written import written_at
from audit403_checks.files.kinds import is_public

_NO_LISTING = "AH01276"
_RULE = "apache/access-file-without-effect"
_MANY = 20
"""Of so many files and more not all are asked about."""
_KEPT_OUT = "whoever was to be kept out"
_WHO = {GRANT: "every client", PAGES: "every client", REFUSAL: _KEPT_OUT, LOGIN: _KEPT_OUT}
_WOULD = {
    GRANT: "with this it would be answered",
    REFUSAL: "this would refuse it",
    LOGIN: "this would ask for a password",
    PAGES: "this would send what is no file to an application",
}


@check(WARNING, "unread-grant", "unread-refusal", "unread-login", "unread-pages")
def access_file_without_effect(fact: Fact, site: Site) -> Iterator[Finding]:
    """What a file would refuse is open, what it would let in is refused, and a front controller gets no requests."""
    if not isinstance(fact, IdleDirective) or not isinstance(site, ApacheSite):
        return
    subject = fact.subject
    if not isinstance(subject, Subject) or subject.path is None or _is_held_back(fact, site):
        return
    request, kind = subject.hits[0].request, fact.kind
    decision = site.decide(request)
    override = subject.core.override
    directive = None if override is None else override.directive
    if directive is None:
        return
    message = (
        f"`{directive.written} {directive.raw}` leaves {subject.path} unread{_others(subject)}: {_what(fact, subject)}"
    )
    own = Because(fact.where, _WOULD[kind])
    because = (own, *decision.because, *(link for link in fact.because if link not in decision.because))
    names = " ".join(classes_for(site, subject))
    fix = with_override(subject, directive, names)
    if kind in (REFUSAL, LOGIN) or fix is None:
        fix = Fix(f"let it be read (`AllowOverride {names}`), or say in the configuration what it says", MANUAL)
    yield Finding(
        _RULE, _severity(kind, subject), message, fact.where, because, request, _WHO[kind],
        decision.status, decision.log, fixes=(fix,), anchor=f"{kind} {subject.path}", fact=fact,
    )  # fmt: skip


def _is_held_back(fact: IdleDirective, site: ApacheSite) -> bool:
    """Whether one section both refuses and keeps `.htaccess` files from lifting it, which is meant."""
    if fact.kind != GRANT or len(fact.because) < 2:
        return False
    refusing, override = written_at(site, fact.because[0].where), written_at(site, fact.because[-1].where)
    is_access = refusing is not None and refusing.name in ("require", "deny", "order", "rewriterule")
    return is_access and refusing is not None and override is not None and override.parent in refusing.sections


def _others(subject: Subject) -> str:
    others = len({hit.path for hit in subject.hits}) - 1
    least = "at least " if others >= _MANY else ""
    return f" (and {least}{others} more)" if others else ""


def _what(fact: IdleDirective, subject: Subject) -> str:
    target, kind = subject.hits[0].request.target, fact.kind
    if kind == GRANT:
        return f"{target} is refused, and would be answered with it"
    if kind == REFUSAL and _NO_LISTING in fact.message:
        return f"{target} is listed, which it forbids"
    if kind == REFUSAL:
        return f"{target}, which it refuses, is open"
    if kind == LOGIN:
        return f"{target}, for which it asks for a password, is open"
    return "addresses without a file are 404, and would go to an application with it"


def _severity(kind: str, subject: Subject) -> str:
    hit = subject.hits[0]
    if kind == GRANT and (hit.purpose in (PURPOSE_HOME, PURPOSE_PAGE) or is_public(hit.request.target)):
        return ERROR
    if kind == PAGES and subject.hits[0].request.target.count("/") > 1:
        return NOTE
    return WARNING
