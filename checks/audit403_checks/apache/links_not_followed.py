"""A link that httpd does not follow: the options forbid it, its owner is another, or it leads where nobody gets."""

from collections.abc import Iterator

from audit403.apache.explore.subject import Subject
from audit403.apache.model.core_config import CORE
from audit403.apache.read.tree import Directive
from audit403.core.decision import Decision
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, NOTE, UNSAFE, WARNING, Finding, Fix
from audit403.core.place import PathPlace
from audit403.core.registry import check
from audit403.evidence.interface import Entry
from audit403.explore.subject import PURPOSE_FILE, Hit
from audit403_checks.apache.edits import with_option
from audit403_checks.apache.subjects import is_the_site, refusal_of, seen_at
from audit403_checks.files.explained import with_what_is_behind
from audit403_checks.files.remedies import fixes_for, served, worker_of
from audit403_checks.links import given_to_the_owner, is_for_visitors, severity_of_link
from audit403_checks.support import finding_of

_NAME = "apache/links-not-followed"
_FOLLOW, _OF_ONE_OWNER = "FollowSymLinks", "SymLinksIfOwnerMatch"


@check(ERROR, "link-not-allowed", "link-owner", "link-target")
def links_not_followed(fact: Fact, site: Site) -> Iterator[Finding]:
    """An error where the site lies behind the link; a note for users' links that lead outside."""
    found = refusal_of(fact)
    link = None if found is None else _link_of(found[0])
    if found is None or link is None:
        return
    refusal, subject = found
    target, is_whole = refusal.witness.target, is_the_site(subject)
    if refusal.cause == "link-target":
        message, fixes = _lost(site, refusal, subject, link)
        grave = WARNING if is_for_visitors(target) else NOTE
        severity = ERROR if is_whole else grave
    else:
        message, fixes = _forbidden(site, refusal, subject, link)
        severity = severity_of_link(site, is_whole, target, link)
    yield finding_of(_NAME, severity, message, refusal, fixes, anchor=link, hit=_file_behind(site, refusal, subject))


def _link_of(refusal: Refusal) -> str | None:
    """The link that was not followed: where it was refused, or what that is about."""
    places = [one.where for one in refusal.because if isinstance(one.where, PathPlace)]
    if not places:
        return None
    return places[-1].path if refusal.cause == "link-target" else places[0].path


def _file_behind(site: Site, refusal: Refusal, subject: Subject) -> tuple[Hit, Decision] | None:
    """A file behind the link where the witness is a directory, which may be refused for want of an index as well."""
    for hit in subject.hits:
        if refusal.witness.target.endswith("/") and hit.purpose == PURPOSE_FILE:
            decision = site.decide(hit.request)
            if (decision.cause, decision.because) == (refusal.cause, refusal.because):
                return hit, decision
    return None


def _lost(site: Site, refusal: Refusal, subject: Subject, link: str) -> tuple[str, tuple[Fix, ...]]:
    where = refusal.where
    seen = seen_at(subject, where.path) if isinstance(where, PathPlace) else None
    if isinstance(where, PathPlace) and seen is not None and seen.entry is not None and not seen.is_link:
        message = f"{link} is a link, and {worker_of(site)} may not search {where.path} on the way to where it leads"
        return with_what_is_behind(site, "apache", where.path, "search", message, fixes_for(site, refusal, "search"))
    message = f"{link} is a link that leads nowhere{_to(site, link)}: Apache answers 403, not 404"
    return message, (Fix("let the link lead to a file or directory, or take it away", MANUAL),)


def _to(site: Site, link: str) -> str:
    found = served(site)
    entry = None if found is None else found.evaluator.files().resolver.evidence.entry(link)
    return f" ({entry.target})" if isinstance(entry, Entry) and entry.target is not None else ""


def _forbidden(site: Site, refusal: Refusal, subject: Subject, link: str) -> tuple[str, tuple[Fix, ...]]:
    options = _options_at(subject, refusal.where)
    if refusal.cause == "link-owner":
        message = f"{link} has another owner than what it leads to, and {_OF_ONE_OWNER} asks for the same"
        given = given_to_the_owner(site, link)
        return message, (_elsewhere(),) if given is None else (given,)
    message = f"{link} is a link, and neither {_FOLLOW} nor {_OF_ONE_OWNER} is on"
    if options is None:
        return message, (_elsewhere(),)
    if _has_one_owner(subject, link):
        edit = with_option(options, _OF_ONE_OWNER)
        return message, (Fix("let links of the same owner be followed", UNSAFE, (edit,)),)
    edit = with_option(options, _FOLLOW)
    return message, (Fix("let links be followed", UNSAFE, (edit,)),)


def _options_at(subject: Subject, where: object) -> Directive | None:
    """The line that was in effect while the path was walked: that of a section or of an `.htaccess`."""
    configs = [section.per_dir.get(CORE) for section in subject.sections]
    lines = [None if config is None else config.options_directive for config in configs]
    known = subject.exchange.evaluator.access_files.sources()
    lines += [one for place in subject.access_files if place.path in known for one in _lines_of(subject, place.path)]
    return next((line for line in lines if line is not None and line.span == where), None)


def _lines_of(subject: Subject, access_file: str) -> list[Directive]:
    return subject.exchange.evaluator.access_files.parsed(access_file).directives


def _has_one_owner(subject: Subject, link: str) -> bool:
    """Whether the link belongs to the owner of what it leads to."""
    end = seen_at(subject, link)
    own = subject.exchange.evaluator.files().resolver.evidence.entry(link)
    return end is not None and end.entry is not None and isinstance(own, Entry) and end.entry.uid == own.uid


def _elsewhere() -> Fix:
    return Fix("put the file itself in the place of the link", MANUAL)
