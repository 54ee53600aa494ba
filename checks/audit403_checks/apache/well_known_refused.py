"""A rule against hidden files refuses `/.well-known/` too, so certificates cannot be renewed."""

import re
from collections.abc import Iterator

from audit403.apache.explore.subject import Subject
from audit403.apache.model.aliases import ALIAS, AliasConfig, AliasServer
from audit403.apache.model.section import FILES
from audit403.apache.read.tree import Directive
from audit403.core.edit import TextEdit
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, UNSAFE, Finding, Fix
from audit403.core.place import Span
from audit403.core.registry import check
from audit403.explore.subject import PURPOSE_CERTIFICATE, PURPOSE_HOME
from audit403_checks.apache.rewriting import refusing_rule
from audit403_checks.apache.subjects import refusal_of
from audit403_checks.challenges import is_asked
from audit403_checks.support import finding_of

_DOT_OF_A_NAME = re.compile(rb"(?<=[/)^])\\\.(?![*+?{w(])")
"""The dot that a hidden name begins with, where no quantifier and no exception is behind it."""


@check(ERROR, "rewrite-rule", "redirect-status", "require", "access-compat")
def well_known_refused(fact: Fact, site: Site) -> Iterator[Finding]:
    """Only where a pattern takes the challenge: a server that refuses its home page as well is another matter."""
    found = refusal_of(fact)
    if found is None or _refuses_home(found[1]):
        return
    refusal, subject = found
    hit = next((one for one in subject.hits if one.purpose == PURPOSE_CERTIFICATE), None)
    pattern = None if hit is None else _pattern(refusal, subject)
    if hit is None or pattern is None:
        return
    decision = site.decide(hit.request)
    if (decision.cause, decision.where) != (refusal.cause, refusal.where) or not is_asked(site, hit.request):
        return
    directive, index = pattern
    words = f"{directive.written} {directive.args[index]}"
    message = f"`{words}` refuses /.well-known/ too: certificates cannot be renewed over HTTP"
    fixes = _fixes(directive, index)
    yield finding_of("apache/well-known-refused", ERROR, message, refusal, fixes, anchor=words, hit=(hit, decision))


def _refuses_home(subject: Subject) -> bool:
    """Whether the home page is refused at the same place."""
    return any(hit.purpose == PURPOSE_HOME for hit in subject.hits)


def _pattern(refusal: Refusal, subject: Subject) -> tuple[Directive, int] | None:
    """The directive whose pattern takes the challenge, and which of its words that is."""
    rule = refusing_rule(refusal, subject)
    if rule is not None:
        return rule.directive, 0
    aliases: AliasServer = subject.server.slots.get(ALIAS, AliasServer())
    here: AliasConfig = subject.exchange.config(ALIAS, AliasConfig())
    for mapping in (*here.redirects, *aliases.redirects):
        if mapping.directive.span == refusal.where and mapping.pattern is not None:
            return mapping.directive, len(mapping.directive.args) - 1
    for section in subject.sections:
        if section.kind == FILES:
            continue  # it is held against the last name that is there, and the authority's client makes the folders
        where = refusal.where
        inside = isinstance(where, Span) and section.directive.start <= where.start < section.directive.end
        if inside and section.regex is not None and section.directive.source.path == getattr(where, "file", None):
            return section.directive, len(section.directive.args) - 1
    return None


def _fixes(directive: Directive, index: int) -> tuple[Fix, ...]:
    """The pattern without `/.well-known/`."""
    span = directive.arg_span(index)
    written = directive.source.data[span.start : span.end]
    dot = _DOT_OF_A_NAME.search(written)
    if dot is None:
        return ()
    at = span.start + dot.end()
    edit = TextEdit(span.file, at, at, "(?!well-known/)")
    return (Fix("leave /.well-known/ out of the pattern", UNSAFE, (edit,)),)
