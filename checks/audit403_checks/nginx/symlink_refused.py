"""`disable_symlinks` refuses a link that the site itself is made of."""

from collections.abc import Iterator

from audit403.core.edit import TextEdit
from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, Finding, Fix
from audit403.core.place import PathPlace
from audit403.core.registry import check
from audit403.evidence.interface import Entry
from audit403.explore.subject import PURPOSE_HOME, PURPOSE_PAGE, PURPOSE_PROBE
from audit403.nginx.family import NginxSite
from audit403.nginx.read.tree import Directive
from audit403_checks.links import docroot_above, given_to_the_owner, severity_of_link
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
    fixes = tuple(_fixes(site, link, directive, mode))
    is_whole = any(hit.purpose in (PURPOSE_HOME, PURPOSE_PAGE, PURPOSE_PROBE) for hit in subject.hits)
    severity = severity_of_link(site, is_whole, refusal.witness.target, link)
    yield finding_of("nginx/symlink-refused", severity, message, refusal, fixes, anchor=link)


def _fixes(site: NginxSite, link: str, directive: Directive, mode: str) -> Iterator[Fix]:
    resolver = site.evaluator.files().resolver
    end = resolver.stat(link)
    entry = resolver.evidence.entry(link)
    given = given_to_the_owner(site, link) if mode == "if_not_owner" else None
    if given is not None:
        yield given
    root = docroot_above(site, link)
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
