"""Access is granted in the manner of httpd 2.2, which counts for nothing where `Require` refuses."""

from collections.abc import Iterator

from audit403.apache.decide.authz import leaves
from audit403.apache.explore.subject import Subject
from audit403.apache.read.tree import Directive
from audit403.apache.site import ApacheSite
from audit403.core.edit import TextEdit
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, Finding, Fix
from audit403.core.place import Because
from audit403.core.registry import check
from audit403_checks.apache.asked import as_each_is_asked
from audit403_checks.apache.old_syntax import Block, block_of, converted
from audit403_checks.apache.subjects import is_answered, refusal_of
from audit403_checks.support import finding_of

_REQUIRES = ("require", "<require")
_ORDER = {
    **dict.fromkeys(("<files", "<filesmatch"), 1),
    **dict.fromkeys(("<location", "<locationmatch"), 2),
    **dict.fromkeys(("<if", "<elseif", "<else"), 3),
}


@check(ERROR, "require")
def old_access_syntax(fact: Fact, site: Site) -> Iterator[Finding]:
    """`Allow from` says that somebody was to be let in, and the refusal of a section around it has not been lifted."""
    found = refusal_of(fact)
    if found is None or not isinstance(site, ApacheSite):
        return
    best: dict[int, tuple[Refusal, Subject, Directive]] = {}
    for refusal, subject in as_each_is_asked(*found, site):
        allow = _letting_in(refusal, subject, site)
        if allow is None:
            continue
        known = best.get(id(allow))
        if known is None or (is_answered(subject) and not is_answered(known[1])):
            best[id(allow)] = refusal, subject, allow
    for refusal, _, allow in best.values():
        siblings = site.siblings(allow)
        block = block_of(allow, siblings)
        yield _finding(refusal, allow, block, converted(block, siblings))


def _letting_in(refusal: Refusal, subject: Subject, site: ApacheSite) -> Directive | None:
    """The Allow that stands for the request, where the Require that refuses was in effect before its section."""
    access = subject.access
    if access is None or not access.allows or subject.authz.root is None or "/." in refusal.witness.target:
        return None  # what is hidden is refused whatever the old lines say, and is meant to be
    if not any("Require must let it in too" in link.message for link in refusal.because):
        return None
    allow = access.allows[0].directive
    if any(one.name.startswith(_REQUIRES) for one in site.siblings(allow) if one.parent is allow.parent):
        return None
    refusing = [leaf.directive for leaf in leaves(subject.authz.root)]
    return None if any(_is_laid_over(one, allow, subject) for one in refusing) else allow


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


def _finding(refusal: Refusal, allow: Directive, block: Block, edits: tuple[TextEdit, ...] | None) -> Finding:
    where = "this file" if block.around is None else f"{block.around.written} {block.around.raw.strip()}>"
    message = f"`{allow.written} {allow.raw}` grants nothing since httpd 2.4: {where} has no Require of its own"
    fixes = (Fix("say it with Require", MANUAL),)
    if edits is not None:
        fixes = (Fix("say the same with Require", UNSAFE, edits),)
    first = Because(allow.span, "lets in by address, and Require must let in too")
    about = refusal._replace(
        where=allow.span, because=(first, *(one for one in refusal.because if one.where != allow.span))
    )
    return finding_of("apache/old-access-syntax", ERROR, message, about, fixes, anchor=allow.raw)
