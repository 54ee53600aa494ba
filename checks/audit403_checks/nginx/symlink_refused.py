"""`disable_symlinks` refuses a link that the site itself is made of."""

from collections.abc import Iterator

from audit403.core.edit import OwnerEdit, TextEdit
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, NOTE, UNSAFE, WARNING, Finding, Fix
from audit403.core.place import PathPlace
from audit403.core.registry import check
from audit403.evidence.interface import Entry
from audit403.explore.subject import PURPOSE_HOME, PURPOSE_PAGE, PURPOSE_PROBE
from audit403.files.remedy import quote
from audit403.nginx.explore.subject import Subject
from audit403.nginx.family import NginxSite
from audit403.nginx.read.tree import Directive
from audit403_checks.files.kinds import is_kept_back, is_public, may_be_public
from audit403_checks.nginx.subjects import refusal_of
from audit403_checks.support import finding_of


@check(ERROR, "symlink-refused")
def symlink_refused(fact: Fact, site: Site) -> Iterator[Finding]:
    """An error where the site lies behind the link; else a warning, unless it is a user's link that leads outside."""
    found = refusal_of(fact)
    if found is None or not isinstance(found[0].where, PathPlace) or not isinstance(site, NginxSite):
        return
    refusal, subject = found
    link = found[0].where.path
    directive = (subject.context or subject.server).last("disable_symlinks")
    if directive is None:
        return
    mode = next((word for word in directive.args if not word.startswith("from=")), "on")
    why = "belongs to another user than what it leads to" if mode == "if_not_owner" else "is a symlink"
    message = f"`disable_symlinks {mode}` refuses {refusal.witness.target}: {link} {why}"
    fixes = tuple(_fixes(site, refusal, subject, link, directive, mode))
    severity = _severity(site, refusal, subject, link)
    yield finding_of("nginx/symlink-refused", severity, message, refusal, fixes, anchor=link)


def _severity(site: NginxSite, refusal: Refusal, subject: Subject, link: str) -> str:
    if any(hit.purpose in (PURPOSE_HOME, PURPOSE_PAGE, PURPOSE_PROBE) for hit in subject.hits):
        return ERROR
    target = refusal.witness.target.partition("?")[0]
    if is_kept_back(target) or not (is_public(target) or may_be_public(target) or "." not in target.rpartition("/")[2]):
        return NOTE
    evidence = site.evaluator.evidence
    entry, root = evidence.entry(link), _docroot(site, link)
    by_admin = isinstance(entry, Entry) and entry.uid == 0
    end = site.evaluator.files().resolver.stat(link).path
    return WARNING if by_admin or (root is not None and end.startswith(root + "/")) else NOTE


def _docroot(site: NginxSite, link: str) -> str | None:
    """The docroot that the link lies in."""
    roots = [root.rstrip("/") for root in site.docroots()]
    return max((root for root in roots if link.startswith(root + "/")), key=len, default=None)


def _fixes(
    site: NginxSite, refusal: Refusal, subject: Subject, link: str, directive: Directive, mode: str
) -> Iterator[Fix]:
    resolver = site.evaluator.files().resolver
    end = resolver.stat(link)
    entry = resolver.evidence.entry(link)
    if mode == "if_not_owner" and end.entry is not None and isinstance(entry, Entry) and link.isprintable():
        # Whoever owns the target may lead to it as well.
        user = resolver.evidence.user(end.entry.uid)
        name = getattr(user, "name", None) or str(end.entry.uid)
        command = f"chown -h {quote(name)} {quote(link)}"
        yield Fix(f"give the link to {name}", UNSAFE, (), (command,), (OwnerEdit(link, end.entry.uid, None),))
    root = _docroot(site, link)
    if root is None and not any(word.startswith("from=") for word in directive.args):
        span = directive.arg_span(0)
        summary = "let links above the docroot be followed"
        yield Fix(summary, UNSAFE, (TextEdit(span.file, span.end, span.end, " from=$document_root"),))
    if mode == "on" and isinstance(entry, Entry) and end.entry is not None and end.entry.uid == entry.uid:
        index = next(index for index, word in enumerate(directive.args) if not word.startswith("from="))
        span = directive.arg_span(index)
        summary = "follow links whose owner is also that of what they lead to"
        yield Fix(summary, UNSAFE, (TextEdit(span.file, span.start, span.end, "if_not_owner"),))
    yield Fix("put the file itself in the place of the link", MANUAL)
