"""A rule refuses a file that is there for everybody: one that a page loads, robots.txt, a picture beside others."""

import re
from collections.abc import Iterator

from audit403.apache.decide.authz import leaves
from audit403.apache.explore.subject import Subject
from audit403.apache.model.authz import AUTHZ_CORE, AuthzConfig
from audit403.apache.model.rewrite_rule import Condition
from audit403.apache.model.section import Section
from audit403.apache.read.tree import Directive
from audit403.apache.site import ApacheSite
from audit403.core.edit import TextEdit
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, WARNING, Finding, Fix
from audit403.core.place import Because, PathPlace
from audit403.core.registry import check
from audit403.explore.subject import PURPOSE_FILE, PURPOSE_LINKED, Hit
from audit403_checks.apache.exceptions import let_all_through
from audit403_checks.apache.nothing_granted import nothing_granted
from audit403_checks.apache.refusing_pattern import RefusingPattern, is_inside, refusing_pattern
from audit403_checks.apache.rewriting import refusing_rule
from audit403_checks.apache.subjects import refusal_of
from audit403_checks.apache.written import written_at
from audit403_checks.files.kinds import ending, is_for_browsers, is_for_everybody, is_kept_back
from audit403_checks.members import addresses_of
from audit403_checks.patterns import accident
from audit403_checks.public_files import is_refused_there, is_visited, listed, refuses_everything
from audit403_checks.support import finding_of, replace

_NAME = "apache/public-file-refused"
_EVERYBODY = "every client"
_OF_SOMEBODY = ("header:", "variable:", "env:", "tls", "client", "user", "query", "arguments", "method", "expression")
_KINDS = (("avif", "gif", "ico", "jpeg", "jpg", "png", "svg", "webp"), ("eot", "otf", "ttf", "woff", "woff2"))
_PLAIN = re.compile(r"/[\w./-]+", re.ASCII)


@check(WARNING, "require", "access-compat", "rewrite-rule", "redirect-status")
def public_file_refused(fact: Fact, site: Site) -> Iterator[Finding]:
    """An error where a page of the site loads it; else a warning, for a name, or for pictures that a list forgets."""
    found = refusal_of(fact)
    if found is None or not found[0].who.startswith(_EVERYBODY) or isinstance(found[0].where, PathPlace):
        return
    refusal, subject = found
    rule = refusing_rule(refusal, subject)
    if _is_about_somebody(refusal) or (rule is not None and not all(map(_is_of_address, rule.conditions))):
        return
    loaded = [hit for hit in subject.hits if hit.purpose == PURPOSE_LINKED and hit.way is None and is_visited(hit)]
    if loaded and not is_refused_there(site, refusal, "/"):
        if next(nothing_granted(fact, site), None) is not None:
            return  # the whole folder is refused, and that is told
        yield _loaded(site, refusal, subject, loaded)
        return
    forgotten = next(_forgotten(site, refusal, subject), None)
    place = refusing_pattern(refusal, subject)
    if forgotten is not None:
        yield forgotten
    elif place is not None and not refuses_everything(site, refusal):
        yield from _for_everybody(site, refusal, subject, place)


def _is_about_somebody(refusal: Refusal) -> bool:
    """Whether it is for those who have a cookie, a key, another program."""
    steps = (step for step in refusal.decision.trace if step.phase in ("translate", "fixup", "env", "if") and step.met)
    return any((step.field or "").startswith(_OF_SOMEBODY) for step in steps)


def _is_of_address(condition: Condition) -> bool:
    """Whether a condition looks at the address alone, so that the rule is not for some visitors."""
    return condition.subject.upper() in ("%{REQUEST_URI}", "%{REQUEST_FILENAME}", "%{SCRIPT_FILENAME}")


def _loaded(site: Site, refusal: Refusal, subject: Subject, loaded: list[Hit]) -> Finding:
    """What a page of the site loads."""
    first = loaded[0]
    page = (first.page or "").rpartition("/")[2]
    message = f"{page} loads {listed([hit.request.target for hit in loaded])}, which is refused here"
    shown = (first, site.decide(first.request))
    fixes = _fixes(site, refusal, subject, [hit.request.target for hit in loaded])
    anchor = first.request.target
    finding = finding_of(_NAME, ERROR, message, refusal, fixes, anchor=anchor, hit=shown)
    return finding._replace(who=f"whoever opens {page}")


def _for_everybody(site: Site, refusal: Refusal, subject: Subject, place: RefusingPattern) -> Iterator[Finding]:
    """robots.txt and its like, where a pattern that does not name them takes them."""
    uris = (uri for hit in subject.hits if hit.purpose == PURPOSE_FILE and not hit.way for uri in addresses_of(hit))
    targets = []
    for uri in dict.fromkeys(uris):
        stem = uri.rpartition("/")[2].partition(".")[0].lower()
        text = place.text_of(site, Hit(refusal.witness._replace(target=uri), PURPOSE_FILE, None))
        is_icon = ending(uri) == "ico" and _names(place.pattern.text, "ico")
        is_meant = is_icon or stem in place.pattern.text.lower() or accident(place.pattern, text) is not None
        if is_for_everybody(uri) and not is_meant and is_refused_there(site, refusal, uri):
            targets.append(uri)
    if not targets:
        return
    message = f"`{place.label}` refuses {listed(targets)} too: everybody looks for them"
    request = refusal.witness._replace(method="GET", target=targets[0])
    shown = (Hit(request, PURPOSE_FILE, None), site.decide(request))
    fixes = _fixes(site, refusal, subject, targets)
    yield finding_of(_NAME, WARNING, message, refusal, fixes, anchor=targets[0], hit=shown)


def _forgotten(site: Site, refusal: Refusal, subject: Subject) -> Iterator[Finding]:
    """A list of endings that are let through, without one of the same kind that lies in the tree."""
    for section in subject.core.files:
        pattern = section.regex
        if pattern is None or not _grants(section):
            continue
        for hit in subject.hits:
            target = hit.request.target.partition("?")[0]
            kind = ending(target)
            if hit.purpose != PURPOSE_FILE or hit.way or not is_for_browsers(target) or is_kept_back(target):
                continue
            known = [one for kinds in _KINDS if kind in kinds for one in kinds if _names(pattern.text, one)]
            other = None if not known else f"{target[: -len(kind)]}{known[0]}"
            if other is None or _names(pattern.text, kind) or is_refused_there(site, refusal, other):
                continue
            message = f"`{section.label()}` lets {', '.join(known[:3])} through and not {kind}: {target} is refused"
            because = (*refusal.because, Because(section.directive.span, f"does not list {kind}"))
            fixes = _longer(section, known[0], kind)
            about = refusal._replace(because=because)
            yield finding_of(_NAME, WARNING, message, about, fixes, anchor=kind, hit=(hit, site.decide(hit.request)))


def _grants(section: Section) -> bool:
    """Whether a section grants everybody access."""
    authz: AuthzConfig | None = section.per_dir.get(AUTHZ_CORE)
    found = [] if authz is None or authz.root is None else leaves(authz.root)
    return len(found) == 1 and found[0].provider == "all" and found[0].argument.lower() == "granted"


def _names(pattern: str, kind: str) -> bool:
    """Whether a pattern lists an ending; `jpe?g` lists two, `woff2?` as well."""
    told = pattern.lower().replace("jpe?g", "jpeg|jpg").replace("woff2?", "woff2|woff").replace("svgz?", "svg")
    return re.search(rf"(?<![a-z0-9]){kind}(?![a-z0-9])", told) is not None


def _longer(section: Section, known: str, kind: str) -> tuple[Fix, ...]:
    """One more ending in the list."""
    directive = section.directive
    span = directive.arg_span(len(directive.args) - 1)
    written = directive.source.data[span.start : span.end]
    at = re.search(rb"(?<=[(|])" + known.encode() + rb"(?=[|)])", written, re.IGNORECASE)
    if at is None:
        return (Fix(f"let {kind} through as well", MANUAL),)
    place = span.start + at.end()
    return (Fix(f"let {kind} through as well", UNSAFE, (TextEdit(span.file, place, place, f"|{kind}"),)),)


def _fixes(site: Site, refusal: Refusal, subject: Subject, targets: list[str]) -> tuple[Fix, ...]:
    """A section of its own behind the one that refuses, for each of the names; a condition for a rule."""
    summary = f"let {listed(targets)} through by a section of its own"
    refusing = written_at(site, refusal.where) if isinstance(site, ApacheSite) else None
    by_hand = (let_all_through(targets, refusing, refusal.cause),)
    section = _section_around(refusal, subject)
    names = list(dict.fromkeys(target.rpartition("/")[2] for target in targets))
    if refusal.cause != "require" or section is None or not all(map(_PLAIN.fullmatch, targets)):
        return by_hand
    data = section.source.data
    before = data[data.rfind(b"\n", 0, section.start) + 1 : section.start].decode("latin-1")
    if before.strip():
        return by_hand
    lines = [f'\n{before}<Files "{name}">\n{before}    Require all granted\n{before}</Files>' for name in names]
    span = section.full_span
    return (Fix(summary, UNSAFE, (replace(span._replace(start=span.end), "".join(lines)),)),)


def _section_around(refusal: Refusal, subject: Subject) -> Directive | None:
    """The `<Files>` that refuses."""
    around = (one.directive for one in reversed(subject.core.files) if is_inside(refusal.where, one.directive))
    return next(around, None)
