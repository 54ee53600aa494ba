"""Access is granted in the manner of httpd 2.2, which counts for nothing where `Require` refuses."""

from collections.abc import Iterator

from audit403.apache.decide.authz import leaves
from audit403.apache.explore.subject import Subject
from audit403.apache.read.tree import Directive
from audit403.apache.site import ApacheSite
from audit403.core.fact import Fact, IdleDirective, ReadingFault, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, NOTE, UNSAFE, Finding, Fix
from audit403.core.place import Because
from audit403.core.registry import check
from audit403_checks.apache.asked import as_each_is_asked
from audit403_checks.apache.conversion import conversion, visitors
from audit403_checks.apache.old_syntax import Block, block_of
from audit403_checks.apache.subjects import is_answered, refusal_of
from audit403_checks.apache.unread_rules import unread_block, without_old_rules
from audit403_checks.support import finding_of

_NAME = "apache/old-access-syntax"
_REQUIRES = ("require", "<require")
_ORDER = {
    **dict.fromkeys(("<files", "<filesmatch"), 1),
    **dict.fromkeys(("<location", "<locationmatch"), 2),
    **dict.fromkeys(("<if", "<elseif", "<else"), 3),
}


@check(ERROR, "require", "module", "directive", "htaccess-fault")
def old_access_syntax(fact: Fact, site: Site) -> Iterator[Finding]:
    """Old lines say that somebody was to be let in, and the refusal of a section around them has not been lifted."""
    if not isinstance(site, ApacheSite):
        return
    if isinstance(fact, ReadingFault | IdleDirective):
        yield from _unread(fact, site)
        return
    found = refusal_of(fact)
    if found is None:
        return
    best: dict[int, tuple[Refusal, Subject, Directive]] = {}
    for refusal, subject in as_each_is_asked(*found, site):
        old = _letting_in(refusal, subject, site)
        if old is None:
            continue
        known = best.get(id(old))
        if known is None or (is_answered(subject) and not is_answered(known[1])):
            best[id(old)] = refusal, subject, old
    for refusal, subject, old in best.values():
        fix = conversion("say the same with Require", old, refusal, subject, site)
        yield _finding(refusal, old, block_of(old, site.siblings(old)), fix)


def _unread(fact: ReadingFault | IdleDirective, site: ApacheSite) -> Iterator[Finding]:
    """Without mod_access_compat httpd does not start with such a rule, or answers 500 where an `.htaccess` has one."""
    block = unread_block(fact, site)
    if block is None or block.rules[0].span != fact.where:
        return  # a block is told of once
    what = f"`{block.rules[0].written}` is of httpd 2.2, and mod_access_compat, which still reads it, is not loaded"
    edits = without_old_rules(block, site)
    fix = Fix("say the same with Require", MANUAL if edits is None else UNSAFE, edits or ())
    if isinstance(fact, IdleDirective) and isinstance(fact.subject, Subject):
        request = fact.subject.hits[0].request
        every = tuple(visitors(block, request, fact.subject, site))
        request = every[0].request if every else request
        decision = site.decide(request)
        message = f"every request that comes to this file is answered with 500: {what}"
        yield Finding(
            _NAME, ERROR, message, fact.where, fact.because or decision.because, request, "every client",
            decision.status, decision.log, fixes=(fix._replace(visitors=every),), anchor=what, fact=fact,
        )  # fmt: skip
    else:
        severity = ERROR if site.configuration.assumed is None else NOTE  # another file may load it
        message = f"httpd does not start with this: {what}"
        yield Finding(_NAME, severity, message, fact.where, status=None, fixes=(fix,), anchor=what, fact=fact)


def _letting_in(refusal: Refusal, subject: Subject, site: ApacheSite) -> Directive | None:
    """The Allow or Order that lets the request in, where the Require that refuses was in effect before its section."""
    access = subject.access
    if access is None or subject.authz.root is None or "/." in refusal.witness.target:
        return None  # what is hidden is refused whatever the old lines say, and is meant to be
    said = {link.where for link in refusal.because if "Require must let it in too" in link.message}
    if not said:
        return None
    order = access.order(refusal.witness.method)[1]
    old = order if order is not None and order.span in said else access.allows[0].directive
    if old is None or any(one.name.startswith(_REQUIRES) for one in site.siblings(old) if one.parent is old.parent):
        return None
    refusing = [leaf.directive for leaf in leaves(subject.authz.root)]
    return None if any(_is_laid_over(one, old, subject) for one in refusing) else old


def _is_laid_over(one: Directive, other: Directive, subject: Subject) -> bool:
    """Whether a directive belongs to a section, or an `.htaccess`, that is laid over the section of another."""
    kind, kind_of_other = _kind(one), _kind(other)
    if kind != kind_of_other:
        return kind > kind_of_other
    held = [section.directive for section in subject.sections]
    sections, sections_of_other = (
        [at for at, section in enumerate(held) if section in each.sections] for each in (one, other)
    )
    if sections and sections_of_other:
        return sections[-1] > sections_of_other[-1]
    files = [place.path for place in subject.access_files]
    if one.source.path in files and other.source.path in files:
        return files.index(one.source.path) > files.index(other.source.path)
    return False


def _kind(directive: Directive) -> int:
    """When httpd lays what a directive says over the rest: directories first, conditions last."""
    return max((_ORDER[section.name] for section in directive.sections if section.name in _ORDER), default=0)


def _finding(refusal: Refusal, old: Directive, block: Block, fix: Fix) -> Finding:
    where = "this file" if block.around is None else f"{block.around.written} {block.around.raw.strip()}>"
    shown = f"{old.written} {old.raw}"
    message = f"`{shown}` grants nothing since httpd 2.4: {where} has no Require of its own"
    why = "by address" if old.name == "allow" else "whom no Deny names"
    first = Because(old.span, f"lets in {why}, and Require must let in too")
    about = refusal._replace(
        where=old.span, because=(first, *(one for one in refusal.because if one.where != old.span))
    )
    return finding_of(_NAME, ERROR, message, about, (fix,), anchor=old.raw)
